package io.aragora.resilience.ratelimiter;

import io.aragora.resilience.policy.CallRejectedException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;

/** Thrown if a rate limiter rejects a call. The body did not run. Has no stack trace; the message is built when it is read. */
public final class RateLimitExceededException extends CallRejectedException {
  private static final long serialVersionUID = 1L;

  /** The name of the limiter. */
  private final String limiter;

  /** Why the call was rejected. */
  private final Reason reason;

  /** The number of permits of the call. */
  private final int permits;

  /** The time after which a call may be admitted. */
  private final Duration retryAfter;

  /** The number of permits in each period. */
  private final int limit;

  /** The period of the limit. */
  private final Duration period;

  /**
   * Creates the exception.
   *
   * @param limiter the name of the limiter
   * @param reason why the call was rejected
   * @param permits the number of permits of the call
   * @param retryAfter the time after which a call may be admitted
   * @param limit the number of permits in each period
   * @param period the period of the limit
   */
  public RateLimitExceededException(
      String limiter, Reason reason, int permits, Duration retryAfter, int limit, Duration period) {
    this.limiter = limiter;
    this.reason = reason;
    this.permits = permits;
    this.retryAfter = retryAfter;
    this.limit = limit;
    this.period = period;
  }

  /** Why a call was rejected. */
  public enum Reason {
    /** The permits are used up, and a wait for them would exceed {@link RateLimiterConfig#maxWait}. */
    LIMIT,
    /** {@link RateLimiterConfig#maxWaiting} calls wait already. */
    QUEUE_FULL,
    /** A wait for the permits would end after the deadline of the call. */
    DEADLINE,
    /** The limiter is paused. */
    PAUSED
  }

  @Override
  public String policy() {
    return limiter;
  }

  @Override
  public String kind() {
    return "ratelimiter";
  }

  /** {@return why the call was rejected} */
  public Reason reason() {
    return reason;
  }

  /** {@return the number of permits of the call} */
  public int permits() {
    return permits;
  }

  @Override
  public Duration retryAfter() {
    return retryAfter;
  }

  @Override
  public String getMessage() {
    String allows = "rate limiter '" + limiter + "' allows " + limit + " per " + seconds(period);
    String next = ": next in "
        + BigDecimal.valueOf(retryAfter.toNanos(), 9).setScale(3, RoundingMode.CEILING) + " s";
    return switch (reason) {
      case LIMIT -> allows + next;
      case QUEUE_FULL -> allows + " and its queue is full" + next;
      case DEADLINE -> allows + next + ", after the deadline of the call";
      case PAUSED -> "rate limiter '" + limiter + "' is paused" + next;
    };
  }

  private static String seconds(Duration length) {
    BigDecimal seconds = BigDecimal.valueOf(length.toNanos(), 9).stripTrailingZeros();
    return seconds.toPlainString() + " s";
  }
}
