package io.aragora.resilience.spi;

import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthCheckOptions;

/**
 * Adds a health check to every runtime. Found by {@link java.util.ServiceLoader}. Needs a public constructor without
 * parameters that does nothing. Called once for each runtime, on the thread that builds it; two runtimes may be built at once.
 */
public interface HealthCheckProvider {
  /**
   * Names the check.
   *
   * @return a name that no other check has
   */
  String name();

  /**
   * Makes the check.
   *
   * @param context the runtime
   * @return the check
   */
  HealthCheck create(ResilienceContext context);

  /**
   * Says how it is run and what it weighs.
   *
   * @return the options
   */
  default HealthCheckOptions options() {
    return HealthCheckOptions.defaults();
  }
}
