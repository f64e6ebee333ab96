package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.internal.ClaimedFuture;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.CallRejectedException;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of an asynchronous call as a value. Completing it from outside cancels the call.
 *
 * @param <T> the type of the value of the call
 */
final class OutcomeFuture<T extends @Nullable Object> extends ClaimedFuture<CallOutcome<T>> {
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
    if (!claimEnd()) {
      return false;
    }
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
  protected void onClaimedOutside(Throwable cause, Executor afterwards) {
    if (isQuiet(call)) {
      stop(cause);
    } else {
      afterwards.execute(() -> stop(cause));
    }
  }

  /** Ends the call. This outcome ends in any case, whatever that throws. */
  private void stop(Throwable cause) {
    try {
      if (call.isDone()) {
        return;
      }
      if (cause instanceof CancellationException) {
        call.cancel(true);
      } else {
        call.completeExceptionally(cause);
      }
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a call could not be cancelled, although its outcome was; its work may continue",
          e);
    }
  }
}
