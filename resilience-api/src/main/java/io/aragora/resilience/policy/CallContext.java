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
 * <p>An instance is a snapshot, except that {@link #remaining()} and {@link #elapsed()} follow the clock. Immutable; may be
 * passed to another thread, on which {@link #run} makes it current.
 */
public interface CallContext {
  /** {@return the context of the call that this thread is in; outside of any call, one without a deadline, at attempt 0} */
  static CallContext current() {
    CallFrame frame = CallFrames.ofThread().top();
    return frame == null ? NoCallContext.INSTANCE : (CallContext) frame.capture();
  }

  /** {@return the time before the nearest deadline around this call, never negative; empty if there is no deadline} */
  Optional<Duration> remaining();

  /** {@return the number of the attempt of the nearest retry around this call, 1 for the first; 0 if there is no retry} */
  int attempt();

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
