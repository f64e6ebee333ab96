package io.aragora.resilience.core;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitTotals;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.concurrencylimit.CoreConcurrencyLimit;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.spi.DurationRecorder.Kind;

/** Concurrency limits. */
final class ConcurrencyLimitKind extends PolicyKind<CoreConcurrencyLimit, ConcurrencyLimitConfig> {
  private final RuntimePolicies policies;
  private final RuntimeSettings outside;
  private final BreakerRuntime runtime;

  ConcurrencyLimitKind(RuntimePolicies policies, RuntimeSettings outside, BreakerRuntime runtime) {
    this.policies = policies;
    this.outside = outside;
    this.runtime = runtime;
  }

  @Override
  protected CoreConcurrencyLimit make(String limit, ConcurrencyLimitConfig config) {
    return policies.newConcurrencyLimit(limit, config);
  }

  @Override
  protected ConcurrencyLimitConfig undeclared(String limit) {
    return outside.concurrencyLimit(limit, ConcurrencyLimitConfig.defaults());
  }

  @Override
  protected ConcurrencyLimitConfig effective(String limit, ConcurrencyLimitConfig declared) {
    return outside.concurrencyLimit(limit, declared);
  }

  @Override
  protected boolean reconfigure(CoreConcurrencyLimit limit, ConcurrencyLimitConfig config) {
    limit.reconfigure(config);
    return true;
  }

  @Override
  protected DeclaredSettings settings(ConcurrencyLimitConfig declared) {
    return declared.declaredSettings();
  }

  @Override
  protected void configure(CoreConcurrencyLimit limit, ConcurrencyLimitConfig config) {
    limit.reconfigure(config);
  }

  @Override
  protected long calls(CoreConcurrencyLimit limit) {
    ConcurrencyLimitTotals totals = limit.totals();
    return totals.admitted() + totals.admittedAfterWait() + totals.rejected();
  }

  @Override
  protected void measure(CoreConcurrencyLimit limit) {
    runtime.durations().measure(limit);
  }

  @Override
  protected void removed(String limit) {
    runtime.durations().forget(limit, Kind.CONCURRENCY_LIMIT_WAIT);
  }
}
