package io.aragora.resilience.bulkhead;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Something that a bulkhead did. Calls that are admitted at once have no event. Immutable and thread-safe. */
public final class BulkheadEvent {
  private final String bulkhead;
  private final Kind kind;
  private final BulkheadFullException.@Nullable Reason reason;
  private final Duration waited;

  private BulkheadEvent(
      String bulkhead, Kind kind, BulkheadFullException.@Nullable Reason reason, Duration waited) {
    this.bulkhead = bulkhead;
    this.kind = kind;
    this.reason = reason;
    this.waited = waited;
  }

  /** The kind of event. */
  public enum Kind {
    /** It rejected a call. */
    REJECTED,
    /** It admitted a call that had waited. */
    ADMITTED_AFTER_WAIT,
    /** Its config was replaced. */
    RECONFIGURED,
    /** A call took over a permit that another one had held for too long. */
    EXPIRED
  }

  /**
   * Creates an event.
   *
   * @param bulkhead the name of the bulkhead
   * @param kind what it did
   * @param reason why it rejected a call; null for all other kinds
   * @param waited how long the call waited; zero if it did not, or if there is no call
   * @return the event
   */
  public static BulkheadEvent of(
      String bulkhead, Kind kind, BulkheadFullException.@Nullable Reason reason, Duration waited) {
    return new BulkheadEvent(bulkhead, kind, reason, waited);
  }

  /** {@return the name of the bulkhead} */
  public String bulkhead() {
    return bulkhead;
  }

  /** {@return what it did} */
  public Kind kind() {
    return kind;
  }

  /** {@return why it rejected a call; null for all other kinds} */
  public BulkheadFullException.@Nullable Reason reason() {
    return reason;
  }

  /** {@return how long the call waited; zero if it did not, or if there is no call} */
  public Duration waited() {
    return waited;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof BulkheadEvent that
        && bulkhead.equals(that.bulkhead)
        && kind == that.kind
        && reason == that.reason
        && waited.equals(that.waited);
  }

  @Override
  public int hashCode() {
    return Objects.hash(bulkhead, kind, reason, waited);
  }

  @Override
  public String toString() {
    return "BulkheadEvent[bulkhead=" + bulkhead
        + ", kind=" + kind
        + ", reason=" + reason
        + ", waited=" + waited
        + "]";
  }
}
