package io.aragora.resilience.policy;

import org.jspecify.annotations.Nullable;

/**
 * A body with one argument that returns a value and may throw. Called on the thread of the call, by as many threads at
 * once as there are calls.
 *
 * @param <A> the type of the argument
 * @param <T> the type of the value
 * @param <X> the exception of the body; {@link RuntimeException} if it throws nothing checked
 */
@FunctionalInterface
public interface CheckedFunction<
    A extends @Nullable Object, T extends @Nullable Object, X extends Throwable> {
  /**
   * Runs the body.
   *
   * @param argument the argument
   * @return the value
   * @throws X if the body fails
   */
  T apply(A argument) throws X;
}
