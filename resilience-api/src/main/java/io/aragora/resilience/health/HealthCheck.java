package io.aragora.resilience.health;

/** Finds out how well something is. Called on a background thread, not by two at once; may block up to its timeout. */
@FunctionalInterface
public interface HealthCheck {
  /**
   * Looks.
   *
   * @return what it found
   * @throws Exception for any failure, which is reported as {@link HealthStatus#UNHEALTHY} with its message
   */
  HealthResult check() throws Exception;
}
