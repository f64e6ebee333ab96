package io.aragora.resilience.core;

import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.core.coalescing.CoreCoalescer;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.policy.DeclaredSettings;

/** Coalescers. They know keys and results as objects; the code that declares one knows their types. */
final class CoalescerKind
    extends PolicyKind<CoreCoalescer<Object, Object>, CoalescerConfig<Object, Object>> {
  private final RuntimePolicies policies;
  private final RuntimeSettings outside;

  CoalescerKind(RuntimePolicies policies, RuntimeSettings outside) {
    this.policies = policies;
    this.outside = outside;
  }

  @Override
  protected CoreCoalescer<Object, Object> make(
      String coalescer, CoalescerConfig<Object, Object> config) {
    return policies.newCoalescer(coalescer, config);
  }

  @Override
  protected CoalescerConfig<Object, Object> undeclared(String coalescer) {
    return outside.coalescer(coalescer, CoalescerConfig.defaults());
  }

  @Override
  protected CoalescerConfig<Object, Object> effective(
      String coalescer, CoalescerConfig<Object, Object> declared) {
    return outside.coalescer(coalescer, declared);
  }

  @Override
  protected boolean reconfigure(
      CoreCoalescer<Object, Object> coalescer, CoalescerConfig<Object, Object> config) {
    coalescer.configure(config);
    return true;
  }

  @Override
  protected DeclaredSettings settings(CoalescerConfig<Object, Object> declared) {
    return declared.declaredSettings();
  }

  @Override
  protected void configure(
      CoreCoalescer<Object, Object> coalescer, CoalescerConfig<Object, Object> config) {
    coalescer.configure(config);
  }

  @Override
  protected long calls(CoreCoalescer<Object, Object> coalescer) {
    return coalescer.totals().calls();
  }
}
