package io.aragora.resilience;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.internal.discovery.Providers;
import io.aragora.resilience.internal.runtime.ResilienceProvider;
import io.aragora.resilience.internal.runtime.ResilienceSettings;
import io.aragora.resilience.internal.runtime.ResilienceSettings.Opening;
import io.aragora.resilience.internal.runtime.ResilienceSettings.QuotaSetting;
import io.aragora.resilience.internal.runtime.ResilienceSettings.StoreSetting;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreProvider;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreProvider;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.spi.ContextPropagator;
import io.aragora.resilience.time.TimeSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Configures and builds a runtime from the modules on the module path or class path. Every setter checks its value. Not
 * thread-safe.
 */
public final class ResilienceBuilder {
  private static final AtomicInteger UNNAMED = new AtomicInteger();

  private @Nullable String name;
  private @Nullable TimeSource timeSource;
  private @Nullable Executor executor;
  private int maxPolicies = 1000;
  private Duration staleAfter = Duration.ofHours(24);
  private @Nullable String storeLocation;
  private @Nullable QuotaStore quotas;
  private @Nullable String quotaLocation;
  private @Nullable StateStore store;
  private boolean storeRequired;
  private Duration saveInterval = Duration.ofSeconds(30);
  private Duration stateRetention = Duration.ofDays(3);
  private boolean closeOnShutdown;
  private System.Logger.@Nullable Level transitionLevel;
  private final List<ResilienceExtension> extensions = new ArrayList<>();
  private final List<ContextPropagator> contextPropagators = new ArrayList<>();
  private final Map<String, String> properties = new LinkedHashMap<>();
  private final Map<String, String> config = new LinkedHashMap<>();
  private @Nullable UnaryOperator<String> places;
  private @Nullable Path configFile;
  private @Nullable ModuleLayer layer;
  private @Nullable ClassLoader loader;

  ResilienceBuilder() {}

  /**
   * Sets the name of the runtime. Default: "resilience" and a number that is new in the process.
   *
   * @param name not blank, at most 10,000 characters
   * @return this builder
   * @throws IllegalArgumentException if {@code name} is blank or has more than 10,000 characters
   */
  public ResilienceBuilder name(String name) {
    this.name = Setting.name("name", name);
    return this;
  }

  /**
   * Sets the source of time and random numbers. Default: the system.
   *
   * @param source the source
   * @return this builder
   */
  public ResilienceBuilder timeSource(TimeSource source) {
    this.timeSource = Objects.requireNonNull(source, "timeSource");
    return this;
  }

  /**
   * Sets the executor for the second and later attempts of asynchronous calls. Default: the threads of the runtime. A
   * busy executor delays neither timeouts nor listeners.
   *
   * @param executor the executor, which the runtime does not close
   * @return this builder
   */
  public ResilienceBuilder executor(Executor executor) {
    this.executor = Objects.requireNonNull(executor, "executor");
    return this;
  }

  /**
   * Sets the largest number of policies of each kind, such as retries, timeouts and keyed breakers, of declared pipelines,
   * and of names of pipelines with fallbacks. Default 1000 of each.
   *
   * @param count at least 1
   * @return this builder
   * @throws IllegalArgumentException if {@code count} is less than 1
   */
  public ResilienceBuilder maxPolicies(int count) {
    this.maxPolicies = Setting.atLeast("maxPolicies", 1, count);
    return this;
  }

  /**
   * Sets the time without a call or a look-up after which a full runtime may remove a policy to make room for a new one of
   * its kind. {@link Policies} has a method for each kind that is removed, such as {@link Policies#pruneCircuitBreakers}.
   * Default 24 h.
   *
   * @param length positive, at most 106,751 days
   * @return this builder
   * @throws IllegalArgumentException if {@code length} is not positive or exceeds 106,751 days
   */
  public ResilienceBuilder staleAfter(Duration length) {
    this.staleAfter = Setting.positive("staleAfter", length);
    return this;
  }

  /**
   * Sets the location of the state store. Default: in memory, so the state ends with the runtime. {@code
   * sqlite:state.db} needs {@code resilience-persistence}, {@code postgresql://host/database} needs {@code
   * resilience-postgresql}; {@code memory:} is a store for tests that keeps nothing beyond the process.
   *
   * @param location a scheme, a colon, and a text that the store interprets
   * @return this builder
   * @throws IllegalArgumentException if {@code location} has no scheme
   */
  public ResilienceBuilder stateStore(String location) {
    StateStoreProvider.schemeOf(location);
    this.storeLocation = location;
    this.store = null;
    return this;
  }

