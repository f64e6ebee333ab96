package io.aragora.resilience;

import io.aragora.resilience.spi.CallFrame;
import io.aragora.resilience.spi.CallFrames;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a body can know of the call it runs in: which attempt this is, what the last one failed with, and how much time is
 * left. Reading it is optional and costs a small object; not reading it costs nothing.
 *
 * <pre>{@code
 * Optional<Duration> left = CallContext.current().remaining(); // for a header of the request, say
 * }</pre>
 *
 * <p>An instance is a picture of the moment it was taken, except that {@link #remaining()} and {@link #elapsed()} go on.
 * Immutable; may be handed to another thread, where {@link #run} makes it current.
 */
public interface CallContext {
  /**
   * Gives the context of the call that this thread is in.
   *
   * @return the context; outside of any call, one without a deadline, at attempt 0
   */
  static CallContext current() {
    CallFrame frame = CallFrames.ofThread().top();
    return frame == null ? NoCallContext.INSTANCE : frame.capture();
  }

  /**
   * Gives the time that is left before the nearest deadline around this call.
   *
   * @return what is left, never negative; empty where there is no deadline
   */
  Optional<Duration> remaining();

  /**
   * Counts the attempts of the nearest retry around this call.
   *
   * @return 1 for the first attempt; 0 where there is no retry
   */
  int attempt();

  /**
   * Gives what the attempt before this one failed with.
   *
   * @return the failure; empty at the first attempt, and where a result was refused
   */
  Optional<Throwable> lastFailure();

  /**
   * Gives the time since the outermost policy was entered. It may be too long by some ten milliseconds, except inside a timeout,
   * a deadline, or a retry with a {@code maxDuration}: only those read a precise clock on entry.
   *
   * @return the elapsed time; zero outside of any call
   */
  Duration elapsed();

  /**
   * Names the nearest retry around this call.
   *
   * @return its name; empty where there is no retry
   */
  Optional<String> retryName();

  /**
   * Runs a body with this context as the current one of the calling thread, and restores what was there before.
   *
   * @param body what to run
   * @param <T> the type of its value
   * @param <X> what it throws
   * @return its value
   * @throws X if the body fails
   */
  <T extends @Nullable Object, X extends Throwable> T call(CheckedSupplier<? extends T, X> body)
      throws X;

  /**
   * Runs a body with this context as the current one of the calling thread, and restores what was there before.
   *
   * @param body what to run
   */
  @SuppressWarnings("NullAway") // a body without a value gives null
  default void run(Runnable body) {
    Objects.requireNonNull(body, "body");
    this.<@Nullable Object, RuntimeException>call(() -> {
      body.run();
      return null;
    });
  }
}
