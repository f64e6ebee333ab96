package io.aragora.resilience.core.call;

import io.aragora.resilience.internal.CancellationHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The stage of a body that asked for its context: if the call is ended from outside, the body is told. Other bodies have
 * none, so they cost nothing more.
 *
 * @param <T> the type of the value
 */
final class CancellingFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  private final CancellationHandlers handlers;

  private CancellingFuture(CancellationHandlers handlers) {
    this.handlers = handlers;
  }

  /** Returns a future of what the body returned. */
  static <T extends @Nullable Object> CompletableFuture<T> around(
      CompletableFuture<T> body, CancellationHandlers handlers) {
    if (hasSucceeded(body)) {
      handlers.end();
      return body;
    }
    CancellingFuture<T> future = new CancellingFuture<>(handlers);
    future.follow(body);
    return future;
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (claimEnd()) {
      handlers.end();
      endAs(value, failure);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    handlers.mark();
  }

  /** The handlers of the application run after the body's own future was cancelled. */
  @Override
  protected void cancelInner(Throwable cause, @Nullable Executor afterwards) {
    super.cancelInner(cause, afterwards);
    if (cause instanceof InnerCancellation ours) {
      ours.run(handlers);
    } else if (afterwards == null) {
      handlers.cancel();
    } else {
      afterwards.execute(handlers::cancel);
    }
  }
}
