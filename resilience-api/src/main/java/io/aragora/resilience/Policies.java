package io.aragora.resilience;

import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfigRegistry;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSummary;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.timeout.Timeout;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.Optional;

/**
 * The policies of a runtime: lists them, reads their numbers, observes breakers, and removes stale policies. A view that
 * follows the runtime. Thread-safe.
 */
public interface Policies {
  /**
   * Returns the circuit breakers.
   *
   * @return an immutable copy
   */
  Collection<CircuitBreaker> circuitBreakers();

  /**
   * Returns the keyed circuit breakers.
   *
   * @return an immutable copy
   */
  Collection<KeyedCircuitBreaker> keyedCircuitBreakers();

  /**
   * Returns the retries.
   *
   * @return an immutable copy
   */
  Collection<Retry> retries();

  /**
   * Returns the retry budgets.
   *
   * @return an immutable copy
   */
  Collection<RetryBudget> retryBudgets();

  /**
   * Returns the timeouts.
   *
   * @return an immutable copy
   */
  Collection<Timeout> timeouts();

  /**
   * Returns the bulkheads.
   *
   * @return an immutable copy
   */
  Collection<Bulkhead> bulkheads();

  /**
   * Returns the concurrency limits.
   *
   * @return an immutable copy
   */
  Collection<ConcurrencyLimit> concurrencyLimits();

  /**
   * Returns the rate limiters.
   *
   * @return an immutable copy
   */
  Collection<RateLimiter> rateLimiters();

  /**
   * Returns the keyed rate limiters.
   *
   * @return an immutable copy
   */
  Collection<KeyedRateLimiter> keyedRateLimiters();

  /**
   * Returns the hedges.
   *
   * @return an immutable copy
   */
  Collection<Hedge> hedges();

  /**
   * Returns the chaos policies.
   *
   * @return an immutable copy
   */
  Collection<Chaos> chaos();

  /**
   * Returns the coalescers.
   *
   * @return an immutable copy
   */
  Collection<Coalescer<?, ?>> coalescers();

  /**
   * Returns the declared pipelines.
   *
   * @return an immutable copy, without pipelines of {@link UnregisteredPolicies#pipelineBuilder}
   */
  Collection<Pipeline> pipelines();

  /**
   * Returns a summary of all breakers, keys included.
   *
   * @return how many are open and half-open, which, and which are close to opening
   */
  CircuitBreakerSummary circuitBreakerSummary();

  /**
   * Subscribes to the transitions of every breaker of this runtime, present and future, keys included. Each transition arrives
   * once, those of one breaker in order.
   *
   * @param listener receives them in the background; {@link CircuitBreakerListener#logging()} writes them to the log
   * @return ends the subscription when closed
   */
  Subscription subscribe(CircuitBreakerListener listener);

  /** Resets every breaker that {@link #circuitBreakers()} lists, as {@link CircuitBreaker#reset()} does. */
  default void resetCircuitBreakers() {
    circuitBreakers().forEach(CircuitBreaker::reset);
  }

  /**
   * Removes closed breakers that had neither a call nor a look-up for {@link ResilienceBuilder#staleAfter}. The runtime
   * also does so when it holds {@link ResilienceBuilder#maxPolicies} breakers. A removed breaker works on, and a look-up
   * of its name returns the same object while any code holds it. At most {@code maxPolicies} removed breakers are in use
   * at a time; beyond that, none is removed.
   *
   * @return how many this call removed
   */
  int pruneCircuitBreakers();

  /**
   * Removes retries that were neither called nor looked up for {@link ResilienceBuilder#staleAfter}, as {@link
   * #pruneCircuitBreakers} does for breakers. A retry does not note the time of its calls: it has been idle since the
   * first use of this method, or of a full runtime, that found the same totals. So the first one removes none.
   *
   * @return how many this call removed
   */
  int pruneRetries();

  /**
   * Removes timeouts that were neither called nor looked up for {@link ResilienceBuilder#staleAfter}, as {@link
   * #pruneRetries} does for retries.
   *
   * @return how many this call removed
   */
  int pruneTimeouts();

  /**
   * Removes bulkheads that were neither called nor looked up for {@link ResilienceBuilder#staleAfter}, as {@link
   * #pruneRetries} does for retries.
   *
   * @return how many this call removed
   */
  int pruneBulkheads();

  /**
   * Removes concurrency limits that were neither called nor looked up for {@link ResilienceBuilder#staleAfter}, as {@link
   * #pruneRetries} does for retries.
   *
   * @return how many this call removed
   */
  int pruneConcurrencyLimits();

  /**
   * Removes rate limiters that were neither called nor looked up for {@link ResilienceBuilder#staleAfter}, as {@link
   * #pruneRetries} does for retries. Those with {@link
   * io.aragora.resilience.ratelimiter.RateLimiterConfig.Builder#keepAcrossRestart} stay.
   *
   * @return how many this call removed
   */
  int pruneRateLimiters();

  /**
   * Removes hedges that were neither called nor looked up for {@link ResilienceBuilder#staleAfter}, as {@link
   * #pruneRetries} does for retries.
   *
   * @return how many this call removed
   */
  int pruneHedges();

  /**
   * Removes coalescers that were neither called nor looked up for {@link ResilienceBuilder#staleAfter}, as {@link
   * #pruneRetries} does for retries.
   *
   * @return how many this call removed
   */
  int pruneCoalescers();

