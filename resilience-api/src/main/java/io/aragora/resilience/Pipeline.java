package io.aragora.resilience;

import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Policies around each other, from the outermost to the innermost; itself a policy. Recommended order: retry, then circuit
 * breaker, then timeout, so that each attempt has its own time limit and the breaker counts attempts.
 *
 * <p>With the breaker outside the retry, the breaker counts logical calls instead. {@code toString} prints the order.
 * Thread-safe.
 */
public interface Pipeline extends Policy {
  /** {@return the policies, the outermost first, as an immutable list} */
  List<Policy> policies();

  /**
   * Returns the warnings about the order of the policies, each with its reason. The runtime also logs them when it
   * builds the pipeline.
   *
   * @return an immutable list, empty if the order has no known fault
   */
  List<String> warnings();

  /**
   * Adds a fallback around this pipeline, which itself does not change.
   *
   * @param fallback supplies the value of a failed call
   * @param <T> the type of the values
   * @return a pipeline for calls that return such values
   * @throws ResilienceConfigurationException if the runtime already has fallbacks under {@code maxPolicies} names
   */
  <T extends @Nullable Object> ResultPipeline<T> withFallback(Fallback<T> fallback);

  /**
   * Returns this pipeline with an executor, for one call or for all calls of a caller. The executor runs further attempts of
   * asynchronous calls, and completes those that exceeded a timeout, so that continuations run on an event loop or on a
   * managed executor. It takes precedence over the executors of the policies and of the runtime, which say what happens
   * if it rejects a task ({@link io.aragora.resilience.retry.RetryConfig.Builder#executor}, {@link
   * io.aragora.resilience.timeout.TimeoutConfig.Builder#executor}).
   *
   * @param executor the executor
   * @return a pipeline of the same policies, which is not registered
   */
  Pipeline on(Executor executor);

  /** Collects policies from the outermost to the innermost. Not thread-safe. */
  interface Builder {
    /**
     * Adds a policy inside those added before. Default: none; a pipeline needs at least one.
     *
     * @param policy one of this runtime, or your own
     * @return this builder
     * @throws IllegalArgumentException if {@code policy} is already in the pipeline
     */
    Builder add(Policy policy);

    /**
     * Builds the pipeline.
     *
     * @return the pipeline
     * @throws IllegalArgumentException if no policy was added
     */
    Pipeline build();
  }
}
