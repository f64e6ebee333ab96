package io.aragora.resilience.health;

import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.policy.Subscription;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The health of the parts of an application. Active checks run on request: in parallel, each with its own timeout. Their
 * results are reused for their time to live, so frequent requests are cheap. Passive trackers hold the reports of their
 * users. Circuit breakers, the state store, bulkheads and rate limiters, coalescers, chaos, and the threads of the runtime contribute
 * by themselves, under the names {@value #CIRCUIT_BREAKERS}, {@value #STATE_STORE}, {@value #ADMISSION}, {@value #COALESCERS}, {@value
 * #CHAOS} and {@value #THREADS}: they are optional parts of readiness.
 *
 * <p>Checks and trackers share one set of names, at most {@value #MAX_COMPONENTS}. Thread-safe.
 */
public interface HealthRegistry {
  /** The largest number of checks and trackers together. */
  int MAX_COMPONENTS = 1000;

  /** The name of the circuit breakers, present as soon as there is one. */
  String CIRCUIT_BREAKERS = "circuit breakers";

  /** The name of the state store, if there is one. */
  String STATE_STORE = "state store";

  /** The name of the bulkheads, concurrency limits and rate limiters, present as soon as there is one. */
  String ADMISSION = "admission";

  /** The name of chaos, present if it is enabled for the process. */
  String CHAOS = "chaos";

  /** The name of the coalescers that store results, present as soon as there is one. */
  String COALESCERS = "coalescers";

  /** The name of the threads of the runtime, present from their first failure or the first task that waits for a thread. */
  String THREADS = "threads";

  /** The names under which a runtime reports by itself. No check and no tracker can have them. */
  Set<String> RESERVED_NAMES =
      Set.of(CIRCUIT_BREAKERS, STATE_STORE, ADMISSION, CHAOS, COALESCERS, THREADS);

  /**
   * Registers a check.
   *
   * @param name not blank, not registered yet, at most 10,000 characters
   * @param check the check
   * @param options how the registry runs the check, and the weight of its result
   * @return removes the check when closed
   * @throws IllegalArgumentException if {@code name} is blank or has more than 10,000 characters
   * @throws ResilienceConfigurationException if {@code name} is registered, or the registry is full
   */
  Subscription register(String name, HealthCheck check, HealthCheckOptions options);

  /**
   * Registers a critical readiness check with the {@linkplain HealthCheckOptions#defaults() default options}.
   *
   * @param name not blank, not registered yet, at most 10,000 characters
   * @param check the check
   * @return removes the check when closed
   * @throws IllegalArgumentException if {@code name} is blank or has more than 10,000 characters
   * @throws ResilienceConfigurationException if {@code name} is registered, or the registry is full
   */
  default Subscription register(String name, HealthCheck check) {
    return register(name, check, HealthCheckOptions.defaults());
  }

  /**
   * Looks up a tracker, and creates it with the {@linkplain HealthTrackerConfig#defaults() default config} if there is
   * none. This declares nothing.
   *
   * @param name not blank, at most 10,000 characters
   * @return the tracker, the same object for the same name
   * @throws IllegalArgumentException if {@code name} is blank or has more than 10,000 characters
   * @throws ResilienceConfigurationException if {@code name} is the name of a check, or the registry is full
   */
  HealthTracker tracker(String name);

  /**
   * Declares a tracker, or returns the one that is already declared. The first declaration of a name configures it.
   *
   * @param name not blank, at most 10,000 characters
   * @param config its config
   * @return the tracker, the same object for the same name
   * @throws IllegalArgumentException if {@code name} is blank or has more than 10,000 characters
   * @throws ResilienceConfigurationException if {@code name} is declared with another config, which the message
   *     shows; if it is the name of a check, or the registry is full
   */
  HealthTracker tracker(String name, HealthTrackerConfig config);

  /**
   * Looks up a tracker and creates none.
   *
   * @param name its name
   * @return the tracker; empty if there is none of this name
   */
  Optional<HealthTracker> findTracker(String name);

  /** {@return the trackers in order of creation, as an immutable copy} */
  Collection<HealthTracker> trackers();

  /**
   * Removes a check or a tracker. Later reports to a removed tracker have no effect.
   *
   * @param name its name
   * @return whether there was one
   */
  boolean unregister(String name);

  /** {@return the names of checks and trackers in order of registration, as an immutable copy} */
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
   * Returns the present results without running a check: the state of each tracker, and the last result of each check,
   * {@link HealthStatus#UNKNOWN} before its first run.
   *
   * @return the report
   */
  HealthReport report();

  /**
   * Returns the number of consecutive failures of a component, without running a check.
   *
   * @param name the name of a check, of a tracker, or of a part of the runtime
   * @return for a check, its consecutive runs with a result that does not {@linkplain HealthStatus#isServing()
   *     serve}; for a tracker, the failures since its last success; for a part of the runtime, the consecutive requests
   *     at which it did not serve. 0 if there are none, and for an unknown name
   */
  long consecutiveFailures(String name);

  /**
   * Runs all checks repeatedly, so that changes are noticed without requests. After a run that takes longer than the
   * interval, the next run starts one interval later.
   *
   * @param interval at least 100 ms, at most 106,751 days; a check runs no more often than its time to live allows
   * @return ends the repetition when closed; closing the runtime ends it too
   * @throws IllegalArgumentException if {@code interval} is shorter than 100 ms or exceeds 106,751 days
   */
  Subscription checkEvery(Duration interval);

  /**
   * Subscribes to status changes of all components, present and future. A tracker changes when a report arrives; a check
   * or a part of the runtime changes when it is asked. Events of one component arrive in order. Up to 1024 events wait
   * for delivery; more are dropped, which is logged once.
   *
   * @param listener receives events in the background
   * @return ends the subscription when closed
   */
  Subscription subscribe(HealthListener listener);
}
