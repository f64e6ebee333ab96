package io.aragora.resilience;

import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthCheckOptions;

/**
 * Adds a health check to every runtime. Found by {@link java.util.ServiceLoader}. Needs a public constructor without
 * parameters that does nothing. Called once for each runtime, on the thread that builds it; two runtimes may be built at once.
 */
public interface HealthCheckProvider {
  /** {@return the name of the check, which no other check has} */
  String name();

  /**
   * Creates the check.
   *
   * @param context the runtime
   * @return the check
   */
  HealthCheck create(ResilienceContext context);

  /** {@return how the registry runs the check, and the weight of its result} */
  default HealthCheckOptions options() {
    return HealthCheckOptions.defaults();
  }
}
