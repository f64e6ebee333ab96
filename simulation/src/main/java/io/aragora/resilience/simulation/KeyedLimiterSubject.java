package io.aragora.resilience.simulation;

import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterTotals;

/** Limiters by key: never more keys than allowed, each call counted once. */
final class KeyedLimiterSubject extends Subject {
  private final KeyedRateLimiter limiters;

  private KeyedLimiterSubject(World world, String name, KeyedRateLimiter limiters) {
    super(world, name, "ratelimiter");
    this.limiters = limiters;
  }

  static Subject create(World world, String name, Chance chance) {
    RateLimiterConfig.Builder config =
        RateLimiterConfig.smooth(chance.of(1, 5), World.millis(chance.of(100, 1_000)));
    if (chance.percent(40)) {
      config.maxWait(World.millis(chance.of(100, 2_000))).maxWaiting(chance.of(1, 10));
    }
    KeyedRateLimiter limiters = world
        .resilience()
        .keyedRateLimiter(
            name,
            KeyedRateLimiterConfig.builder()
                .limiter(config.build())
                .maxKeys(chance.of(1, 2, 10))
                .build());
    return new KeyedLimiterSubject(world, name, limiters);
  }

  @Override
  Policy policy(Call call) {
    return limiters.forKey("key-" + call.id() % 4);
  }

  @Override
  boolean isOwn(Throwable failure, Layer layer) {
    return isRejectionOfKind(failure);
  }

  @Override
  void afterStep() {
    check(
        limiters.size() <= limiters.config().maxKeys(),
        "never more keys than maxKeys",
        limiters.size());
  }

  @Override
  void control(Chance chance) {
    String key = "key-" + chance.below(4);
    switch (chance.below(3)) {
      case 0 -> limiters.pauseFor(key, World.millis(chance.of(100, 2_000)));
      case 1 -> limiters.resume(key);
      default -> limiters.remove(key);
    }
  }

  @Override
  Object read() {
    return limiters.totals() + " " + limiters.mostRejected(3) + " " + limiters.pausedKeys(3);
  }

  @Override
  long atEnd(long calls) {
    RateLimiterTotals totals = limiters.totals();
    return checkAdmission(
        calls,
        totals.admitted() + totals.admittedAfterWait(),
        totals.rejected(),
        totals.cancelled(),
        limiters.waiting(),
        totals);
  }
}
