package io.aragora.resilience.core;

import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.quota.Quotas;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.retry.TokenBudget;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.retry.RetryBudgetConfig;
import org.jspecify.annotations.Nullable;

/** Retry budgets. */
final class BudgetKind extends PolicyKind<TokenBudget, RetryBudgetConfig> {
  private final BreakerRuntime runtime;
  private final @Nullable Quotas quotas;

  BudgetKind(BreakerRuntime runtime, @Nullable Quotas quotas) {
    this.runtime = runtime;
    this.quotas = quotas;
  }

  @Override
  protected TokenBudget make(String budget, RetryBudgetConfig config) {
    return new TokenBudget(budget, config, runtime.time(), quotas);
  }

  @Override
  protected RetryBudgetConfig undeclared(String budget) {
    return RetryBudgetConfig.defaults();
  }

  @Override
  protected DeclaredSettings settings(RetryBudgetConfig declared) {
    return declared.declaredSettings();
  }

  @Override
  protected void configure(TokenBudget budget, RetryBudgetConfig config) {
    budget.configure(config);
  }
}
