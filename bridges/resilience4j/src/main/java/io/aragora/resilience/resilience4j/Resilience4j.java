package io.aragora.resilience.resilience4j;

import io.aragora.resilience.Resilience;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import io.github.resilience4j.timelimiter.TimeLimiterRegistry;
import java.util.Map;

/**
 * Shows policies of a runtime as those of Resilience4j, for code and modules that expect these.
 *
 * <p>A view has no state but its consumers of events and the permissions that its callers hold: the policy decides, counts and
 * may be used directly at the same time. Each call creates a view of its own; keep it, or take a registry, which keeps one for
 * each name. Views and registries are thread-safe.
 */
public final class Resilience4j {
  private Resilience4j() {}

  // ---- circuit breakers

  /**
   * Returns a view of a breaker of a runtime.
   *
   * @param resilience the runtime
   * @param name the name of the breaker, which {@link Resilience#circuitBreaker(String)} looks up
   * @return a view
   */
  public static CircuitBreaker circuitBreaker(Resilience resilience, String name) {
    return circuitBreaker(resilience, resilience.circuitBreaker(name));
  }

  /**
   * Returns a view of a breaker.
   *
   * @param resilience the runtime of the breaker, whose time the view shows
   * @param breaker the breaker
   * @return a view
   */
  public static CircuitBreaker circuitBreaker(
      Resilience resilience, io.aragora.resilience.circuitbreaker.CircuitBreaker breaker) {
    return new BreakerView(breaker, null, Map.of(), RuntimeTime.of(resilience));
  }

  /**
   * Creates a registry whose breakers are views of breakers of a runtime. {@code circuitBreaker(name)} looks the breaker up, with
   * the settings that this runtime has for the name; with a config of Resilience4j the breaker is declared as {@link
   * #config(CircuitBreakerConfig)} says.
   *
   * @param resilience the runtime
   * @return a registry, empty at first
   */
  public static CircuitBreakerRegistry circuitBreakers(Resilience resilience) {
    return new BreakerViews(resilience);
  }

  /**
   * Returns the config of a breaker that decides like one of Resilience4j, as far as it can.
   *
   * @param config the config of Resilience4j
   * @return the config
   * @throws UnsupportedOperationException if {@code transitionToStateAfterWaitDuration} is not {@code OPEN}, or {@code
   *     waitIntervalFunctionInOpenState} is neither constant nor exponential
   * @throws IllegalArgumentException if a setting is out of the range that it has in this library
   */
  public static io.aragora.resilience.circuitbreaker.CircuitBreakerConfig config(
      CircuitBreakerConfig config) {
    return Configs.of(config);
  }

  // ---- retries

  /**
   * Returns a view of a retry of a runtime.
   *
   * @param resilience the runtime
   * @param name the name of the retry, which {@link Resilience#retry(String)} looks up
   * @return a view
   */
  public static Retry retry(Resilience resilience, String name) {
    return retry(resilience.retry(name));
  }

  /**
   * Returns a view of a retry. Its callers make the attempts; the retry decides about each, and counts and publishes the call as its
   * own.
   *
   * @param retry the retry
   * @return a view
   * @throws IllegalArgumentException if {@code retry} is not a retry of a runtime
   */
  public static Retry retry(io.aragora.resilience.retry.Retry retry) {
    return new RetryView(retry, null, Map.of());
  }

  /**
   * Creates a registry whose retries are views of retries of a runtime, as {@link #circuitBreakers} does.
   *
   * @param resilience the runtime
   * @return a registry, empty at first
   */
  public static RetryRegistry retries(Resilience resilience) {
    return new RetryViews(resilience);
  }

  /**
   * Returns the config of a retry that decides like one of Resilience4j. Rejections, interrupts and cancellations are retried if
   * its predicate says so, and nested retries multiply.
   *
   * @param config the config of Resilience4j
   * @return the config
   * @throws IllegalArgumentException if a setting is out of the range that it has in this library
   */
  public static io.aragora.resilience.retry.RetryConfig config(RetryConfig config) {
    return Configs.of(config);
  }

  // ---- bulkheads

