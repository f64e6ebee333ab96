package io.aragora.resilience.core;

import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.ratelimiter.CoreRateLimiter;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterTotals;
import io.aragora.resilience.spi.DurationRecorder.Kind;

/** Rate limiters. */
final class RateLimiterKind extends PolicyKind<CoreRateLimiter, RateLimiterConfig> {
  private final RuntimePolicies policies;
  private final RuntimeSettings outside;
  private final BreakerRuntime runtime;

  RateLimiterKind(RuntimePolicies policies, RuntimeSettings outside, BreakerRuntime runtime) {
    this.policies = policies;
    this.outside = outside;
    this.runtime = runtime;
  }

  @Override
  protected CoreRateLimiter make(String limiter, RateLimiterConfig config) {
    CoreRateLimiter made = policies.makeRateLimiter(limiter, config);
    made.keepIn(policies.limiterStorage());
    return made;
  }

  @Override
  protected RateLimiterConfig undeclared(String limiter) {
    RateLimiterConfig config = outside.rateLimiter(limiter);
    if (config == null) {
      throw new ResilienceConfigurationException("rate limiter '" + limiter
          + "' has no limit and period. Declare it by rateLimiter(name, config), or set"
          + " resilience.ratelimiter." + limiter + ".limit and resilience.ratelimiter." + limiter
          + ".period");
    }
    return config;
  }

  @Override
  protected RateLimiterConfig effective(String limiter, RateLimiterConfig declared) {
    return outside.rateLimiter(limiter, declared);
  }

  @Override
  protected void check(CoreRateLimiter limiter, RateLimiterConfig config) {
    limiter.checkChange(config);
  }

  @Override
  protected boolean reconfigure(CoreRateLimiter limiter, RateLimiterConfig config) {
    limiter.reconfigure(config);
    return true;
  }

  @Override
  protected DeclaredSettings settings(RateLimiterConfig declared) {
    return declared.declaredSettings();
  }

  @Override
  protected void configure(CoreRateLimiter limiter, RateLimiterConfig config) {
    limiter.reconfigure(config);
  }

  /** A limiter that is saved is never evicted: it would begin anew with a full level. */
  @Override
  protected long calls(CoreRateLimiter limiter) {
    if (limiter.config().keepsAcrossRestart()) {
      return -1;
    }
    RateLimiterTotals totals = limiter.totals();
    return totals.admitted() + totals.admittedAfterWait() + totals.rejected();
  }

  @Override
  protected void measure(CoreRateLimiter limiter) {
    runtime.durations().measure(limiter);
  }

  @Override
  protected void removed(String limiter) {
    runtime.durations().forget(limiter, Kind.RATE_LIMITER_WAIT);
  }
}
