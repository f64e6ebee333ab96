package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.CallRejectedException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of an asynchronous call as a value. Completing it from outside cancels the call.
 *
 * @param <T> the type of the value of the call
 */
final class OutcomeFuture<T extends @Nullable Object> extends CompletableFuture<CallOutcome<T>> {
  private static final GuardedLog LOG = GuardedLog.of(OutcomeFuture.class);

  private final CompletableFuture<T> call;

  private OutcomeFuture(CompletableFuture<T> call) {
    this.call = call;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the callback ends the outcome
  static <T extends @Nullable Object> CompletableFuture<CallOutcome<T>> of(
      CompletableFuture<T> call) {
    OutcomeFuture<T> outcome = new OutcomeFuture<>(Objects.requireNonNull(call, "call"));
    try {
      call.handle((value, failure) -> outcome.callEnded(value, failure));
    } catch (Throwable e) {
      // The future is a class of the application, and each of its methods may throw.
      outcome.callEnded(null, e);
    }
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
    if (isFirst) {
      stop(() -> call.cancel(true));
    }
    return isFirst;
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    boolean isFirst = super.completeExceptionally(failure);
    if (isFirst) {
      stop(() -> call.completeExceptionally(failure));
    }
    return isFirst;
  }

  @Override
  public boolean cancel(boolean mayInterrupt) {
    boolean isCancelled = super.cancel(mayInterrupt);
    if (isCancelled) {
      stop(() -> call.cancel(mayInterrupt));
    }
    return isCancelled;
  }

  /** Ends the call. This outcome has ended already, whatever that throws. */
  private void stop(Runnable end) {
    try {
      if (!call.isDone()) {
        end.run();
      }
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a call could not be cancelled, although its outcome was; its work may continue",
          e);
    }
  }
}
