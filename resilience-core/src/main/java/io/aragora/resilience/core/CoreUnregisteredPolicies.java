package io.aragora.resilience.core;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.UnregisteredPolicies;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.core.pipeline.CorePipeline;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import org.jspecify.annotations.Nullable;

/** Creates policies of a runtime without adding them to its registries. */
final class CoreUnregisteredPolicies implements UnregisteredPolicies {
  private final RuntimePolicies policies;

  CoreUnregisteredPolicies(RuntimePolicies policies) {
    this.policies = policies;
  }

  @Override
  public CircuitBreaker circuitBreaker(String name, CircuitBreakerConfig config) {
    return policies.newBreaker(name, config);
  }

  @Override
  public Retry retry(String name, RetryConfig config) {
    return policies.newRetry(name, config);
  }

  @Override
  public Timeout timeout(String name, TimeoutConfig config) {
    return policies.newTimeout(name, config);
  }

  @Override
  public Bulkhead bulkhead(String name, BulkheadConfig config) {
    return policies.newBulkhead(name, config);
  }

  @Override
  public ConcurrencyLimit concurrencyLimit(String name, ConcurrencyLimitConfig config) {
    return policies.newConcurrencyLimit(name, config);
  }

  @Override
  public RateLimiter rateLimiter(String name, RateLimiterConfig config) {
    return policies.newRateLimiter(name, config);
  }

  @Override
  public Hedge hedge(String name, HedgeConfig config) {
    return policies.newHedge(name, config);
  }

  @Override
  public Chaos chaos(String name, ChaosConfig config) {
    return policies.newChaos(name, config);
  }

  @Override
  public <K, V extends @Nullable Object> Coalescer<K, V> coalescer(
      String name, CoalescerConfig<K, V> config) {
    return policies.newCoalescer(name, config);
  }

  @Override
  public Pipeline.Builder pipelineBuilder(String name) {
    return CorePipeline.builder(name, policies::makePipeline);
  }
}
