package io.aragora.resilience.core.proxy;

import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;

/** Declares policies for annotations, whose place messages name. Thread-safe. */
public interface AnnotatedDeclarations {
  /**
   * Declares a circuit breaker with a preset, which registered settings override.
   *
   * @param name its name
   * @param preset the preset
   * @param place the annotation and what it stands on
   * @return the breaker
   * @throws ResilienceConfigurationException if it is already declared differently
   */
  CircuitBreaker circuitBreakerFromPreset(String name, CircuitBreakerConfig preset, Object place);

  /**
   * Declares a retry.
   *
   * @param name its name
   * @param config its config
   * @param place the annotation and what it stands on
   * @return the retry
   * @throws ResilienceConfigurationException if it is already declared differently
   */
  Retry retry(String name, RetryConfig config, Object place);

  /**
   * Declares a timeout.
   *
   * @param name its name
   * @param config its config
   * @param place the annotation and what it stands on
   * @return the timeout
   * @throws ResilienceConfigurationException if it is already declared differently
   */
  Timeout timeout(String name, TimeoutConfig config, Object place);

  /**
   * Declares a bulkhead.
   *
   * @param name its name
   * @param config its config
   * @param place the annotation and what it stands on
   * @return the bulkhead
   * @throws ResilienceConfigurationException if it is already declared differently
   */
  Bulkhead bulkhead(String name, BulkheadConfig config, Object place);

  /**
   * Declares a concurrency limit.
   *
   * @param name its name
   * @param config its config
   * @param place the annotation and what it stands on
   * @return the concurrency limit
   * @throws ResilienceConfigurationException if it is already declared differently
   */
  ConcurrencyLimit concurrencyLimit(String name, ConcurrencyLimitConfig config, Object place);

  /**
   * Declares a rate limiter.
   *
   * @param name its name
   * @param config its config
   * @param place the annotation and what it stands on
   * @return the rate limiter
   * @throws ResilienceConfigurationException if it is already declared differently
   */
  RateLimiter rateLimiter(String name, RateLimiterConfig config, Object place);
}
