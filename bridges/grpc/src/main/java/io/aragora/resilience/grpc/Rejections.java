package io.aragora.resilience.grpc;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExceededException;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimitExceededException.Reason;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterSnapshot;
import java.time.Duration;

/** The exceptions of policies that rejected a call which asked for a permit. */
final class Rejections {
  private Rejections() {}

  static RateLimitExceededException of(RateLimiter limiter) {
    return of(limiter.name(), limiter.config(), limiter.snapshot(), limiter.retryAfter());
  }

  static RateLimitExceededException of(KeyedRateLimiter limiter, String key) {
    return of(
        limiter.name(), limiter.config().limiter(), limiter.snapshot(key), limiter.retryAfter(key));
  }

  private static RateLimitExceededException of(
      String name, RateLimiterConfig config, RateLimiterSnapshot now, Duration retryAfter) {
    return new RateLimitExceededException(
        name,
        now.pausedFor().isZero() ? Reason.LIMIT : Reason.PAUSED,
        1,
        retryAfter,
        config.limit(),
        config.period());
  }

  static ConcurrencyLimitExceededException of(ConcurrencyLimit limit) {
    return new ConcurrencyLimitExceededException(
        limit.name(),
        ConcurrencyLimitExceededException.Reason.FULL,
        limit.priority(),
        limit.snapshot().limit(),
        0);
  }
}
