package io.aragora.resilience.simulation;

import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterTotals;
import java.util.ArrayList;
import java.util.List;

/** A rate limiter: never admits early, never waits for nothing. */
final class LimiterSubject extends Subject {
  private final RateLimiter limiter;
  private final List<long[]> admissions = new ArrayList<>();
  private boolean isModelled = true;

  private LimiterSubject(World world, String name, RateLimiter limiter) {
    super(world, name, "ratelimiter", limiter);
    this.limiter = limiter;
  }

  static Subject create(World world, String name, Chance chance) {
    int limit = chance.of(1, 3, 20);
    long period = chance.of(10, 1_000, 20_000);
    boolean exact = chance.percent(30);
    RateLimiterConfig.Builder config = exact
        ? RateLimiterConfig.exact(limit, World.millis(period))
        : RateLimiterConfig.smooth(limit, World.millis(period));
    if (!exact && chance.percent(50)) {
      config.burst(chance.of(1, 2, 10));
    }
    if (chance.percent(50)) {
      config.maxWait(World.millis(chance.of(1, 2_000, 30_000))).maxWaiting(chance.of(1, 2, 100));
    }
    if (chance.percent(20)) {
      config.startFull(false);
    }
    RateLimiter limiter = world.resilience().rateLimiter(name, config.build());
    limiter.subscribe(world.foreign()::listen);
    return new LimiterSubject(world, name, limiter);
  }

  @Override
  void passed(Passage passage) {
    admitted(passage.layer.beganAt);
  }

  /**
   * Checks the admissions of every span of time that ends now. Each was decided between the begin of its call and its passage, so
   * the span is at most as long as from the earliest begin in it until now.
   */
  private void admitted(long beganAt) {
    admissions.add(new long[] {beganAt, world.now()});
    if (!isModelled) {
      return;
    }
    RateLimiterConfig config = limiter.config();
    long period = config.period().toNanos();
    long count = 0;
    long earliest = Long.MAX_VALUE;
    for (int i = admissions.size() - 1; i >= 0 && count < 200; i--) {
      count++;
      earliest = Math.min(earliest, admissions.get(i)[0]);
      long span = world.now() - earliest;
      // An exact limiter admits limit calls in each span that is shorter than the period.
      double most = config.isExact()
          ? (double) config.limit() * (1 + Math.floorDiv(span, period))
          : config.burst() + (double) config.limit() * span / period;
      check(
          count <= most + 1e-6,
          "never admits early",
          count + " admitted within " + span + " ns, at most " + most + " may be: " + config);
    }
  }

  @Override
  boolean permit(Call call, Body body) throws Throwable {
    begun++;
    long began = world.now();
    if (limiter.tryAcquire()) {
      admitted(began);
      passages++;
      body.run();
    } else {
      rejected++;
    }
    return true;
  }

  @Override
  void control(Chance chance) {
    switch (chance.below(3)) {
      case 0 -> limiter.pauseFor(World.millis(chance.of(1, 1_000, 60_000)));
      case 1 -> limiter.resume();
      default -> limiter.retryAfter();
    }
  }

  @Override
  void reconfigure(Chance chance) {
    isModelled = false;
    RateLimiterConfig config = limiter.config();
    limiter.reconfigure(config.toBuilder().limit(chance.of(1, 5, 50)).build());
  }

  @Override
  Object read() {
    return limiter.snapshot() + " " + limiter.totals();
  }

  @Override
  long atEnd(long calls) {
    RateLimiterTotals totals = limiter.totals();
    return checkAdmission(
        calls,
        totals.admitted() + totals.admittedAfterWait(),
        totals.rejected(),
        totals.cancelled(),
        limiter.snapshot().waiting(),
        totals);
  }

  @Override
  void checkRejections(long observed) {
    checkEqual(
        observed, limiter.totals().rejected(), "rejections are counted exactly", limiter.totals());
  }
}
