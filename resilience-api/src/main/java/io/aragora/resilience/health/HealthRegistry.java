package io.aragora.resilience.health;

import io.aragora.resilience.Subscription;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The checks of a runtime. Checks run in parallel, each with its own timeout, and their results are used again for a while,
 * so that being asked often costs little. Circuit breakers and the state store contribute by themselves. Thread-safe.
 */
public interface HealthRegistry {
  /**
   * Adds a check. At most 1000 may be registered.
   *
   * @param name not blank, not registered yet
   * @param check the check
   * @param options how it is run and what it weighs
   * @return removes the check when closed
   * @throws IllegalArgumentException if the name is blank
   * @throws io.aragora.resilience.ResilienceConfigurationException if the name is taken, or the registry is full
   */
  Subscription register(String name, HealthCheck check, HealthCheckOptions options);

  /**
   * Adds a critical readiness check with the {@linkplain HealthCheckOptions#defaults() default options}.
   *
   * @param name not blank, not registered yet
   * @param check the check
   * @return removes the check when closed
   */
  default Subscription register(String name, HealthCheck check) {
    return register(name, check, HealthCheckOptions.defaults());
  }

  /**
   * Lists what is registered.
   *
   * @return an immutable copy, in the order of registration
   */
  Set<String> names();

  /**
   * Runs the checks of all groups and waits, no longer than the longest of their timeouts.
   *
   * @return the report
   */
  HealthReport checkAll();

  /**
   * Runs the checks of one group and waits, no longer than the longest of their timeouts.
   *
   * @param group the group
   * @return the report
   */
  HealthReport check(HealthGroup group);

  /**
   * Runs the checks of all groups.
   *
   * @return the report, when every check has answered or timed out
   */
  CompletableFuture<HealthReport> checkAllAsync();

  /**
   * Runs the checks of one group.
   *
   * @param group the group
   * @return the report, when every check has answered or timed out
   */
  CompletableFuture<HealthReport> checkAsync(HealthGroup group);
}
