package io.aragora.resilience.core;

import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.core.chaos.CoreChaos;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.policy.ResilienceConfigurationException;

/** Chaos policies. */
final class ChaosKind extends PolicyKind<CoreChaos, ChaosConfig> {
  private final RuntimePolicies policies;

  ChaosKind(RuntimePolicies policies) {
    this.policies = policies;
  }

  @Override
  protected CoreChaos make(String chaos, ChaosConfig config) {
    return policies.registeredChaos(chaos, config);
  }

  @Override
  protected ChaosConfig undeclared(String chaos) {
    throw new ResilienceConfigurationException("chaos '" + chaos
        + "' is not declared. Declare it by chaos(name, config): only code can create failures");
  }

  @Override
  protected DeclaredSettings settings(ChaosConfig declared) {
    return declared.declaredSettings();
  }
}
