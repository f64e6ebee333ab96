package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.CellLevel;
import io.aragora.resilience.core.admission.CellRate;
import io.aragora.resilience.core.admission.PaddedLevel;
import io.aragora.resilience.core.admission.PermitLevel;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterSnapshot;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Translates the config of a limiter into numbers of its level. Stateless. */
final class Levels {
  private Levels() {}

  /** Returns the first word of a smooth limiter. */
  static long start(RateLimiterConfig config, CellRate rate, TimeSource time) {
    long now = time.nanoTime();
    return config.startsFull() ? rate.full(now) : rate.empty(now);
  }

  static PermitLevel padded(LimiterShare share) {
    RateLimiterConfig config = share.config();
    TimeSource time = share.runtime().time();
    if (config.isExact()) {
      return ring(config, time);
    }
    CellRate rate = share.rate();
    return new PaddedLevel(rate, start(config, rate, time));
  }

  static ExactRing ring(RateLimiterConfig config, TimeSource time) {
    return new ExactRing(
        config.limit(), config.period().toNanos(), config.startsFull(), time.nanoTime());
  }

  static boolean isSameRate(RateLimiterConfig present, RateLimiterConfig next) {
    return next.limit() == present.limit()
        && next.burst() == present.burst()
        && next.period().equals(present.period());
  }

  /** Changes a level to the present config, which is of the same kind. One thread at a time. */
  static void change(PermitLevel level, LimiterShare share) {
    TimeSource time = share.runtime().time();
    if (level instanceof LimiterKey key && key.level() != key) {
      change(key.level(), share);
    } else if (level instanceof ExactRing ring) {
      ring.change(share.config().limit(), share.config().period().toNanos(), time);
    } else if (level instanceof CellLevel cell && cell.rate() != share.rate()) {
      cell.change(share.rate(), time);
    }
  }

  static RateLimiterSnapshot.Builder snapshot(
      String name,
      RateLimiterConfig config,
      PermitLevel level,
      @Nullable Turns turns,
      TimeSource time) {
    long paused = turns == null ? 0 : turns.pausedForNanos();
    long ready = turns == null ? level.readyAt(time, 0, 0, 1) : turns.readyAt(1);
    return RateLimiterSnapshot.builder(name)
        .level(paused > 0 ? 0 : level.available(time))
        .limit(config.limit())
        .period(config.period())
        .burst(config.burst())
        .waiting(turns == null ? 0 : turns.queue().size())
        .nextPermitIn(Duration.ofNanos(Math.max(0, ready - time.nanoTime())))
        .pausedFor(Duration.ofNanos(paused));
  }
}
