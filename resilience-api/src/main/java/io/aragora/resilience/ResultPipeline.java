package io.aragora.resilience;

import io.aragora.resilience.fallback.FallbackEvent;
import io.aragora.resilience.fallback.FallbackTotals;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline with a fallback, which is outside all its policies: they see the failure, the caller sees the value. Not a
 * {@link Policy}, since it knows the type of what it gives. Thread-safe.
 *
 * @param <T> the type of the value
 */
public interface ResultPipeline<T extends @Nullable Object> {
  /**
   * Gives the pipeline inside.
   *
   * @return the pipeline
   */
  Pipeline pipeline();

  /**
   * Runs a body on the calling thread.
   *
   * @param body what to protect
   * @param <X> what it throws
   * @return its value, or that of the fallback
   * @throws X if the body fails, and the fallback has no rule for that
   */
  <X extends Throwable> T call(CheckedSupplier<? extends T, X> body) throws X;

  /**
   * Runs a body that may be interrupted; an interrupted call has no fallback.
   *
   * @param body what to protect
   * @param <X> what it throws besides {@link InterruptedException}
   * @return its value, or that of the fallback
   * @throws X if the body fails, and the fallback has no rule for that
   * @throws InterruptedException if the body threw it, or if a wait of a policy was interrupted; the flag is clear then
   */
  <X extends Throwable> T callInterruptibly(InterruptibleSupplier<? extends T, X> body)
      throws X, InterruptedException;

  /**
   * Starts an asynchronous body and never blocks.
   *
   * @param body starts the work; the first time on the calling thread
   * @return the future of its value, or of the fallback's, which is asked on the thread that completes the call; completing it
   *     from outside cancels what is running
   */
  CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body);

  /**
   * Runs a blocking body on an executor, each attempt anew.
   *
   * @param body what to protect
   * @param executor where it runs; where it refuses, the fallback is asked about the {@link RejectedExecutionException}
   * @return the future of its value, or of the fallback's; cancelling it interrupts the body
   */
  CompletableFuture<T> submit(CheckedSupplier<? extends T, ?> body, Executor executor);

  /**
   * Wraps a supplier.
   *
   * @param body what to protect
   * @return a supplier that runs it through this pipeline
   */
  default Supplier<T> decorateSupplier(Supplier<? extends T> body) {
    Objects.requireNonNull(body, "body");
    return () -> this.<RuntimeException>call(body::get);
  }

  /**
   * Wraps a callable.
   *
   * @param body what to protect
   * @return a callable that runs it through this pipeline
   */
  default Callable<T> decorateCallable(Callable<? extends T> body) {
    Objects.requireNonNull(body, "body");
    return () -> this.<Exception>call(body::call);
  }

  /**
   * Wraps a function.
   *
   * @param body what to protect
   * @param <A> the type of its argument
   * @param <X> what it throws
   * @return a function that runs it through this pipeline
   */
  default <A extends @Nullable Object, X extends Throwable>
      CheckedFunction<A, T, X> decorateFunction(CheckedFunction<? super A, ? extends T, X> body) {
    Objects.requireNonNull(body, "body");
    return argument -> this.<X>call(() -> body.apply(argument));
  }

  /**
   * Wraps an asynchronous body.
   *
   * @param body starts the work
   * @return a supplier that starts it through this pipeline
   */
  default Supplier<CompletableFuture<T>> decorateAsync(
      Supplier<? extends CompletionStage<T>> body) {
    Objects.requireNonNull(body, "body");
    return () -> callAsync(body);
  }

  /**
   * Gives what was counted. Pipelines of one name share their totals.
   *
   * @return the totals
   */
  FallbackTotals totals();

  /**
   * Subscribes to the fallbacks of the pipelines of this name.
   *
   * @param listener hears of them in the background; what it throws is logged once and harms nobody
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super FallbackEvent> listener);
}