  /**
   * Returns a view of a bulkhead of a runtime.
   *
   * @param resilience the runtime
   * @param name the name of the bulkhead, which {@link Resilience#bulkhead(String)} looks up
   * @return a view
   */
  public static Bulkhead bulkhead(Resilience resilience, String name) {
    return bulkhead(resilience.bulkhead(name));
  }

  /**
   * Returns a view of a bulkhead.
   *
   * @param bulkhead the bulkhead
   * @return a view
   */
  public static Bulkhead bulkhead(io.aragora.resilience.bulkhead.Bulkhead bulkhead) {
    return new BulkheadView(bulkhead, null, Map.of());
  }

  /**
   * Creates a registry whose bulkheads are views of bulkheads of a runtime, as {@link #circuitBreakers} does.
   *
   * @param resilience the runtime
   * @return a registry, empty at first
   */
  public static BulkheadRegistry bulkheads(Resilience resilience) {
    return new BulkheadViews(resilience);
  }

  /**
   * Returns the config of a bulkhead that decides like one of Resilience4j. Calls wait in their order, fair or not.
   *
   * @param config the config of Resilience4j
   * @return the config
   * @throws IllegalArgumentException if {@code maxConcurrentCalls} is 0
   */
  public static io.aragora.resilience.bulkhead.BulkheadConfig config(BulkheadConfig config) {
    return Configs.of(config);
  }

  // ---- rate limiters

  /**
   * Returns a view of a rate limiter of a runtime.
   *
   * @param resilience the runtime
   * @param name the name of the limiter, which {@link Resilience#rateLimiter(String)} looks up
   * @return a view
   */
  public static RateLimiter rateLimiter(Resilience resilience, String name) {
    return rateLimiter(resilience.rateLimiter(name));
  }

  /**
   * Returns a view of a rate limiter.
   *
   * @param limiter the limiter
   * @return a view
   */
  public static RateLimiter rateLimiter(io.aragora.resilience.ratelimiter.RateLimiter limiter) {
    return new RateLimiterView(limiter, null, Map.of());
  }

  /**
   * Creates a registry whose limiters are views of limiters of a runtime, as {@link #circuitBreakers} does.
   *
   * @param resilience the runtime
   * @return a registry, empty at first
   */
  public static RateLimiterRegistry rateLimiters(Resilience resilience) {
    return new RateLimiterViews(resilience);
  }

  /**
   * Returns the config of a smooth limiter with the limit, the period and the wait of one of Resilience4j. It admits at most as
   * many calls in each period, and not twice as many around the edge of two.
   *
   * @param config the config of Resilience4j
   * @return the config
   * @throws IllegalArgumentException if a setting is out of the range that it has in this library
   */
  public static io.aragora.resilience.ratelimiter.RateLimiterConfig config(
      RateLimiterConfig config) {
    return Configs.of(config);
  }

  // ---- time limiters

  /**
   * Returns a view of a timeout of a runtime.
   *
   * @param resilience the runtime
   * @param name the name of the timeout, which {@link Resilience#timeout(String)} looks up
   * @return a view
   */
  public static TimeLimiter timeLimiter(Resilience resilience, String name) {
    return timeLimiter(resilience.timeout(name));
  }

  /**
   * Returns a view of a timeout.
   *
   * @param timeout the timeout
   * @return a view
   */
  public static TimeLimiter timeLimiter(io.aragora.resilience.timeout.Timeout timeout) {
    return new TimeLimiterView(timeout, null, Map.of());
  }

  /**
   * Creates a registry whose time limiters are views of timeouts of a runtime, as {@link #circuitBreakers} does. A name without a
   * limit in the settings of the runtime needs a config.
   *
   * @param resilience the runtime
   * @return a registry, empty at first
   */
  public static TimeLimiterRegistry timeLimiters(Resilience resilience) {
    return new TimeLimiterViews(resilience);
  }

  /**
   * Returns the config of a timeout with the limit of a time limiter.
   *
   * @param config the config of Resilience4j
   * @return the config
   * @throws UnsupportedOperationException if {@code cancelRunningFuture} is false
   * @throws IllegalArgumentException if the limit is not positive
   */
  public static io.aragora.resilience.timeout.TimeoutConfig config(TimeLimiterConfig config) {
    return Configs.of(config);
  }
}
