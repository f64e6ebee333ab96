package io.aragora.resilience.reactor;

import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.Policy;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A policy as an operator of Reactor. Each subscription is one call, and each attempt of a call subscribes to the source anew:
 *
 * <pre>{@code
 * Mono<Price> price = client.price("apples").transform(ResilienceOperator.of(breaker));
 * }</pre>
 *
 * <p>A call ends with the value or the terminal signal of a {@link Mono}, and with the terminal signal of a {@link Flux}. A
 * subscriber that cancels ends it as cancelled, which is neither a success nor a failure. Until the end, permits are held and
 * a timeout runs. A rejected call subscribes to nothing. A {@link Flux} is not repeated once it has emitted an element: its
 * failure then ends the call.
 *
 * <p>The first attempt subscribes on the thread that subscribes here, unless the call waits for a permit; other attempts
 * subscribe on the executor for attempts. Elements are passed on as the source emits them, on its thread and by the demand of
 * the subscriber. No thread is blocked.
 *
 * <p>Every attempt sees the context of the subscriber, which has the {@link CallContext} of the attempt under that class if
 * there is a retry, a timeout or a deadline. Immutable and thread-safe; serves any number of publishers.
 *
 * @param <T> the type of the elements
 */
public final class ResilienceOperator<T> implements UnaryOperator<Publisher<T>> {
  private final Protection<T> protection;

  private ResilienceOperator(Protection<T> protection) {
    this.protection = protection;
  }

  /**
   * Creates the operator of a policy or pipeline.
   *
   * @param policy the policy
   * @param <T> the type of the elements
   * @return an operator for {@link Mono#transform} and {@link Flux#transform}
   */
  public static <T> ResilienceOperator<T> of(Policy policy) {
    return new ResilienceOperator<>(Protection.by(Objects.requireNonNull(policy, "policy")));
  }

  /**
   * Creates the operator of a pipeline with a fallback, for a {@link Mono}. A fallback that returns null completes it empty.
   *
   * @param pipeline the pipeline
   * @param <T> the type of the value
   * @return an operator for {@link Mono#transform}
   */
  public static <T> ResilienceOperator<T> of(ResultPipeline<T> pipeline) {
    return new ResilienceOperator<>(Protection.by(Objects.requireNonNull(pipeline, "pipeline")));
  }

  /**
   * Creates the operator of a key of a coalescer, for a {@link Mono}: concurrent subscriptions share one subscription to the
   * source of the first of them, and its value.
   *
   * @param coalescer the coalescer
   * @param key the key
   * @param policy stands around the source of the subscription that leads
   * @param <K> the type of the keys
   * @param <T> the type of the value
   * @return an operator for {@link Mono#transform}
   */
  public static <K, T> ResilienceOperator<T> of(Coalescer<K, T> coalescer, K key, Policy policy) {
    Objects.requireNonNull(coalescer, "coalescer");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(policy, "policy");
    return new ResilienceOperator<>(Protection.by(coalescer, key, policy));
  }

  /**
   * Protects a publisher.
   *
   * @param source a {@link Mono}; everything else is a {@link Flux}
   * @return a {@link Mono} if {@code source} is one; else a {@link Flux}
   * @throws IllegalArgumentException if {@code source} is not a {@link Mono}, and the operator is that of a hedge, of a fallback
   *     or of a coalescer
   */
  @Override
  public Publisher<T> apply(Publisher<T> source) {
    Objects.requireNonNull(source, "source");
    if (source instanceof Mono<T> mono) {
      return new ProtectedMono<>(mono, protection);
    }
    protection.requireFlux();
    return new ProtectedFlux<>(Flux.from(source), protection);
  }

  @Override
  public String toString() {
    return "ResilienceOperator[" + protection.shown() + "]";
  }
}
