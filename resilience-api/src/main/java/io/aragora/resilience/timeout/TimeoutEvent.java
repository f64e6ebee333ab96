package io.aragora.resilience.timeout;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A call that exceeded its timeout. Immutable and thread-safe.
 */
public final class TimeoutEvent {
  private final String timeout;
  private final Kind kind;
  private final Duration limit;

  private TimeoutEvent(String timeout, Kind kind, Duration limit) {
    this.timeout = timeout;
    this.kind = kind;
    this.limit = limit;
  }

  /**
   * Creates an event.
   *
   * @param timeout the name of the timeout
   * @param kind how the call ended
   * @param limit the limit of the timeout
   * @return the event
   */
  public static TimeoutEvent of(String timeout, Kind kind, Duration limit) {
    return new TimeoutEvent(timeout, kind, limit);
  }

  /** {@return the name of the timeout} */
  public String timeout() {
    return timeout;
  }

  /** {@return how the call ended} */
  public Kind kind() {
    return kind;
  }

  /** {@return the limit of the timeout} */
  public Duration limit() {
    return limit;
  }

  /** The kind of event. */
  public enum Kind {
    /** The body was interrupted or cancelled and left. */
    FIRED,
    /** The body ignored the interrupt and ended later by itself. */
    LATE
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TimeoutEvent that
        && timeout.equals(that.timeout)
        && kind.equals(that.kind)
        && limit.equals(that.limit);
  }

  @Override
  public int hashCode() {
    return Objects.hash(timeout, kind, limit);
  }

  @Override
  public String toString() {
    return "TimeoutEvent[timeout=" + timeout + ", kind=" + kind + ", limit=" + limit + "]";
  }
}
