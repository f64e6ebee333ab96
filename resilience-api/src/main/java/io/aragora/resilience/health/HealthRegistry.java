package io.aragora.resilience.health;

import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.Subscription;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * How well the parts of an application are. Active checks look when they are asked: in parallel, each with its own timeout,
 * and their results are used again for a while, so that being asked often costs little. Passive trackers know what was
 * reported to them. Circuit breakers, the state store and the threads of the runtime contribute by themselves, under the names
 * {@value #CIRCUIT_BREAKERS}, {@value #STATE_STORE} and {@value #THREADS}: they are optional parts of readiness.
 *
 * <p>Checks and trackers share one set of names, at most {@value #MAX_COMPONENTS}. Thread-safe.
 */
public interface HealthRegistry {
  /** The most checks and trackers together. */
  int MAX_COMPONENTS = 1000;

  /** What circuit breakers report under, as soon as there is one. */
  String CIRCUIT_BREAKERS = "circuit breakers";

  /** What the state store reports under, where there is one. */
  String STATE_STORE = "state store";

  /** What the threads of the runtime report under, from their first failure, or the first task that waits for a thread, on. */
  String THREADS = "threads";

  /**
   * Adds a check.
   *
   * @param name not blank, not registered yet, at most 10,000 characters
   * @param check the check
   * @param options how it is run and what it weighs
   * @return removes the check when closed
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException if the name is taken, or the registry is full
   */
  Subscription register(String name, HealthCheck check, HealthCheckOptions options);

  /**
   * Adds a critical readiness check with the {@linkplain HealthCheckOptions#defaults() default options}.
   *
   * @param name not blank, not registered yet, at most 10,000 characters
   * @param check the check
   * @return removes the check when closed
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException if the name is taken, or the registry is full
   */
  default Subscription register(String name, HealthCheck check) {
    return register(name, check, HealthCheckOptions.defaults());
  }

  /**
   * Finds a tracker, making one with the {@linkplain HealthTrackerConfig#defaults() default settings} if there is none. This
   * declares nothing.
   *
   * @param name not blank, at most 10,000 characters
   * @return the tracker, the same object for the same name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException if the name is that of a check, or the registry is full
   */
  HealthTracker tracker(String name);

  /**
   * Declares a tracker, or finds it where it is declared already. The first declaration of a name configures it.
   *
   * @param name not blank, at most 10,000 characters
   * @param config its settings
   * @return the tracker, the same object for the same name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException if it is declared with other settings, which the message shows; if the name is
   *     that of a check, or the registry is full
   */
  HealthTracker tracker(String name, HealthTrackerConfig config);

  /**
   * Finds a tracker, making none.
   *
   * @param name its name
   * @return the tracker; empty if there is none of this name
   */
  Optional<HealthTracker> findTracker(String name);

  /**
   * Lists the trackers.
   *
   * @return an immutable copy, in the order in which they were made
   */
  Collection<HealthTracker> trackers();

  /**
   * Removes a check or a tracker. Whoever still holds the tracker may go on reporting to it, and nobody hears of it.
   *
   * @param name its name
   * @return whether there was one
   */
  boolean unregister(String name);

  /**
   * Lists checks and trackers.
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

  /**
   * Tells what is known without running a check: trackers as they are, and of each check the last result, {@link
   * HealthStatus#UNKNOWN} before its first run.
   *
   * @return the report
   */
  HealthReport report();

  /**
   * Tells how many times in a row a component has failed, without running a check.
   *
   * @param name that of a check, a tracker, or what contributes by itself
   * @return of a check, its runs in a row whose result does not {@linkplain HealthStatus#isServing() serve}; of a tracker, the
   *     failures reported since its last success; of what contributes by itself, how many times in a row it did not serve when
   *     it was asked. 0 where there is none, and for an unknown name
   */
  long consecutiveFailures(String name);

  /**
   * Runs all checks again and again, so that changes are noticed though nobody asks. A run that takes longer than the
   * interval is followed by the next one after another interval.
   *
   * @param interval at least 100 ms, at most 365 days; a check runs no more often than its time to live allows
   * @return ends it when closed; the closing of the runtime ends it too
   * @throws IllegalArgumentException if the interval is outside
   */
  Subscription checkEvery(Duration interval);

  /**
   * Subscribes to changes of health of all components, present and to come: of trackers when they happen, of checks and of
   * what contributes by itself when they are asked. Those of one component arrive in order. Up to 1024 wait to be delivered,
   * and more than that are dropped, which is logged once.
   *
   * @param listener hears of them in the background
   * @return ends the subscription when closed
   */
  Subscription subscribe(HealthListener listener);
}
