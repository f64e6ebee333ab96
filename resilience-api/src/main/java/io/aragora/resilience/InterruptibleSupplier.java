package io.aragora.resilience;

import org.jspecify.annotations.Nullable;

/**
 * A body that gives a value, may throw {@code X}, and may be interrupted: the shape of every {@code HttpClient.send}. It
 * exists besides {@link CheckedSupplier} because a lambda that throws two checked exceptions would make the compiler infer
 * {@link Exception} for both. Called on the thread of the call, once for each attempt.
 *
 * @param <T> the value's type
 * @param <X> what the body throws besides {@link InterruptedException}
 */
@FunctionalInterface
public interface InterruptibleSupplier<T extends @Nullable Object, X extends Throwable> {
  /**
   * Runs the body.
   *
   * @return the value
   * @throws X if the body fails
   * @throws InterruptedException if the thread was interrupted
   */
  T get() throws X, InterruptedException;
}
