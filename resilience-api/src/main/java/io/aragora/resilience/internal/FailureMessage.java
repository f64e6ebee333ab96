package io.aragora.resilience.internal;

import org.jspecify.annotations.Nullable;

/** The message of a failure, whose class may be the application's and compute it. Stateless and thread-safe. */
public final class FailureMessage {
  private FailureMessage() {}

  /**
   * Returns the message of a failure, and never throws.
   *
   * @param failure the failure
   * @return its message; null if there is none, or if the failure throws when it is asked
   */
  public static @Nullable String of(Throwable failure) {
    try {
      return failure.getMessage();
    } catch (Throwable ignored) {
      return null;
    }
  }

  /**
   * Returns a failure as text, and never throws.
   *
   * @param failure the failure, or null
   * @return its class and message; only its class if the failure throws when it is asked; {@code "null"} for null
   */
  public static String textOf(@Nullable Throwable failure) {
    try {
      return String.valueOf(failure);
    } catch (Throwable ignored) {
      return failure == null ? "null" : failure.getClass().getName();
    }
  }
}
