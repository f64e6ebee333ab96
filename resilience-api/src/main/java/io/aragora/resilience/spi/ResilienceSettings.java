package io.aragora.resilience.spi;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.time.TimeSource;
import java.net.URL;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What {@link io.aragora.resilience.ResilienceBuilder} hands to a {@link ResilienceProvider}: every value is checked, and
 * every plug-in that was asked for is found.
 *
 * @param name the runtime's name
 * @param timeSource time and chance; null for the system's
 * @param executor where later attempts of asynchronous calls run; null for the runtime's own threads
 * @param maxPolicies the most of each kind: breakers, keyed breakers, retries, retry budgets, timeouts, known pipelines, names
 *     of pipelines with fallbacks
 * @param staleAfter how long a closed breaker goes without a call or a look-up before it may be taken out
 * @param store where state is kept; null where it ends with the runtime
 * @param closedAtShutdown whether the runtime closes itself when the JVM shuts down
 * @param extensions to be attached in this order; unmodifiable
 * @param contextPropagators carry what is kept by thread to other threads; unmodifiable
 * @param healthChecks to be registered; unmodifiable
 * @param contributions paths for an endpoint; unmodifiable
 * @param properties settings of plug-ins; unmodifiable
 * @param configFile settings of policies from outside the code, to be read while the runtime is made; null for none
 * @param configResource the same where there is no file, found on the class path or module path; null for none
 * @param config settings of policies, over those of the file; unmodifiable
 */
public record ResilienceSettings(
    String name,
    @Nullable TimeSource timeSource,
    @Nullable Executor executor,
    int maxPolicies,
    Duration staleAfter,
    @Nullable StoreSetting store,
    boolean closedAtShutdown,
    List<ResilienceExtension> extensions,
    List<ContextPropagator> contextPropagators,
    List<HealthCheckProvider> healthChecks,
    List<EndpointContribution> contributions,
    Map<String, String> properties,
    @Nullable Path configFile,
    @Nullable URL configResource,
    Map<String, String> config) {
  /**
   * Copies the collections.
   *
   * @param name the runtime's name
   * @param timeSource time and chance; null for the system's
   * @param executor where later attempts of asynchronous calls run; null for the runtime's own threads
   * @param maxPolicies the most of each kind: breakers, keyed breakers, retries, retry budgets, timeouts, known pipelines,
   *     names of pipelines with fallbacks
   * @param staleAfter how long a closed breaker goes without a call or a look-up before it may be taken out
   * @param store where state is kept; null where it ends with the runtime
   * @param closedAtShutdown whether the runtime closes itself when the JVM shuts down
   * @param extensions to be attached in this order
   * @param contextPropagators carry what is kept by thread to other threads
   * @param healthChecks to be registered
   * @param contributions paths for an endpoint
   * @param properties settings of plug-ins
   * @param configFile settings of policies from outside the code; null for none
   * @param configResource the same where there is no file; null for none
   * @param config settings of policies, over those of the file
   */
  public ResilienceSettings {
    extensions = List.copyOf(extensions);
    contextPropagators = List.copyOf(contextPropagators);
    healthChecks = List.copyOf(healthChecks);
    contributions = List.copyOf(contributions);
    properties = Map.copyOf(properties);
    config = Map.copyOf(config);
  }

  /**
   * Where state is kept.
   *
   * @param location as it was given, for messages
   * @param opening opens it; asked again later where it fails
   * @param canReopen whether a store that goes on failing is closed and opened anew; not so where the application gave it open
   * @param required whether a store that cannot be opened at the start is an error
   * @param saveInterval how often everything that changed is saved, besides at every transition
   * @param retention how long what nobody saves any more is kept
   */
  public record StoreSetting(
      String location,
      Opening opening,
      boolean canReopen,
      boolean required,
      Duration saveInterval,
      Duration retention) {}

  /** Opens a store. */
  @FunctionalInterface
  public interface Opening {
    /**
     * Opens it.
     *
     * @return an open store
     * @throws StateStoreException if it cannot be opened now
     */
    StateStore open() throws StateStoreException;
  }
}
