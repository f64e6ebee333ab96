package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.policy.CallRejectedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of an asynchronous call as a value. Completing it from outside cancels the call.
 *
 * @param <T> the type of the value of the call
 */
final class OutcomeFuture<T extends @Nullable Object> extends CompletableFuture<CallOutcome<T>> {
  private final CompletableFuture<T> call;

  private OutcomeFuture(CompletableFuture<T> call) {
    this.call = call;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the callback ends the outcome
  static <T extends @Nullable Object> CompletableFuture<CallOutcome<T>> of(
      CompletableFuture<T> call) {
    OutcomeFuture<T> outcome = new OutcomeFuture<>(call);
    call.handle((value, failure) -> outcome.callEnded(value, failure));
    return outcome;
  }

  @SuppressWarnings("NullAway") // the value is null only if T permits it
  private boolean callEnded(@Nullable T value, @Nullable Throwable failure) {
    if (failure == null) {
      return complete(CallOutcome.of(value));
    }
    Throwable own = failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
    return own instanceof CallRejectedException rejection
        ? complete(CallOutcome.rejected(rejection))
        : completeExceptionally(own);
  }

  @Override
  public boolean complete(CallOutcome<T> value) {
    boolean isFirst = super.complete(value);
    if (isFirst && !call.isDone()) {
      call.cancel(true);
    }
    return isFirst;
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    boolean isFirst = super.completeExceptionally(failure);
    if (isFirst && !call.isDone()) {
      call.completeExceptionally(failure);
    }
    return isFirst;
  }

  @Override
  public boolean cancel(boolean mayInterrupt) {
    boolean isCancelled = super.cancel(mayInterrupt);
    if (isCancelled && !call.isDone()) {
      call.cancel(mayInterrupt);
    }
    return isCancelled;
  }
}
