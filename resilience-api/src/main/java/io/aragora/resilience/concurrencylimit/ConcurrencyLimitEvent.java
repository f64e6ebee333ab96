package io.aragora.resilience.concurrencylimit;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Something that a concurrency limit did. Calls that are admitted at once have no event. Immutable and thread-safe. */
public final class ConcurrencyLimitEvent {
  private final String concurrencyLimit;
  private final Kind kind;
  private final Priority priority;
  private final ConcurrencyLimitExceededException.@Nullable Reason reason;
  private final Duration waited;
  private final ConcurrencyLimitExplanation explanation;

  private ConcurrencyLimitEvent(
      String concurrencyLimit,
      Kind kind,
      Priority priority,
      ConcurrencyLimitExceededException.@Nullable Reason reason,
      Duration waited,
      ConcurrencyLimitExplanation explanation) {
    this.concurrencyLimit = concurrencyLimit;
    this.kind = kind;
    this.priority = priority;
    this.reason = reason;
    this.waited = waited;
    this.explanation = explanation;
  }

  /** The kind of event. */
  public enum Kind {
    /** It changed its limit. At most once in a window. */
    CHANGED,
    /** It learned that the dependency has become slower for good, and takes its present latency for the one without load. */
    RELEARNED,
    /** Its config was replaced. */
    RECONFIGURED,
    /** It rejected a call. */
    REJECTED,
    /** It admitted a call that had waited. */
    ADMITTED_AFTER_WAIT
  }

  /**
   * Creates an event about the limit.
   *
   * @param concurrencyLimit the name of the concurrency limit
   * @param kind what it did
   * @param explanation the limit before and after, and why
   * @return the event
   */
  public static ConcurrencyLimitEvent ofLimit(
      String concurrencyLimit, Kind kind, ConcurrencyLimitExplanation explanation) {
    return new ConcurrencyLimitEvent(
        concurrencyLimit, kind, Priority.NORMAL, null, Duration.ZERO, explanation);
  }

  /**
   * Creates an event about a call.
   *
   * @param concurrencyLimit the name of the concurrency limit
   * @param kind what it did
   * @param priority the priority of the call
   * @param reason why it rejected the call; null if it did not
   * @param waited how long the call waited; zero if it did not
   * @param explanation why the limit is what it is
   * @return the event
   */
  public static ConcurrencyLimitEvent ofCall(
      String concurrencyLimit,
      Kind kind,
      Priority priority,
      ConcurrencyLimitExceededException.@Nullable Reason reason,
      Duration waited,
      ConcurrencyLimitExplanation explanation) {
    return new ConcurrencyLimitEvent(concurrencyLimit, kind, priority, reason, waited, explanation);
  }

  /** {@return the name of the concurrency limit} */
  public String concurrencyLimit() {
    return concurrencyLimit;
  }

  /** {@return what it did} */
  public Kind kind() {
    return kind;
  }

  /** {@return the priority of the call; {@link Priority#NORMAL} if there is no call} */
  public Priority priority() {
    return priority;
  }

  /** {@return why it rejected the call; null for all other kinds} */
  public ConcurrencyLimitExceededException.@Nullable Reason reason() {
    return reason;
  }

  /** {@return how long the call waited; zero if it did not, or if there is no call} */
  public Duration waited() {
    return waited;
  }

  /** {@return the last change of the limit, and why; that of this event if it is about the limit} */
  public ConcurrencyLimitExplanation explanation() {
    return explanation;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ConcurrencyLimitEvent that
        && concurrencyLimit.equals(that.concurrencyLimit)
        && kind == that.kind
        && priority == that.priority
        && reason == that.reason
        && waited.equals(that.waited)
        && explanation.equals(that.explanation);
  }

  @Override
  public int hashCode() {
    return Objects.hash(concurrencyLimit, kind, priority, reason, waited, explanation);
  }

  @Override
  public String toString() {
    return "ConcurrencyLimitEvent[concurrencyLimit=" + concurrencyLimit
        + ", kind=" + kind
        + ", priority=" + priority
        + ", reason=" + reason
        + ", waited=" + waited
        + ", explanation=" + explanation
        + "]";
  }
}
