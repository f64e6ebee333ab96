package io.aragora.resilience.policy;

import org.jspecify.annotations.Nullable;

/**
 * Thrown if the configuration is inconsistent: a provider is missing or there are two, a name is declared twice with
 * different settings, a file contains an unknown key or an invalid value, a bound is reached. The message says what to
 * change. A single invalid value in the code throws {@link IllegalArgumentException} instead.
 */
public final class ResilienceConfigurationException extends ResilienceException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message the inconsistency, and what to change
   */
  public ResilienceConfigurationException(String message) {
    this(message, null);
  }

  /**
   * Creates the exception with its cause.
   *
   * @param message the inconsistency, and what to change
   * @param cause the cause, or null
   */
  public ResilienceConfigurationException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
