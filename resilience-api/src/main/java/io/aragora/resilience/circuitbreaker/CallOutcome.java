package io.aragora.resilience.circuitbreaker;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What became of a call that may have been refused: its value, or the refusal. For callers to whom a refusal is an
 * everyday answer and not an exception. Immutable.
 *
 * @param <T> the type of the value
 */
public final class CallOutcome<T extends @Nullable Object> {
  private final @Nullable T value;
  private final @Nullable CallNotPermittedException rejection;

  private CallOutcome(@Nullable T value, @Nullable CallNotPermittedException rejection) {
    this.value = value;
    this.rejection = rejection;
  }

  /**
   * Makes the outcome of a call that was admitted.
   *
   * @param value its value
   * @param <T> the type of the value
   * @return the outcome
   */
  public static <T extends @Nullable Object> CallOutcome<T> of(T value) {
    return new CallOutcome<>(value, null);
  }

  /**
   * Makes the outcome of a call that was refused.
   *
   * @param rejection the refusal
   * @param <T> the type of the value that there is not
   * @return the outcome
   */
  public static <T extends @Nullable Object> CallOutcome<T> rejected(
      CallNotPermittedException rejection) {
    return new CallOutcome<>(null, Objects.requireNonNull(rejection, "rejection"));
  }

  /**
   * Tells whether the call was refused.
   *
   * @return whether it was
   */
  public boolean isRejected() {
    return rejection != null;
  }

  /**
   * Gives the value.
   *
   * @return the value
   * @throws CallNotPermittedException if the call was refused
   */
  @SuppressWarnings("NullAway") // the value is null only where T admits it
  public T value() {
    if (rejection != null) {
      throw rejection;
    }
    return value;
  }

  /**
   * Gives the value, or another one.
   *
   * @param other what to give if the call was refused
   * @return the value or the other
   */
  public T orElse(T other) {
    return rejection != null ? other : value();
  }

  /**
   * Gives the refusal.
   *
   * @return the refusal, or null if the call was admitted
   */
  public @Nullable CallNotPermittedException rejection() {
    return rejection;
  }

  @Override
  public String toString() {
    return rejection != null
        ? "CallOutcome[rejected: " + rejection.getMessage() + "]"
        : "CallOutcome[" + value + "]";
  }
}
