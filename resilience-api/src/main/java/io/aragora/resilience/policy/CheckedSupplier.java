package io.aragora.resilience.policy;

import org.jspecify.annotations.Nullable;

/**
 * A body that returns a value and may throw. The compiler infers {@code X}, so a policy that runs the body throws
 * exactly what the body throws. Called on the thread of the call, once for each attempt; with {@link Policy#submit} on a
 * thread of the executor.
 *
 * @param <T> the type of the value
 * @param <X> the exception of the body; {@link RuntimeException} if it throws nothing checked
 */
@FunctionalInterface
public interface CheckedSupplier<T extends @Nullable Object, X extends Throwable> {
  /**
   * Runs the body.
   *
   * @return the value
   * @throws X if the body fails
   */
  T get() throws X;
}
