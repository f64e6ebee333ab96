package io.aragora.resilience.core;

import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.circuitbreaker.CoreKeyedCircuitBreaker;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.policy.DeclaredSettings;

/** Keyed circuit breakers. */
final class KeyedBreakerKind
    extends PolicyKind<CoreKeyedCircuitBreaker, KeyedCircuitBreakerConfig> {
  private final RuntimeSettings outside;
  private final BreakerRuntime runtime;

  KeyedBreakerKind(RuntimeSettings outside, BreakerRuntime runtime) {
    this.outside = outside;
    this.runtime = runtime;
  }

  @Override
  protected CoreKeyedCircuitBreaker make(String keyed, KeyedCircuitBreakerConfig config) {
    return new CoreKeyedCircuitBreaker(keyed, config, runtime);
  }

  /** The settings from outside the code are those for breakers of its name. */
  @Override
  protected KeyedCircuitBreakerConfig effective(String keyed, KeyedCircuitBreakerConfig declared) {
    return KeyedCircuitBreakerConfig.builder()
        .breaker(outside.breakers().resolve(keyed, declared.breaker()))
        .maxKeys(declared.maxKeys())
        .abandonedAfter(declared.abandonedAfter())
        .build();
  }

  @Override
  protected String settingsKey() {
    return "circuitbreaker";
  }

  @Override
  protected DeclaredSettings settings(KeyedCircuitBreakerConfig declared) {
    return declared.declaredSettings();
  }

  @Override
  protected void measure(CoreKeyedCircuitBreaker keyed) {
    keyed.measure();
  }
}
