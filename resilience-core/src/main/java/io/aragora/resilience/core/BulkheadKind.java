package io.aragora.resilience.core;

import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadTotals;
import io.aragora.resilience.core.bulkhead.CoreBulkhead;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.spi.DurationRecorder.Kind;

/** Bulkheads. */
final class BulkheadKind extends PolicyKind<CoreBulkhead, BulkheadConfig> {
  private final RuntimePolicies policies;
  private final RuntimeSettings outside;
  private final BreakerRuntime runtime;

  BulkheadKind(RuntimePolicies policies, RuntimeSettings outside, BreakerRuntime runtime) {
    this.policies = policies;
    this.outside = outside;
    this.runtime = runtime;
  }

  @Override
  protected CoreBulkhead make(String bulkhead, BulkheadConfig config) {
    return policies.newBulkhead(bulkhead, config);
  }

  @Override
  protected BulkheadConfig undeclared(String bulkhead) {
    return outside.bulkhead(bulkhead, BulkheadConfig.defaults());
  }

  @Override
  protected BulkheadConfig effective(String bulkhead, BulkheadConfig declared) {
    return outside.bulkhead(bulkhead, declared);
  }

  @Override
  protected void check(CoreBulkhead bulkhead, BulkheadConfig config) {
    bulkhead.checkChange(config);
  }

  @Override
  protected boolean reconfigure(CoreBulkhead bulkhead, BulkheadConfig config) {
    bulkhead.reconfigure(config);
    return true;
  }

  @Override
  protected DeclaredSettings settings(BulkheadConfig declared) {
    return declared.declaredSettings();
  }

  @Override
  protected void configure(CoreBulkhead bulkhead, BulkheadConfig config) {
    bulkhead.reconfigure(config);
  }

  @Override
  protected long calls(CoreBulkhead bulkhead) {
    BulkheadTotals totals = bulkhead.totals();
    return totals.admitted() + totals.admittedAfterWait() + totals.rejected();
  }

  @Override
  protected void measure(CoreBulkhead bulkhead) {
    runtime.durations().measure(bulkhead);
  }

  @Override
  protected void removed(String bulkhead) {
    runtime.durations().forget(bulkhead, Kind.BULKHEAD_WAIT);
  }
}
