package io.aragora.resilience.core;

import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.retry.CoreRetry;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryTotals;
import io.aragora.resilience.spi.DurationRecorder.Kind;

/** Retries. */
final class RetryKind extends PolicyKind<CoreRetry, RetryConfig> {
  private final RuntimePolicies policies;
  private final RuntimeSettings outside;
  private final BreakerRuntime runtime;

  RetryKind(RuntimePolicies policies, RuntimeSettings outside, BreakerRuntime runtime) {
    this.policies = policies;
    this.outside = outside;
    this.runtime = runtime;
  }

  @Override
  protected CoreRetry make(String retry, RetryConfig config) {
    return policies.newRetry(retry, config);
  }

  @Override
  protected RetryConfig undeclared(String retry) {
    return outside.retry(retry, RetryConfig.defaults());
  }

  @Override
  protected RetryConfig effective(String retry, RetryConfig declared) {
    return outside.retry(retry, declared);
  }

  @Override
  protected boolean reconfigure(CoreRetry retry, RetryConfig config) {
    retry.configure(config);
    return true;
  }

  @Override
  protected DeclaredSettings settings(RetryConfig declared) {
    return declared.declaredSettings();
  }

  @Override
  protected void configure(CoreRetry retry, RetryConfig config) {
    retry.configure(config);
  }

  @Override
  protected long calls(CoreRetry retry) {
    RetryTotals totals = retry.totals();
    return totals.calls() + totals.retries();
  }

  @Override
  protected void measure(CoreRetry retry) {
    runtime.durations().measure(retry);
  }

  @Override
  protected void removed(String retry) {
    runtime.durations().forget(retry, Kind.RETRY_DELAY);
  }
}
