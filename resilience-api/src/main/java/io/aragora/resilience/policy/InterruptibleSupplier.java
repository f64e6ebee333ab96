package io.aragora.resilience.policy;

import org.jspecify.annotations.Nullable;

/**
 * A body that returns a value, may throw {@code X}, and may be interrupted, like {@code HttpClient.send}. It exists
 * besides {@link CheckedSupplier} because the compiler would infer {@link Exception} for a lambda that throws two
 * checked exceptions. Called on the thread of the call, once for each attempt.
 *
 * @param <T> the type of the value
 * @param <X> the exception of the body besides {@link InterruptedException}
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
