package io.aragora.resilience.policy;

import io.aragora.resilience.internal.CallFrame;
import io.aragora.resilience.internal.CallFrames;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The call that a body runs in: the number of the attempt, the failure of the previous one, and the remaining time. Reading
 * it is optional and creates a small object; not reading it costs nothing.
 *
 * <pre>{@code
 * Optional<Duration> left = CallContext.current().remaining(); // for a header of the request
 * }</pre>
 *
 * <p>An instance is a snapshot, except that {@link #remaining()} and {@link #elapsed()} follow the clock, and {@link
 * #isCancelled()} the call. Thread-safe; may be passed to another thread, on which {@link #run} makes it current.
 */
public interface CallContext {
  /** {@return the context of the call that this thread is in; outside of any call, one without a deadline, at attempt 0} */
  static CallContext current() {
    CallFrame frame = CallFrames.ofThread().top();
    return frame == null ? NoCallContext.INSTANCE : (CallContext) frame.captureForBody();
  }

  /** {@return the time before the nearest deadline around this call, never negative; empty if there is no deadline} */
  Optional<Duration> remaining();

  /** {@return the number of the attempt of the nearest retry around this call, 1 for the first; 0 if there is no retry} */
  int attempt();

  /**
   * Returns whether the nearest {@link io.aragora.resilience.hedge.Hedge} around this call started this attempt beside another
   * one that is or was under way.
   *
   * @return whether it did; false for the first attempt, and if there is no hedge
   */
  boolean isHedge();

  /** {@return the failure of the previous attempt; empty at the first attempt, and if the retry rejected a result} */
  Optional<Throwable> lastFailure();

  /**
   * Returns the time since the call entered the outermost policy. It may be about ten milliseconds too long, except
   * inside a timeout, a deadline, or a retry with a {@code maxDuration}: only those read a precise clock on entry.
   *
   * @return the elapsed time; zero outside of any call
   */
  Duration elapsed();

  /** {@return the name of the nearest retry around this call; empty if there is no retry} */
  Optional<String> retryName();

  /**
   * Returns whether no caller waits for the result any more: the nearest asynchronous call around was cancelled by its
   * caller, ended by a timeout, or ended because its runtime was closed; or the nearest deadline has passed.
   *
   * <p>A body on an executor is also interrupted if {@link Policy#submit} started it. The body of {@link Policy#callAsync}
   * sees the end of its call under a retry, a timeout or a deadline; circuit breakers alone give it no context.
   *
   * @return whether the body may stop
   */
  boolean isCancelled();

  /**
   * Registers a handler, which runs once if the nearest asynchronous call around is ended from outside, as {@link
   * #isCancelled} describes; at once and on the calling thread if it was. Otherwise it runs on the thread that cancels the
   * call, or on one of the runtime, after a submitted body was interrupted. It should not block. What it throws is logged.
   *
   * @param handler stops the work of the body, such as a request under way
   * @return whether the handler is registered or has run; false if the call has ended by itself, and if there is no
   *     asynchronous call around, since a synchronous one is stopped by an interrupt
   * @throws IllegalStateException if the call has 64 handlers that have not run
   */
  boolean onCancel(Runnable handler);

  /**
   * Runs a body with this context as the current one of the calling thread, then restores the previous context.
   *
   * @param body the body to run
   * @param <T> the type of its value
   * @param <X> the exception of the body
   * @return its value
   * @throws X if the body fails
   */
  <T extends @Nullable Object, X extends Throwable> T call(CheckedSupplier<? extends T, X> body)
      throws X;

  /**
   * Runs a body with this context as the current one of the calling thread, then restores the previous context.
   *
   * @param body the body to run
   */
  @SuppressWarnings("NullAway") // a body without a value returns null
  default void run(Runnable body) {
    Objects.requireNonNull(body, "body");
    this.<@Nullable Object, RuntimeException>call(() -> {
      body.run();
      return null;
    });
  }
}
