package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.policy.CallRejectedException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a call that a policy may reject: its value, or the rejection. For callers that expect rejections and
 * do not treat them as exceptions. Immutable.
 *
 * @param <T> the type of the value
 */
public final class CallOutcome<T extends @Nullable Object> {
  private final @Nullable T value;
  private final @Nullable CallRejectedException rejection;

  private CallOutcome(@Nullable T value, @Nullable CallRejectedException rejection) {
    this.value = value;
    this.rejection = rejection;
  }

  /**
   * Creates the outcome of an admitted call.
   *
   * @param value its value
   * @param <T> the type of the value
   * @return the outcome
   */
  public static <T extends @Nullable Object> CallOutcome<T> of(T value) {
    return new CallOutcome<>(value, null);
  }

  /**
   * Creates the outcome of a rejected call.
   *
   * @param rejection the rejection
   * @param <T> the type of the missing value
   * @return the outcome
   */
  public static <T extends @Nullable Object> CallOutcome<T> rejected(
      CallRejectedException rejection) {
    return new CallOutcome<>(null, Objects.requireNonNull(rejection, "rejection"));
  }

  /**
   * Returns the outcome of an asynchronous call through any policy.
   *
   * @param call the future of the call
   * @param <T> the type of the value
   * @return the future of the outcome: a rejection by a policy is a value, every other failure stays a failure.
   *     Completing it from outside cancels the call
   */
  public static <T extends @Nullable Object> CompletableFuture<CallOutcome<T>> ofFuture(
      CompletableFuture<T> call) {
    return OutcomeFuture.of(call);
  }

  /** {@return whether a policy rejected the call} */
  public boolean isRejected() {
    return rejection != null;
  }

  /**
   * Returns the value.
   *
   * @return the value
   * @throws CallRejectedException if a policy rejected the call
   */
  @SuppressWarnings("NullAway") // the value is null only if T permits it
  public T value() {
    if (rejection != null) {
      throw rejection;
    }
    return value;
  }

  /**
   * Returns the value, or another one if a policy rejected the call.
   *
   * @param other the value for a rejected call
   * @return the value or {@code other}
   */
  public T orElse(T other) {
    return rejection != null ? other : value();
  }

  /** {@return the rejection, or null if the call was admitted} */
  public @Nullable CallRejectedException rejection() {
    return rejection;
  }

  @Override
  public String toString() {
    return rejection != null
        ? "CallOutcome[rejected: " + rejection.getMessage() + "]"
        : "CallOutcome[" + value + "]";
  }
}
