package io.aragora.resilience.policy;

import io.aragora.resilience.Pipeline;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something that wraps a call: a circuit breaker, a retry, a timeout, a {@link Pipeline} of them, or one of your own,
 * which implements the three abstract methods.
 *
 * <p>A failure comes out as the body threw it: the same object, no wrapper. Thread-safe; one policy serves any number of
 * calls at once.
 */
public interface Policy {
  /** {@return the name of the policy in errors, events and metrics, never empty} */
  String name();

  /**
   * Runs a body on the calling thread.
   *
   * @param body the body to protect
   * @param <T> the type of its value
   * @param <X> the exception of the body
   * @return its value
   * @throws X if the body fails, and the policy does not compensate for it
   * @throws ResilienceException if the policy itself ends the call: a rejection, a timeout, an interrupted wait
   */
  <T extends @Nullable Object, X extends Throwable> T call(CheckedSupplier<? extends T, X> body)
      throws X;

  /**
   * Starts an asynchronous body and never blocks. If the body throws or returns null, the future fails; this method does
   * not throw. Completing the returned future from outside (cancel, complete, {@code orTimeout}) cancels the running
   * work and releases what the policy holds for it.
   *
   * @param body starts the work; the first time on the calling thread
   * @param <T> the type of its value
   * @return the future of its value; fails with the exception of the body, without a wrapper
   */
  <T extends @Nullable Object> CompletableFuture<T> callAsync(
      Supplier<? extends CompletionStage<T>> body);

  /**
   * Runs a body without a value.
   *
   * @param body the body to protect
   * @param <X> the exception of the body
   * @throws X if the body fails, and the policy does not compensate for it
   */
  default <X extends Throwable> void run(CheckedRunnable<X> body) throws X {
    Objects.requireNonNull(body, "body");
    this.<@Nullable Object, X>call(new ValuelessBody<>(body));
  }

  /**
   * Runs a body that may be interrupted. Unlike {@link #call}, an interrupted wait of the policy itself also throws
   * {@link InterruptedException}.
   *
   * @param body the body to protect
   * @param <T> the type of its value
   * @param <X> the exception of the body besides {@link InterruptedException}
   * @return its value
   * @throws X if the body fails, and the policy does not compensate for it
   * @throws InterruptedException if the body threw it, or if a wait of the policy was interrupted; the flag is then
   *     clear
   */
  @SuppressWarnings("unchecked") // the only checked exceptions are X and InterruptedException
  default <T extends @Nullable Object, X extends Throwable> T callInterruptibly(
      InterruptibleSupplier<? extends T, X> body) throws X, InterruptedException {
    Objects.requireNonNull(body, "body");
    try {
      return this.<T, Throwable>call(body::get);
    } catch (CallInterruptedException e) {
      Thread.interrupted();
      InterruptedException interrupted = new InterruptedException(e.getMessage());
      interrupted.initCause(e);
      throw interrupted;
    } catch (InterruptedException e) {
      throw e;
    } catch (Throwable e) {
      throw (X) e;
    }
  }

  /**
   * Runs a blocking body on an executor, each attempt anew and with the {@link CallContext} of the call.
   *
   * @param body the body to protect
   * @param executor runs the body; if it rejects the body, the future fails with a {@link
   *     RejectedExecutionException} whose cause is what the executor threw, and no circuit breaker counts the call. If
   *     the executor accepts the body and has not begun it when the runtime is closed, the future fails with {@link
   *     ResilienceClosedException}
   * @param <T> the type of its value
   * @return the future of its value; cancelling it interrupts the body
   */
  default <T extends @Nullable Object> CompletableFuture<T> submit(
      CheckedSupplier<? extends T, ?> body, Executor executor) {
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(executor, "executor");
    return callAsync(() -> InterruptibleFuture.start(body, executor));
  }

  /**
   * Wraps a supplier.
   *
   * @param body the body to protect
   * @param <T> the type of its value
   * @return a supplier that runs it through this policy
   */
  default <T extends @Nullable Object> Supplier<T> decorateSupplier(Supplier<? extends T> body) {
    Objects.requireNonNull(body, "body");
    return () -> this.<T, RuntimeException>call(body::get);
  }

  /**
   * Wraps a callable.
   *
   * @param body the body to protect
   * @param <T> the type of its value
   * @return a callable that runs it through this policy
   */
  default <T extends @Nullable Object> Callable<T> decorateCallable(Callable<? extends T> body) {
    Objects.requireNonNull(body, "body");
    return () -> this.<T, Exception>call(body::call);
  }

  /**
   * Wraps a runnable.
   *
   * @param body the body to protect
   * @return a runnable that runs it through this policy
   */
  default Runnable decorateRunnable(Runnable body) {
    Objects.requireNonNull(body, "body");
    return () -> this.<RuntimeException>run(body::run);
  }

  /**
   * Wraps a function.
   *
   * @param body the body to protect
   * @param <A> the type of its argument
   * @param <T> the type of its value
   * @param <X> the exception of the body
   * @return a function that runs it through this policy
   */
  default <A extends @Nullable Object, T extends @Nullable Object, X extends Throwable>
      CheckedFunction<A, T, X> decorateFunction(CheckedFunction<? super A, ? extends T, X> body) {
    Objects.requireNonNull(body, "body");
    return argument -> this.<T, X>call(() -> body.apply(argument));
  }

  /**
   * Wraps an asynchronous body.
   *
   * @param body starts the work
   * @param <T> the type of its value
   * @return a supplier that starts it through this policy
   */
  default <T extends @Nullable Object> Supplier<CompletableFuture<T>> decorateAsync(
      Supplier<? extends CompletionStage<T>> body) {
    Objects.requireNonNull(body, "body");
    return () -> callAsync(body);
  }
}
