package io.aragora.resilience.internal.runtime;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.time.TimeSource;
import java.net.URL;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a runtime, from its builder to a {@link ResilienceProvider}: every value is checked, and every
 * requested plug-in is found.
 *
 * @param name the name of the runtime
 * @param timeSource time and random numbers; null for those of the system
 * @param executor runs later attempts of asynchronous calls; null for the threads of the runtime
 * @param maxPolicies the largest number of each kind: breakers, keyed breakers, retries, retry budgets, timeouts,
 *     named pipelines, names of pipelines with fallbacks
 * @param staleAfter the time without a call or a look-up after which a closed breaker may be removed
 * @param store the state store; null if the state ends with the runtime
 * @param quotas the quota store; null if no limit can be shared
 * @param closeOnShutdown whether the runtime closes itself when the JVM shuts down
 * @param transitionLevel the level of the log lines about transitions; null for WARNING if a breaker opens, else INFO
 * @param plugIns the plug-ins by their interface, each in the order of their use; unmodifiable
 * @param properties settings of plug-ins; unmodifiable
 * @param configFile the file with settings of policies, read while the runtime is built; null for none
 * @param configResource the same as a resource of the class path or module path, if there is no file; null for none
 * @param config settings of policies, which override those of the file; unmodifiable
 * @param places returns the text that stands for a key of {@code config} in messages; null if that is the key
 */
public record ResilienceSettings(
    String name,
    @Nullable TimeSource timeSource,
    @Nullable Executor executor,
    int maxPolicies,
    Duration staleAfter,
    @Nullable StoreSetting store,
    @Nullable QuotaSetting quotas,
    boolean closeOnShutdown,
    System.Logger.@Nullable Level transitionLevel,
    Map<Class<?>, List<?>> plugIns,
    Map<String, String> properties,
    @Nullable Path configFile,
    @Nullable URL configResource,
    Map<String, String> config,
    @Nullable UnaryOperator<String> places) {
  /**
   * Returns the plug-ins of an interface.
   *
   * @param type the interface
   * @param <T> the interface
   * @return an unmodifiable list
   */
  public <T> List<T> plugIns(Class<T> type) {
    List<T> found = new ArrayList<>();
    for (Object plugIn : plugIns.getOrDefault(type, List.of())) {
      found.add(type.cast(plugIn));
    }
    return List.copyOf(found);
  }

  /**
   * Creates the settings.
   *
   * @param name the name of the runtime
   * @param timeSource time and random numbers; null for those of the system
   * @param executor runs later attempts of asynchronous calls; null for the threads of the runtime
   * @param maxPolicies the largest number of each kind: breakers, keyed breakers, retries, retry budgets, timeouts,
   *     named pipelines, names of pipelines with fallbacks
   * @param staleAfter the time without a call or a look-up after which a closed breaker may be removed
   * @param store the state store; null if the state ends with the runtime
   * @param quotas the quota store; null if no limit can be shared
   * @param closeOnShutdown whether the runtime closes itself when the JVM shuts down
   * @param transitionLevel the level of the log lines about transitions; null for WARNING if a breaker opens, else INFO
   * @param plugIns the plug-ins by their interface, each in the order of their use; copied
   * @param properties settings of plug-ins; copied
   * @param configFile the file with settings of policies; null for none
   * @param configResource the same as a resource; null for none
   * @param config settings of policies, which override those of the file; copied
   * @param places returns the text that stands for a key of {@code config} in messages; null if that is the key
   */
  public ResilienceSettings {
    plugIns = Map.copyOf(plugIns);
    properties = Map.copyOf(properties);
    config = Map.copyOf(config);
  }

  /**
   * The state store of a runtime.
   *
   * @param location the location as given, for messages
   * @param opening opens the store; called again later if it fails
   * @param canReopen whether a store that keeps failing is closed and opened again; false if the application opened
   *     it
   * @param required whether a store that cannot be opened at the start is an error
   * @param saveInterval how often every change is saved, besides at each transition
   * @param retention how long the store keeps a state that no process saves any more
   */
  public record StoreSetting(
      String location,
      Opening opening,
      boolean canReopen,
      boolean required,
      Duration saveInterval,
      Duration retention) {}

  /**
   * The quota store of a runtime.
   *
   * @param location the location for messages, without secrets
   * @param opening opens the store; called again later if it fails
   * @param canReopen whether a store that keeps failing is closed and opened again; false if the application opened
   *     it
   */
  public record QuotaSetting(String location, QuotaOpening opening, boolean canReopen) {}

  /** Opens a quota store. */
  @FunctionalInterface
  public interface QuotaOpening {
    /**
     * Opens the store.
     *
     * @return an open store
     * @throws QuotaStoreException if it cannot be opened now
     */
    QuotaStore open() throws QuotaStoreException;
  }

  /** Opens a store. */
  @FunctionalInterface
  public interface Opening {
    /**
     * Opens the store.
     *
     * @return an open store
     * @throws StateStoreException if it cannot be opened now
     */
    StateStore open() throws StateStoreException;
  }
}
