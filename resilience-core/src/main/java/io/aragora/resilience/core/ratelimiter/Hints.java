package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.PermitLevel;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.time.TimeSource;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;

/** The reaction of a limiter to a hint of the server. Stateless. */
final class Hints {
  private Hints() {}

  /** Returns the limit after a hint: that of the server if it is to be adopted, else the present one. */
  static int adopted(RateLimitHint hint, RateLimiterConfig config) {
    if (config.adoptUpTo() == 0 || hint.limit() < 0) {
      return config.limit();
    }
    BigInteger limit = BigInteger.valueOf(hint.limit());
    Duration window = hint.window();
    if (window != null) {
      limit = limit.multiply(nanos(config.period())).divide(nanos(window));
    }
    return limit.min(BigInteger.valueOf(config.adoptUpTo())).max(BigInteger.ONE).intValue();
  }

  private static BigInteger nanos(Duration length) {
    return BigInteger.valueOf(length.getSeconds())
        .multiply(BigInteger.valueOf(1_000_000_000))
        .add(BigInteger.valueOf(length.getNano()));
  }

  /**
   * Lowers the level to what a hint says. A date is compared with the wall clock once, when the hint arrives.
   *
   * @return whether the level had more
   */
  static boolean lower(RateLimitHint hint, Instant wall, PermitLevel level, TimeSource time) {
    // What remained until a reset that has passed says nothing about now.
    boolean isPresent = hint.reset() == null || untilReset(hint, wall) > 0;
    return isPresent && hint.remaining() >= 0 && level.lower(hint.remaining(), time);
  }

  private static long untilReset(RateLimitHint hint, Instant wall) {
    RetryAfter reset = hint.reset();
    return reset == null ? 0 : reset.delayNanos(wall);
  }

  /** Returns for how long a hint asks to pause: nanoseconds, 0 for no pause. */
  static long pauseNanos(RateLimitHint hint, Instant wall, RateLimiterConfig config) {
    RetryAfter asked = hint.retryAfter();
    long pause =
        asked != null ? asked.delayNanos(wall) : hint.remaining() == 0 ? untilReset(hint, wall) : 0;
    return pause <= Nanos.of(config.maxPause()) ? pause : 0;
  }
}
