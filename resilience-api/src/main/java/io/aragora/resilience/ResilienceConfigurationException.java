package io.aragora.resilience;

import org.jspecify.annotations.Nullable;

/**
 * Thrown where the pieces do not fit together: a provider is missing or there are two, a name is declared twice with
 * different settings, a file has a key or a value that will not do, a bound is reached. The message says what to change. A
 * single bad value in the code is an {@link IllegalArgumentException} instead.
 */
public final class ResilienceConfigurationException extends ResilienceException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message what does not fit, and what to change
   */
  public ResilienceConfigurationException(String message) {
    this(message, null);
  }

  /**
   * Creates the exception with its cause.
   *
   * @param message what does not fit, and what to change
   * @param cause what it follows from, or null
   */
  public ResilienceConfigurationException(String message, @Nullable Throwable cause) {
    super(message, cause, true);
  }
}
