package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.core.call.PolicyFuture;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call under a breaker: it completes its permit once, before it completes itself.
 *
 * @param <T> the type of the value
 */
final class GuardedFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  private final CircuitBreakerStateMachine breaker;
  private final long permit;

  GuardedFuture(CircuitBreakerStateMachine breaker, long permit) {
    this.breaker = breaker;
    this.permit = permit;
  }

  void guard(CompletableFuture<T> inner) {
    follow(inner);
  }

  @Override
  @SuppressWarnings("NullAway") // the value is null only where T admits it
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (!claimEnd()) {
      return;
    }
    breaker.completeAsync(permit, value, failure);
    if (failure == null) {
      complete(value);
    } else {
      completeExceptionally(failure);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    breaker.completeAsync(permit, null, cause);
  }
}
