package io.aragora.resilience.core;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.circuitbreaker.CoreCircuitBreaker;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.policy.DeclaredSettings;

/** Circuit breakers. */
final class BreakerKind extends PolicyKind<CoreCircuitBreaker, CircuitBreakerConfig> {
  private final RuntimeSettings outside;
  private final BreakerRuntime runtime;

  BreakerKind(RuntimeSettings outside, BreakerRuntime runtime) {
    this.outside = outside;
    this.runtime = runtime;
  }

  @Override
  protected CoreCircuitBreaker make(String breaker, CircuitBreakerConfig config) {
    CoreCircuitBreaker made = new CoreCircuitBreaker(breaker, config, runtime);
    runtime.storage().made(made);
    return made;
  }

  @Override
  protected CircuitBreakerConfig undeclared(String breaker) {
    return outside.breakers().resolve(breaker);
  }

  @Override
  protected CircuitBreakerConfig effective(String breaker, CircuitBreakerConfig declared) {
    return outside.breakers().resolve(breaker, declared);
  }

  @Override
  protected boolean reconfigure(CoreCircuitBreaker breaker, CircuitBreakerConfig config) {
    breaker.reconfigure(config);
    return true;
  }

  @Override
  protected DeclaredSettings settings(CircuitBreakerConfig declared) {
    return declared.declaredSettings();
  }

  @Override
  protected void configure(CoreCircuitBreaker breaker, CircuitBreakerConfig config) {
    breaker.reconfigure(config);
  }

  @Override
  protected void measure(CoreCircuitBreaker breaker) {
    breaker.measure();
  }

  @Override
  protected long idleSince(CoreCircuitBreaker breaker) {
    return breaker.idleSince();
  }
}
