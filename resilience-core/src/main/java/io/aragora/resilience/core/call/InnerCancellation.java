package io.aragora.resilience.core.call;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.internal.CancellableBody;
import io.aragora.resilience.internal.CancellationHandlers;
import io.aragora.resilience.internal.GuardedLog;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Cancels what runs inside a policy that ended its call. Policies inside recognize the cause by its class. */
public abstract class InnerCancellation extends CancellationException {
  private static final long serialVersionUID = 1L;
  private static final GuardedLog LOG = GuardedLog.of(InnerCancellation.class);

  private final transient Dispatcher dispatcher;
  private final transient Consumer<@Nullable Object> late;

  /**
   * Creates the cancellation.
   *
   * @param message what happened
   * @param dispatcher cancels futures of the application
   * @param late receives the value that a body returns all the same; must not throw
   */
  InnerCancellation(String message, Dispatcher dispatcher, Consumer<@Nullable Object> late) {
    super(message);
    this.dispatcher = dispatcher;
    this.late = late;
  }

  /** Passes the value of a body on to the policy that cancelled it. */
  final void receive(@Nullable Object value) {
    late.accept(value);
  }

  /** Runs handlers of the application on another thread, because they may block. */
  final void run(CancellationHandlers handlers) {
    dispatcher.endCall(handlers::cancel);
  }

  /**
   * Cancels a future of the application on another thread, because its cancellation may block and the policy must not wait for
   * it.
   */
  final void cancel(CompletableFuture<?> future) {
    dispatcher.endCall(() -> {
      try {
        if (future instanceof CancellableBody body) {
          body.cancel(late);
        } else if (future instanceof PolicyFuture<?>) {
          future.completeExceptionally(this);
        } else {
          future.cancel(true);
        }
      } catch (Throwable e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "a future inside a policy could not be cancelled; its work may continue",
            e);
      }
    });
  }

  /**
   * No trace: the exception stays inside the policies, and a trace would cost more than the call.
   */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
