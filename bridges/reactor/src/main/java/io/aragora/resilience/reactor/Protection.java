package io.aragora.resilience.reactor;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.timeout.Timeout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The policy around a source.
 *
 * @param shown the policy in text
 * @param start starts a call
 * @param monoOnly why it cannot protect a Flux; null if it can
 * @param mayRepeat whether one call may run its body more than once
 * @param sharesValues whether other calls may receive the same value, so that none may discard it
 */
record Protection<T>(
    String shown,
    Start<T> start,
    @Nullable String monoOnly,
    boolean mayRepeat,
    boolean sharesValues) {

  /** Starts a call; {@link Policy#callAsync} is one. */
  interface Start<T> {
    CompletableFuture<T> start(Supplier<CompletionStage<T>> body);
  }

  static <T> Protection<T> by(Policy policy) {
    Hedge hedge = hedgeIn(policy);
    String monoOnly = hedge == null
        ? null
        : "hedge '" + hedge.name() + "' cannot protect a Flux, because the elements of two attempts"
            + " would mix; use it for a Mono";
    return new Protection<>(
        policy.toString(), policy::callAsync, monoOnly, mayRepeat(policy), false);
  }

  static <T> Protection<T> by(ResultPipeline<T> pipeline) {
    String monoOnly = "the fallback of pipeline '" + pipeline.pipeline().name()
        + "' cannot stand in for a Flux, because it has one value; use onErrorResume";
    return new Protection<>(pipeline.toString(), pipeline::callAsync, monoOnly, true, false);
  }

  static <K, T> Protection<T> by(Coalescer<K, T> coalescer, K key, Policy policy) {
    String monoOnly = "coalescer '" + coalescer.name()
        + "' cannot share a Flux, because its result is one value; use collectList";
    return new Protection<>(
        coalescer + " around " + policy,
        body -> coalescer.callAsync(key, policy, body),
        monoOnly,
        true,
        true);
  }

  void requireFlux() {
    if (monoOnly != null) {
      throw new IllegalArgumentException(monoOnly);
    }
  }

  private static @Nullable Hedge hedgeIn(Policy policy) {
    if (policy instanceof Hedge hedge) {
      return hedge;
    }
    if (policy instanceof Pipeline pipeline) {
      for (Policy each : pipeline.policies()) {
        Hedge hedge = hedgeIn(each);
        if (hedge != null) {
          return hedge;
        }
      }
    }
    return null;
  }

  /** A policy of the application may repeat a call, since nothing is known about it. */
  private static boolean mayRepeat(Policy policy) {
    if (policy instanceof Pipeline pipeline) {
      return pipeline.policies().stream().anyMatch(Protection::mayRepeat);
    }
    return !(policy instanceof CircuitBreaker
        || policy instanceof Timeout
        || policy instanceof Bulkhead
        || policy instanceof RateLimiter
        || policy instanceof ConcurrencyLimit
        || policy instanceof Chaos);
  }
}
