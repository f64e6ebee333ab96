package io.aragora.resilience.core;

import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.core.timeout.CoreTimeout;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutTotals;

/** Timeouts. */
final class TimeoutKind extends PolicyKind<CoreTimeout, TimeoutConfig> {
  private final RuntimePolicies policies;
  private final RuntimeSettings outside;
  private final BreakerRuntime runtime;

  TimeoutKind(RuntimePolicies policies, RuntimeSettings outside, BreakerRuntime runtime) {
    this.policies = policies;
    this.outside = outside;
    this.runtime = runtime;
  }

  @Override
  protected CoreTimeout make(String timeout, TimeoutConfig config) {
    return policies.newTimeout(timeout, config);
  }

  @Override
  protected TimeoutConfig undeclared(String timeout) {
    TimeoutConfig config = outside.timeout(timeout);
    if (config == null) {
      throw new ResilienceConfigurationException("timeout '" + timeout
          + "' has no limit. Declare it by timeout(name, limit), or set resilience.timeout."
          + timeout + ".limit");
    }
    return config;
  }

  @Override
  protected TimeoutConfig effective(String timeout, TimeoutConfig declared) {
    return outside.timeout(timeout, declared);
  }

  @Override
  protected boolean reconfigure(CoreTimeout timeout, TimeoutConfig config) {
    timeout.reconfigure(config);
    return true;
  }

  @Override
  protected DeclaredSettings settings(TimeoutConfig declared) {
    return declared.declaredSettings();
  }

  @Override
  protected void configure(CoreTimeout timeout, TimeoutConfig config) {
    timeout.configure(config);
  }

  @Override
  protected long calls(CoreTimeout timeout) {
    TimeoutTotals totals = timeout.totals();
    return totals.inTime() + totals.fired() + totals.late();
  }

  @Override
  protected void measure(CoreTimeout timeout) {
    runtime.durations().measure(timeout);
  }

  @Override
  protected void removed(String timeout) {
    runtime.durations().forget(timeout, Kind.EXCEEDED_LIMIT);
  }
}
