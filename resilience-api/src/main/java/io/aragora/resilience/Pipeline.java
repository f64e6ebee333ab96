package io.aragora.resilience;

import io.aragora.resilience.fallback.Fallback;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Policies around each other, from the outermost to the innermost; itself a policy. Recommended order: retry, then circuit
 * breaker, then timeout, so that each attempt has its own time limit and the breaker counts attempts.
 *
 * <p>With the breaker outside the retry, the breaker counts logical calls instead. {@code toString} prints the order.
 * Thread-safe.
 */
public interface Pipeline extends Policy {
  /**
   * Lists the policies.
   *
   * @return an immutable list, the outermost first
   */
  List<Policy> policies();

  /**
   * Lists what is doubtful about the order, each entry with its reason. The same lines are logged when it is built.
   *
   * @return an immutable list, empty where nothing is
   */
  List<String> warnings();

  /**
   * Puts a fallback around this pipeline. The pipeline itself stays as it is.
   *
   * @param fallback gives a value where a call fails after all
   * @param <T> the type of the values
   * @return the pipeline for calls that give such values
   * @throws ResilienceConfigurationException if its runtime has fallbacks under too many names already
   */
  <T extends @Nullable Object> ResultPipeline<T> withFallback(Fallback<T> fallback);

  /** Collects policies from the outermost to the innermost. Not thread-safe. */
  interface Builder {
    /**
     * Adds a policy inside those that were added before; without any there is no pipeline.
     *
     * @param policy one of this runtime's, or your own
     * @return this builder
     * @throws IllegalArgumentException if the same policy is in the pipeline already
     */
    Builder add(Policy policy);

    /**
     * Builds the pipeline.
     *
     * @return the pipeline
     * @throws IllegalArgumentException if no policy was added
     */
    Pipeline build();

    /**
     * Builds the pipeline and makes it known by its name, for {@link Resilience#registeredPipeline} and {@link
     * io.aragora.resilience.annotation.WithPipeline}. One that is described outside the code takes its place.
     *
     * @return the pipeline of that name
     * @throws IllegalArgumentException if no policy was added
     * @throws ResilienceConfigurationException if the name is registered with other policies, if it would be one too many, or
     *     if a policy of the pipeline that takes its place cannot be made
     */
    Pipeline register();
  }
}
