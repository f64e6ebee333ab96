package io.aragora.resilience.core;

import io.aragora.resilience.core.hedge.CoreHedge;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.hedge.HedgeTotals;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.policy.ResilienceConfigurationException;

/** Hedges. */
final class HedgeKind extends PolicyKind<CoreHedge, HedgeConfig> {
  private final RuntimePolicies policies;
  private final RuntimeSettings outside;

  HedgeKind(RuntimePolicies policies, RuntimeSettings outside) {
    this.policies = policies;
    this.outside = outside;
  }

  @Override
  protected CoreHedge make(String hedge, HedgeConfig config) {
    return policies.newHedge(hedge, config);
  }

  @Override
  protected HedgeConfig undeclared(String hedge) {
    HedgeConfig config = outside.hedge(hedge);
    if (config == null) {
      throw new ResilienceConfigurationException("hedge '" + hedge
          + "' has no delay. Declare it by hedge(name, config), or set resilience.hedge." + hedge
          + ".delay");
    }
    return config;
  }

  @Override
  protected HedgeConfig effective(String hedge, HedgeConfig declared) {
    return outside.hedge(hedge, declared);
  }

  @Override
  protected boolean reconfigure(CoreHedge hedge, HedgeConfig config) {
    hedge.configure(config);
    return true;
  }

  @Override
  protected DeclaredSettings settings(HedgeConfig declared) {
    return declared.declaredSettings();
  }

  @Override
  protected void configure(CoreHedge hedge, HedgeConfig config) {
    hedge.configure(config);
  }

  @Override
  protected long calls(CoreHedge hedge) {
    HedgeTotals totals = hedge.totals();
    return totals.first() + totals.hedge() + totals.failed() + totals.cancelled();
  }
}
