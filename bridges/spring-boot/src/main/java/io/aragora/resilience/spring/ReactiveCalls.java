package io.aragora.resilience.spring;

import io.aragora.resilience.MethodPolicy;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.reactor.ResilienceOperator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Puts policies around methods that return a {@link Mono} or a {@link Flux}, if Reactor and its bridge are there. Each
 * subscription is a call, and each attempt calls the method. To interceptors, Spring shows a suspending function as a method
 * that returns a {@link Mono}, and awaits what they return.
 */
final class ReactiveCalls {
  private ReactiveCalls() {}

  /** Returns a publisher that calls the method when it is subscribed to. */
  @SuppressWarnings({"unchecked", "NullAway"
  }) // a null is an error of the method, which Reactor reports
  static Publisher<Object> call(
      MethodPolicy policy,
      Object target,
      @Nullable Object[] args,
      CheckedSupplier<? extends @Nullable Object, ?> body) {
    ResilienceOperator<Object> operator = ResilienceOperator.of(policy.policy());
    if (ReturnedTypes.isSuspending(policy.method())) {
      Mono<Object> mono = Mono.defer(() -> (Mono<Object>) get(body)).transform(operator);
      return policy.hasFallback()
          ? mono.onErrorResume(failure -> SuspendingFallback.call(policy, target, args, failure))
          : mono;
    }
    if (policy.method().getReturnType() == Mono.class) {
      Mono<Object> mono = Mono.defer(() -> (Mono<Object>) get(body)).transform(operator);
      return policy.hasFallback()
          ? mono.onErrorResume(
              failure -> (Mono<Object>) get(() -> policy.fallback(target, args, failure)))
          : mono;
    }
    Flux<Object> flux = Flux.defer(() -> (Flux<Object>) get(body)).transform(operator);
    return policy.hasFallback()
        ? flux.onErrorResume(
            failure -> (Flux<Object>) get(() -> policy.fallback(target, args, failure)))
        : flux;
  }

  private static @Nullable Object get(CheckedSupplier<? extends @Nullable Object, ?> body) {
    try {
      return body.get();
    } catch (Throwable e) {
      throw ReactiveCalls.<RuntimeException>sneaky(e); // Reactor makes a signal of it
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> X sneaky(Throwable e) throws X {
    throw (X) e;
  }
}
