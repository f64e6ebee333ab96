package io.aragora.resilience.bulkhead;

import io.aragora.resilience.policy.CallRejectedException;
import java.time.Duration;
import java.util.Locale;

/** Thrown if a bulkhead rejects a call. The body did not run. Has no stack trace; the message is built when it is read. */
public final class BulkheadFullException extends CallRejectedException {
  private static final long serialVersionUID = 1L;

  /** The name of the bulkhead. */
  private final String bulkhead;

  /** The reason. */
  private final Reason reason;

  /** The number of calls that may be under way. */
  private final int limit;

  /** The wait of the call, in nanoseconds. */
  private final long waitedNanos;

  /** Why a bulkhead rejects a call. */
  public enum Reason {
    /** There is no free permit, and calls do not wait. */
    FULL,
    /** Too many calls wait already. If the newest call is served first, the rejected call is the oldest. */
    QUEUE_FULL,
    /** There was no free permit in the longest time that a call may wait. */
    WAITED,
    /** The deadline around the call passed first. */
    DEADLINE
  }

  /**
   * Creates the exception.
   *
   * @param bulkhead the name of the bulkhead
   * @param reason the reason
   * @param limit the number of calls that may be under way
   * @param waitedNanos how long the call waited, in nanoseconds
   */
  public BulkheadFullException(String bulkhead, Reason reason, int limit, long waitedNanos) {
    this.bulkhead = bulkhead;
    this.reason = reason;
    this.limit = limit;
    this.waitedNanos = waitedNanos;
  }

  /** {@return the name of the bulkhead} */
  public String bulkhead() {
    return bulkhead;
  }

  /** {@return the reason} */
  public Reason reason() {
    return reason;
  }

  /** {@return the number of calls that might be under way at that moment} */
  public int limit() {
    return limit;
  }

  /** {@return how long the call waited; zero if it did not} */
  public Duration waited() {
    return Duration.ofNanos(waitedNanos);
  }

  @Override
  public String policy() {
    return bulkhead;
  }

  @Override
  public String kind() {
    return "bulkhead";
  }

  /** {@return zero: when a permit will be free is not known} */
  @Override
  public Duration retryAfter() {
    return Duration.ZERO;
  }

  @Override
  public String getMessage() {
    String full = "is full: " + limit + (limit == 1 ? " call" : " calls") + " under way";
    String seconds = String.format(Locale.ROOT, "%.3f s", waitedNanos / 1e9);
    return "bulkhead '" + bulkhead + "' "
        + switch (reason) {
          case FULL -> full;
          case QUEUE_FULL -> full + ", and its queue is full, too";
          case WAITED -> full + ", and no permit was free within " + seconds;
          case DEADLINE ->
            "had no free permit before the deadline of the call; it waited " + seconds;
        };
  }
}