  /**
   * Sets the state store. Default: as for {@link #stateStore(String)}.
   *
   * @param store an open store, which the runtime closes
   * @return this builder
   */
  public ResilienceBuilder stateStore(StateStore store) {
    this.store = Objects.requireNonNull(store, "stateStore");
    this.storeLocation = null;
    return this;
  }

  /**
   * Sets the location of the quota store, which {@linkplain RateLimiterConfig.Builder#shared shared} limits need. Default:
   * the location of the {@linkplain #stateStore(String) state store}, if a quota store has its scheme. {@code
   * postgresql://host/database} needs {@code resilience-postgresql}, {@code redis://host} needs {@code resilience-redis}.
   *
   * @param location a scheme, a colon, and a text that the store interprets
   * @return this builder
   * @throws IllegalArgumentException if {@code location} has no scheme
   */
  public ResilienceBuilder quotaStore(String location) {
    QuotaStoreProvider.schemeOf(location);
    this.quotaLocation = location;
    this.quotas = null;
    return this;
  }

  /**
   * Sets the quota store. Default: as for {@link #quotaStore(String)}.
   *
   * @param store an open store, which the runtime closes
   * @return this builder
   */
  public ResilienceBuilder quotaStore(QuotaStore store) {
    this.quotas = Objects.requireNonNull(store, "quotaStore");
    this.quotaLocation = null;
    return this;
  }

  /**
   * Sets whether {@link #build()} fails if the state store cannot be opened or read. Default: no; the runtime then works
   * without the store, reports it in log, health and metrics, and tries again.
   *
   * @param required whether it fails
   * @return this builder
   */
  public ResilienceBuilder requireStateStore(boolean required) {
    this.storeRequired = required;
    return this;
  }

  /**
   * Sets how long the store keeps the state of a breaker that no process saves any more. Default 72 h.
   *
   * @param length at least 1 minute, at most 106,751 days
   * @return this builder
   * @throws IllegalArgumentException if {@code length} is shorter than 1 minute or exceeds 106,751 days
   */
  public ResilienceBuilder stateRetention(Duration length) {
    this.stateRetention = atLeast("stateRetention", Duration.ofMinutes(1), length);
    return this;
  }

  /**
   * Sets whether the runtime closes itself, and so saves its state, when the JVM shuts down. Default: no. The JVM
   * references such a runtime until it is closed. A killed process runs no shutdown hook.
   *
   * @param closed whether it closes itself
   * @return this builder
   */
  public ResilienceBuilder closeOnShutdown(boolean closed) {
    this.closeOnShutdown = closed;
    return this;
  }

  /**
   * Sets the level at which the runtime logs the transitions of its breakers, each in one line and in the background, as
   * {@link io.aragora.resilience.circuitbreaker.CircuitBreakerListener#logging()} does. Of the keys of keyed breakers at most
   * 20 transitions a second are logged, and one line says how many were left out. Default: {@code WARNING} for a transition
   * that opens a breaker, {@code INFO} for others.
   *
   * @param level the level of every line; {@link System.Logger.Level#OFF} to log none
   * @return this builder
   */
  public ResilienceBuilder logTransitions(System.Logger.Level level) {
    this.transitionLevel = Objects.requireNonNull(level, "level");
    return this;
  }

  /**
   * Sets how often counts are saved. A state change is always saved at once. Default 30 s.
   *
   * @param interval at least 100 ms, at most 106,751 days
   * @return this builder
   * @throws IllegalArgumentException if {@code interval} is shorter than 100 ms or exceeds 106,751 days
   */
  public ResilienceBuilder saveInterval(Duration interval) {
    this.saveInterval = atLeast("saveInterval", Duration.ofMillis(100), interval);
    return this;
  }

  private static Duration atLeast(String name, Duration least, Duration value) {
    if (Setting.positive(name, value).compareTo(least) < 0) {
      throw new IllegalArgumentException(name + " must be at least " + least + ": " + value);
    }
    return value;
  }

