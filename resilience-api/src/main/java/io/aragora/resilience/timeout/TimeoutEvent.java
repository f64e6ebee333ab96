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

  private TimeoutEvent(Builder builder) {
    this.timeout = builder.timeout;
    this.kind = builder.kind;
    this.limit = builder.limit;
  }

  /**
   * Creates a builder.
   *
   * @param timeout the name of the timeout
   * @param kind how the call ended
   * @param limit the limit of the timeout
   * @return a new builder
   */
  public static Builder builder(String timeout, Kind kind, Duration limit) {
    return new Builder(timeout, kind, limit);
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

  /** How a call that took too long ended. */
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

  /** Builds a {@link TimeoutEvent}. Not thread-safe. */
  public static final class Builder {
    private final String timeout;
    private final Kind kind;
    private final Duration limit;

    private Builder(String timeout, Kind kind, Duration limit) {
      this.timeout = timeout;
      this.kind = kind;
      this.limit = limit;
    }

    /**
     * Builds the value.
     *
     * @return an immutable object
     */
    public TimeoutEvent build() {
      return new TimeoutEvent(this);
    }
  }
}
