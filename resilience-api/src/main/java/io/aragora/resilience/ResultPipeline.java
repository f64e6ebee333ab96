package io.aragora.resilience;

import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.fallback.FallbackEvent;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.policy.CheckedFunction;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.InterruptibleSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
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
 * A pipeline with a fallback outside all its policies: the policies see the failure, the caller sees the value. It is
 * not a {@link Policy}, because it knows the type of its values. Thread-safe.
 *
 * @param <T> the type of the value
 */
public interface ResultPipeline<T extends @Nullable Object> {
  /** {@return the pipeline inside the fallback} */
  Pipeline pipeline();

  /**
   * Runs a body on the calling thread.
   *
   * @param body the body to protect
   * @param <X> the exception of the body
   * @return its value, or that of the fallback
   * @throws X if the body fails and the fallback has no rule for the failure
   */
  <X extends Throwable> T call(CheckedSupplier<? extends T, X> body) throws X;

  /**
   * Runs a body that may be interrupted. An interrupted call has no fallback.
   *
   * @param body the body to protect
   * @param <X> the exception of the body besides {@link InterruptedException}
   * @return its value, or that of the fallback
   * @throws X if the body fails and the fallback has no rule for the failure
   * @throws InterruptedException if the body threw it, or if a wait of a policy was interrupted; the flag is then
   *     clear
   */
  <X extends Throwable> T callInterruptibly(InterruptibleSupplier<? extends T, X> body)
      throws X, InterruptedException;

  /**
   * Starts an asynchronous body and never blocks.
   *
   * @param body starts the work; the first time on the calling thread
   * @return the future of its value or of the value of the fallback, which runs on the thread that completes the
   *     call, or on the executor for attempts if its rule is asynchronous; completing the future from outside cancels
   *     the running work
   */
  CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body);

  /**
   * Runs a body on the calling thread, and returns the rejection of a policy as a value if the fallback has no rule for
   * it.
   *
   * @param body the body to protect
   * @param <X> the exception of the body
   * @return its value, that of the fallback, or the rejection
   * @throws X if the body fails and the fallback has no rule for the failure
   */
  default <X extends Throwable> CallOutcome<T> tryCall(CheckedSupplier<? extends T, X> body)
      throws X {
    try {
      return CallOutcome.of(this.<X>call(body));
    } catch (CallRejectedException e) {
      return CallOutcome.rejected(e);
    }
  }

  /**
   * Starts an asynchronous body, and returns the rejection of a policy as a value if the fallback has no rule for it.
   *
   * @param body starts the work; the first time on the calling thread
   * @return the future of its value, that of the fallback, or the rejection; completing it from outside cancels the
   *     running work
   */
  default CompletableFuture<CallOutcome<T>> tryCallAsync(
      Supplier<? extends CompletionStage<T>> body) {
    return CallOutcome.ofFuture(callAsync(body));
  }

  /**
   * Runs a blocking body on an executor, each attempt anew.
   *
   * @param body the body to protect
   * @param executor runs the body; if it rejects the body, the fallback receives the {@link
   *     RejectedExecutionException}
   * @return the future of its value, or of the value of the fallback; cancelling it interrupts the body
   */
  CompletableFuture<T> submit(CheckedSupplier<? extends T, ?> body, Executor executor);

  /**
   * Wraps a supplier.
   *
   * @param body the body to protect
   * @return a supplier that runs it through this pipeline
   */
  default Supplier<T> decorateSupplier(Supplier<? extends T> body) {
    Objects.requireNonNull(body, "body");
    return () -> this.<RuntimeException>call(body::get);
  }

  /**
   * Wraps a callable.
   *
   * @param body the body to protect
   * @return a callable that runs it through this pipeline
   */
  default Callable<T> decorateCallable(Callable<? extends T> body) {
    Objects.requireNonNull(body, "body");
    return () -> this.<Exception>call(body::call);
  }

  /**
   * Wraps a function.
   *
   * @param body the body to protect
   * @param <A> the type of its argument
   * @param <X> the exception of the body
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

  /** {@return the totals, which pipelines of the same name share} */
  FallbackTotals totals();

  /**
   * Subscribes to the fallbacks of the pipelines of this name.
   *
   * @param listener receives events in the background; its first exception is logged
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super FallbackEvent> listener);
}