  /**
   * Adds an extension. Default: the extensions found on the path. This one replaces a found extension of the same class.
   *
   * @param extension the extension
   * @return this builder
   */
  public ResilienceBuilder extension(ResilienceExtension extension) {
    extensions.add(Objects.requireNonNull(extension, "extension"));
    return this;
  }

  /**
   * Adds a propagator, which carries thread-local context to the threads of later attempts and fallbacks of asynchronous
   * calls, and of submitted bodies. Default: those that {@link java.util.ServiceLoader} finds, which are added as well.
   *
   * @param propagator the propagator
   * @return this builder
   */
  public ResilienceBuilder contextPropagator(ContextPropagator propagator) {
    contextPropagators.add(Objects.requireNonNull(propagator, "contextPropagator"));
    return this;
  }

  /**
   * Sets a property of a plug-in. Default: none. A system property of the same name takes precedence.
   *
   * @param key the name; not blank, at most 10,000 characters
   * @param value the value
   * @return this builder
   * @throws IllegalArgumentException if {@code key} is blank or has more than 10,000 characters
   */
  public ResilienceBuilder property(String key, String value) {
    properties.put(Setting.name("property", key), Objects.requireNonNull(value, key));
    return this;
  }

  /**
   * Sets the file with settings of policies, which override those of the code. {@link #config}, the environment and
   * system properties override the file. Default: {@code resilience.properties}, if the class path or module path
   * contains it. The system property {@code resilience.config} overrides this setting.
   *
   * @param file a file of {@link java.util.Properties} in UTF-8; {@link #build()} reads it once and rejects more
   *     than 1 MiB
   * @return this builder
   */
  public ResilienceBuilder configFile(Path file) {
    this.configFile = Objects.requireNonNull(file, "configFile");
    return this;
  }

  /**
   * Sets settings of policies, which override those of the file. Settings of earlier calls stay. Default: none.
   *
   * @param settings values by their keys, such as {@code resilience.retry.prices.maxAttempts}; a key is not blank
   *     and has at most 10,000 characters, and {@link #build()} rejects an unknown key
   * @return this builder
   * @throws IllegalArgumentException if a key is blank or has more than 10,000 characters
   */
  public ResilienceBuilder config(Map<String, String> settings) {
    settings.forEach((key, value) ->
        config.put(Setting.name("config", key), Objects.requireNonNull(value, key)));
    return this;
  }

  /**
   * Sets settings of policies that come from elsewhere, such as the configuration of a framework. They are as those of {@link
   * #config(Map)}, but messages show where each value comes from.
   *
   * @param settings values by their keys, as for {@link #config(Map)}
   * @param places returns the text that stands for a key in messages, such as {@code application.yml:12: resilience.retry.max-attempts};
   *     replaces that of earlier calls, and is called for every key of this source
   * @return this builder
   * @throws IllegalArgumentException if a key is blank or has more than 10,000 characters
   */
  public ResilienceBuilder config(Map<String, String> settings, UnaryOperator<String> places) {
    this.places = Objects.requireNonNull(places, "places");
    return config(settings);
  }

  /**
   * Returns the settings of policies that {@link #config} and the other sources outside the code accept, for code that
   * translates the configuration of a framework.
   *
   * @return the names of the settings by the part of a key that stands for the kind of policy, such as {@code
   *     circuitbreaker}, in the order of the documentation; unmodifiable
   * @throws ResilienceConfigurationException if a provider is missing, or there are two
   */
  public Map<String, List<String>> settings() {
    return provider(new Providers(layer, loader)).settings();
  }

  /**
   * Sets the module layer that is searched first for plug-ins. Default: none.
   *
   * @param layer the layer
   * @return this builder
   */
  public ResilienceBuilder moduleLayer(ModuleLayer layer) {
    this.layer = Objects.requireNonNull(layer, "moduleLayer");
    return this;
  }

  /**
   * Sets the class loader that is searched first for plug-ins. Default: none.
   *
   * @param loader the loader
   * @return this builder
   */
  public ResilienceBuilder classLoader(ClassLoader loader) {
    this.loader = Objects.requireNonNull(loader, "classLoader");
    return this;
  }

