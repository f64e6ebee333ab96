package io.aragora.resilience.core;

import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.ratelimiter.CoreKeyedRateLimiter;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.spi.DurationRecorder.Kind;

/** Rate limiters with keys. */
final class KeyedRateLimiterKind extends PolicyKind<CoreKeyedRateLimiter, KeyedRateLimiterConfig> {
  private final RuntimePolicies policies;
  private final RuntimeSettings outside;
  private final BreakerRuntime runtime;

  KeyedRateLimiterKind(RuntimePolicies policies, RuntimeSettings outside, BreakerRuntime runtime) {
    this.policies = policies;
    this.outside = outside;
    this.runtime = runtime;
  }

  @Override
  protected CoreKeyedRateLimiter make(String keyed, KeyedRateLimiterConfig config) {
    return policies.newKeyedRateLimiter(keyed, config);
  }

  /** The settings from outside the code are those for rate limiters of its name. Keys are not saved. */
  @Override
  protected KeyedRateLimiterConfig effective(String keyed, KeyedRateLimiterConfig declared) {
    RateLimiterConfig limiter = outside.rateLimiter(keyed, declared.limiter());
    return KeyedRateLimiterConfig.builder()
        .limiter(
            limiter.keepsAcrossRestart()
                ? limiter.toBuilder().keepAcrossRestart(false).build()
                : limiter)
        .maxKeys(declared.maxKeys())
        .build();
  }

  @Override
  protected String settingsKey() {
    return "ratelimiter";
  }

  @Override
  protected void check(CoreKeyedRateLimiter keyed, KeyedRateLimiterConfig config) {
    keyed.checkChange(config.limiter());
  }

  @Override
  protected boolean reconfigure(CoreKeyedRateLimiter keyed, KeyedRateLimiterConfig config) {
    keyed.reconfigure(config.limiter());
    return true;
  }

  @Override
  protected DeclaredSettings settings(KeyedRateLimiterConfig declared) {
    return declared.declaredSettings();
  }

  @Override
  protected void measure(CoreKeyedRateLimiter keyed) {
    runtime.durations().measure(keyed);
  }

  @Override
  protected void removed(String keyed) {
    runtime.durations().forget(keyed, Kind.RATE_LIMITER_WAIT);
  }
}
