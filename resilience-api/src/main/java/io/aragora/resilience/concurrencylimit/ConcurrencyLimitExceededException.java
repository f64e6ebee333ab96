package io.aragora.resilience.concurrencylimit;

import io.aragora.resilience.policy.CallRejectedException;
import java.time.Duration;
import java.util.Locale;

/** Thrown if a concurrency limit rejects a call. The body did not run. Has no stack trace; the message is built when it is read. */
public final class ConcurrencyLimitExceededException extends CallRejectedException {
  private static final long serialVersionUID = 1L;

  /** The name of the concurrency limit. */
  private final String concurrencyLimit;

  /** The reason. */
  private final Reason reason;

  /** The priority of the call. */
  private final Priority priority;

  /** The limit. */
  private final int limit;

  /** The wait of the call, in nanoseconds. */
  private final long waitedNanos;

  /** Why a concurrency limit rejects a call. */
  public enum Reason {
    /** There is no permit for calls of this priority, and calls do not wait. */
    FULL,
    /** Too many calls wait already, and no other one had to give way to this one; or this one gave way to another. */
    QUEUE_FULL,
    /** No permit became free in the longest time that a call may wait. */
    WAITED,
    /** The deadline around the call passed first. */
    DEADLINE
  }

  /**
   * Creates the exception.
   *
   * @param concurrencyLimit the name of the concurrency limit
   * @param reason the reason
   * @param priority the priority of the call
   * @param limit the limit at that moment
   * @param waitedNanos how long the call waited, in nanoseconds
   */
  public ConcurrencyLimitExceededException(
      String concurrencyLimit, Reason reason, Priority priority, int limit, long waitedNanos) {
    this.concurrencyLimit = concurrencyLimit;
    this.reason = reason;
    this.priority = priority;
    this.limit = limit;
    this.waitedNanos = waitedNanos;
  }

  /** {@return the name of the concurrency limit} */
  public String concurrencyLimit() {
    return concurrencyLimit;
  }

  /** {@return the reason} */
  public Reason reason() {
    return reason;
  }

  /** {@return the priority of the call} */
  public Priority priority() {
    return priority;
  }

  /** {@return the limit at that moment} */
  public int limit() {
    return limit;
  }

  /** {@return how long the call waited; zero if it did not} */
  public Duration waited() {
    return Duration.ofNanos(waitedNanos);
  }

  @Override
  public String policy() {
    return concurrencyLimit;
  }

  @Override
  public String kind() {
    return "concurrencylimit";
  }

  /** {@return zero: when a permit will be free is not known} */
  @Override
  public Duration retryAfter() {
    return Duration.ZERO;
  }

  @Override
  public String getMessage() {
    String full = "has no permit for calls of priority " + priority + " (limit " + limit + ")";
    String seconds = String.format(Locale.ROOT, "%.3f s", waitedNanos / 1e9);
    return "concurrency limit '" + concurrencyLimit + "' "
        + switch (reason) {
          case FULL -> full;
          case QUEUE_FULL -> full + ", and its queue is full, too";
          case WAITED -> full + ", and had none within " + seconds;
          case DEADLINE -> full + " before the deadline of the call; it waited " + seconds;
        };
  }
}