  /**
   * Builds and starts the runtime.
   *
   * @return a running runtime
   * @throws ResilienceConfigurationException if a provider is missing, or there are two; if no provider has the
   *     scheme of the {@linkplain #stateStore(String) state store} or the {@linkplain #quotaStore(String) quota store} (the
   *     message names the artifact to add); if that store rejects the location; if the store is {@linkplain #requireStateStore required} and cannot be opened or
   *     read; if the {@link #configFile} cannot be read; if the file or {@link #config} contains an unknown key or an
   *     invalid value; if the path contains two files {@code resilience.properties} and none is chosen
   * @throws IllegalStateException if {@link #closeOnShutdown} is set and the JVM is already shutting down
   */
  public Resilience build() {
    Providers providers = new Providers(layer, loader);
    List<ResilienceExtension> allExtensions =
        withFound(extensions, providers.all(ResilienceExtension.class));
    ResilienceSettings settings = new ResilienceSettings(
        name != null ? name : "resilience-" + UNNAMED.incrementAndGet(),
        timeSource,
        executor,
        maxPolicies,
        staleAfter,
        store(providers),
        quotas(providers),
        closeOnShutdown,
        transitionLevel,
        Map.of(
            ResilienceExtension.class,
            allExtensions,
            ContextPropagator.class,
            withFound(contextPropagators, providers.all(ContextPropagator.class)),
            HealthCheckProvider.class,
            providers.all(HealthCheckProvider.class),
            EndpointContribution.class,
            // Only an extension asks for them.
            allExtensions.isEmpty() ? List.of() : providers.all(EndpointContribution.class)),
        properties,
        configFile,
        isFileChosen() ? null : providers.resource("resilience.properties"),
        config,
        places);
    return (Resilience) provider(providers).create(settings);
  }

  /** If a file is chosen, the number of files on the path does not matter. */
  private boolean isFileChosen() {
    String named = System.getProperty("resilience.config");
    return configFile != null || (named != null && !named.isBlank());
  }

  /** Adds the found plug-ins to the given ones. A given plug-in replaces a found one of its class. */
  private static <S> List<S> withFound(List<S> given, List<S> found) {
    List<S> all = new ArrayList<>(given);
    for (S one : found) {
      if (!Providers.containsClass(given, one.getClass())) {
        all.add(one);
      }
    }
    return all;
  }

  private static ResilienceProvider provider(Providers providers) {
    List<ResilienceProvider> found = providers.all(ResilienceProvider.class);
    if (found.isEmpty()) {
      throw new ResilienceConfigurationException(
          "no runtime found: add io.aragora:resilience-core to the module path or class path");
    }
    if (found.size() > 1) {
      throw new ResilienceConfigurationException("more than one runtime found, keep one of them: "
          + found.stream()
              .map(provider -> provider.getClass().getName())
              .sorted()
              .collect(Collectors.joining(", ")));
    }
    return found.get(0);
  }

  private @Nullable StoreSetting store(Providers providers) {
    StateStore given = store;
    String location = storeLocation;
    if (given != null) {
      return storeSetting(given.getClass().getSimpleName(), () -> given, false);
    }
    if (location == null) {
      return null;
    }
    StateStoreProvider provider =
        StateStoreProvider.find(location, providers.all(StateStoreProvider.class));
    return storeSetting(provider.shown(location), () -> provider.open(location), true);
  }

  private StoreSetting storeSetting(String shown, Opening opening, boolean canReopen) {
    return new StoreSetting(shown, opening, canReopen, storeRequired, saveInterval, stateRetention);
  }

  private @Nullable QuotaSetting quotas(Providers providers) {
    QuotaStore given = quotas;
    if (given != null) {
      return new QuotaSetting(given.getClass().getSimpleName(), () -> given, false);
    }
    String location = quotaLocation;
    if (location != null) {
      return quotaSetting(
          location, QuotaStoreProvider.find(location, providers.all(QuotaStoreProvider.class)));
    }
    String stateLocation = storeLocation;
    if (stateLocation == null) {
      return null;
    }
    String scheme = StateStoreProvider.schemeOf(stateLocation);
    for (QuotaStoreProvider provider : providers.all(QuotaStoreProvider.class)) {
      if (provider.schemes().contains(scheme)) {
        return quotaSetting(stateLocation, provider);
      }
    }
    return null;
  }

  private static QuotaSetting quotaSetting(String location, QuotaStoreProvider provider) {
    return new QuotaSetting(provider.shown(location), () -> provider.open(location), true);
  }
}