  /**
   * Removes a circuit breaker: from this runtime, its status and metrics, and from the state store at its next save. The
   * breaker works on for code that holds it, and the same name then declares another one. A store that cannot be reached
   * keeps the row until it is older than the retention.
   *
   * @param name the name
   * @return whether there was such a breaker
   */
  boolean removeCircuitBreaker(String name);

  /**
   * Removes a keyed circuit breaker and all its keys, as {@link #removeCircuitBreaker} does. Keys that are created later
   * by code that holds it are not saved.
   *
   * @param name the name
   * @return whether there was such a keyed breaker
   */
  boolean removeKeyedCircuitBreaker(String name);

  /**
   * Removes a retry from this runtime, its status and metrics. It works on for code that holds it.
   *
   * @param name the name
   * @return whether there was such a retry
   */
  boolean removeRetry(String name);

  /**
   * Removes a retry budget from this runtime, its status and metrics. It works on for code that holds it.
   *
   * @param name the name
   * @return whether there was such a budget
   */
  boolean removeRetryBudget(String name);

  /**
   * Removes a timeout from this runtime, its status and metrics. It works on for code that holds it.
   *
   * @param name the name
   * @return whether there was such a timeout
   */
  boolean removeTimeout(String name);

  /**
   * Removes a bulkhead from this runtime, its status and metrics. It works on for code that holds it.
   *
   * @param name the name
   * @return whether there was such a bulkhead
   */
  boolean removeBulkhead(String name);

  /**
   * Removes a concurrency limit from this runtime, its status and metrics. It works on for code that holds it.
   *
   * @param name the name
   * @return whether there was such a concurrency limit
   */
  boolean removeConcurrencyLimit(String name);

  /**
   * Removes a rate limiter from this runtime, its status and metrics. It works on for code that holds it. Its saved level
   * stays in the state store until it does not matter any more, and the next process still restores it.
   *
   * @param name the name
   * @return whether there was such a rate limiter
   */
  boolean removeRateLimiter(String name);

  /**
   * Removes a keyed rate limiter and all its keys from this runtime, its status and metrics. It works on for code that holds
   * it.
   *
   * @param name the name
   * @return whether there was such a keyed rate limiter
   */
  boolean removeKeyedRateLimiter(String name);

  /**
   * Removes a hedge from this runtime, its status and metrics. It works on for code that holds it.
   *
   * @param name the name
   * @return whether there was such a hedge
   */
  boolean removeHedge(String name);

  /**
   * Removes a chaos policy from this runtime, its status and metrics. It works on for code that holds it.
   *
   * @param name the name
   * @return whether there was such a chaos policy
   */
  boolean removeChaos(String name);

  /**
   * Removes a coalescer from this runtime, its status and metrics. It works on for code that holds it.
   *
   * @param name the name
   * @return whether there was such a coalescer
   */
  boolean removeCoalescer(String name);

  /**
   * Removes a pipeline, and the counts of fallbacks of that name, those of {@link UnregisteredPolicies#pipelineBuilder} included. The
   * policies of the pipeline stay.
   *
   * @param name the name
   * @return whether there was such a pipeline, or such counts
   */
  boolean removePipeline(String name);

  /**
   * Returns the settings of breakers that are registered at run time or set outside the code.
   *
   * @return the registry of this runtime
   */
  CircuitBreakerConfigRegistry circuitBreakerConfigs();

  /**
   * Declares a breaker with a preset. Settings that are registered for the name take precedence over the preset; those of
   * a declaration by {@link Resilience#circuitBreaker(String, CircuitBreakerConfig)} do not.
   *
   * @param name not blank, at most 10,000 characters
   * @param preset the config if none is registered for the name
   * @return the breaker of that name
   * @throws IllegalArgumentException if {@code name} is blank or too long
   * @throws ResilienceConfigurationException as for {@link Resilience#circuitBreaker(String, CircuitBreakerConfig)}
   */
  CircuitBreaker circuitBreakerFromPreset(String name, CircuitBreakerConfig preset);

  /**
   * Returns the policies that annotations declare for a method of a public class or interface in an exported package.
   *
   * @param method the method; of an interface, or of a class
   * @param type the class of the objects whose method is called
   * @return the policies, named as those of a proxy of {@code method}'s interface; those of a method of a class are named after
   *     {@code type}. Empty if no annotation applies
   * @throws ResilienceConfigurationException if an annotation cannot be applied; the message names the method
   */
  default Optional<MethodPolicy> forMethod(Method method, Class<?> type) {
    return forMethod(method, type, MethodHandles.publicLookup());
  }

  /**
   * Returns the policies that annotations declare for a method.
   *
   * @param method the method; of an interface, or of a class
   * @param type the class of the objects whose method is called
   * @param lookup {@code MethodHandles.lookup()} of a class that can access the method that a fallback names
   * @return the policies, as for {@link #forMethod(Method, Class)}; empty if no annotation applies
   * @throws ResilienceConfigurationException if an annotation cannot be applied; the message names the method
   */
  Optional<MethodPolicy> forMethod(Method method, Class<?> type, MethodHandles.Lookup lookup);

  /**
   * Writes the numbers of every policy, one policy after the other. Each number is read at its moment; policies that are created
   * or removed meanwhile may be missing.
   *
   * @param into receives the numbers on the calling thread; its exceptions end the reading
   */
  void read(Readings into);
}
