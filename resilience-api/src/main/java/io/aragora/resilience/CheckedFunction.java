package io.aragora.resilience;

import org.jspecify.annotations.Nullable;

/**
 * A body with one argument that gives a value and may throw. Called on the thread of the call, by as many threads at once as
 * there are calls.
 *
 * @param <A> the argument's type
 * @param <T> the value's type
 * @param <X> what the body throws; {@link RuntimeException} where it throws nothing checked
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
