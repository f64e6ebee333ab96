package io.aragora.resilience;

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
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import org.jspecify.annotations.Nullable;

/**
 * Creates policies that are not registered, such as one for each injection point of a container. Each call creates a new policy,
 * whose name, in errors, events and logs, need not be unique.
 *
 * <p>Such a policy works, and reports events, as any other. It lives as long as the code that holds it. It is in no list, status
 * page, metric or saved state, and settings outside the code do not change it. To show or save a policy, declare it under a name
 * of its own, such as by {@link Resilience#circuitBreaker(String, CircuitBreakerConfig)}.
 *
 * <p>Every method throws {@link IllegalArgumentException} if the name is blank or has more than 10,000 characters. Thread-safe.
 */
public interface UnregisteredPolicies {
  /**
   * Creates a circuit breaker. {@link Policies#subscribe} receives its transitions, too.
   *
   * @param name the name
   * @param config the config
   * @return a new breaker
   */
  CircuitBreaker circuitBreaker(String name, CircuitBreakerConfig config);

  /**
   * Creates a retry.
   *
   * @param name the name
   * @param config the config
   * @return a new retry
   */
  Retry retry(String name, RetryConfig config);

  /**
   * Creates a timeout.
   *
   * @param name the name
   * @param config the config
   * @return a new timeout
   */
  Timeout timeout(String name, TimeoutConfig config);

  /**
   * Creates a bulkhead.
   *
   * @param name the name
   * @param config the config
   * @return a new bulkhead
   */
  Bulkhead bulkhead(String name, BulkheadConfig config);

  /**
   * Creates a concurrency limit.
   *
   * @param name the name
   * @param config the config
   * @return a new concurrency limit
   */
  ConcurrencyLimit concurrencyLimit(String name, ConcurrencyLimitConfig config);

  /**
   * Creates a rate limiter.
   *
   * @param name the name
   * @param config the config
   * @return a new rate limiter
   * @throws IllegalArgumentException if {@code config} is shared, since the name of a shared limit is that of its quota
   */
  RateLimiter rateLimiter(String name, RateLimiterConfig config);

  /**
   * Creates a hedge.
   *
   * @param name the name
   * @param config the config
   * @return a new hedge
   */
  Hedge hedge(String name, HedgeConfig config);

  /**
   * Creates a chaos policy, which {@link Resilience#chaos()} starts and stops. Neither health nor metrics show it.
   *
   * @param name the name
   * @param config the config
   * @return a new chaos policy
   */
  Chaos chaos(String name, ChaosConfig config);

  /**
   * Creates a coalescer.
   *
   * @param name the name
   * @param config the config
   * @param <K> the type of its keys
   * @param <V> the type of its results
   * @return a new coalescer
   */
  <K, V extends @Nullable Object> Coalescer<K, V> coalescer(
      String name, CoalescerConfig<K, V> config);

  /**
   * Returns a builder for a pipeline. The policies in it may be registered.
   *
   * @param name the name
   * @return a builder without a policy
   */
  Pipeline.Builder pipelineBuilder(String name);
}
