package io.aragora.resilience.core.call;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.InterruptibleFuture;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Cancels what runs inside a limit that was reached, and says so to the policies on the way. */
public final class DeadlineCancellation extends CancellationException {
  private static final long serialVersionUID = 1L;
  private static final GuardedLog LOG = GuardedLog.of(DeadlineCancellation.class);

  private final transient Dispatcher dispatcher;
  private final transient Consumer<@Nullable Object> late;

  /**
   * Makes the cancellation.
   *
   * @param timeout the name of the limit
   * @param dispatcher cancels what the application gave
   * @param late is given what a body returns all the same; guards itself
   */
  public DeadlineCancellation(
      String timeout, Dispatcher dispatcher, Consumer<@Nullable Object> late) {
    super("the limit of '" + timeout + "' was reached");
    this.dispatcher = dispatcher;
    this.late = late;
  }

  /** Cancels a future of the application, on another thread: its cancellation may block, and the limit must not wait for that. */
  void cancel(CompletableFuture<?> future) {
    dispatcher.endCall(() -> {
      try {
        if (future instanceof InterruptibleFuture<?> body) {
          body.cancel(late);
        } else {
          future.cancel(true);
        }
      } catch (Throwable e) {
        LOG.log(System.Logger.Level.WARNING, "what runs inside a limit could not be cancelled", e);
      }
    });
  }

  /** No trace: it goes no further than the policies, and would cost more than the call. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
