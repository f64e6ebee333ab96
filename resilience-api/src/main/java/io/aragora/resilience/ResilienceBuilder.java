package io.aragora.resilience;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.spi.ContextPropagator;
import io.aragora.resilience.spi.EndpointContribution;
import io.aragora.resilience.spi.HealthCheckProvider;
import io.aragora.resilience.spi.Providers;
import io.aragora.resilience.spi.ResilienceExtension;
import io.aragora.resilience.spi.ResilienceProvider;
import io.aragora.resilience.spi.ResilienceSettings;
import io.aragora.resilience.spi.ResilienceSettings.Opening;
import io.aragora.resilience.spi.ResilienceSettings.StoreSetting;
import io.aragora.resilience.spi.Setting;
import io.aragora.resilience.spi.StateStoreProvider;
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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Describes a runtime, and puts it together from what is on the module path or class path. Every setter checks its value.
 * Not thread-safe.
 */
public final class ResilienceBuilder {
  private static final AtomicInteger UNNAMED = new AtomicInteger();

  private @Nullable String name;
  private @Nullable TimeSource timeSource;
  private @Nullable Executor executor;
  private int maxPolicies = 1000;
  private Duration staleAfter = Duration.ofHours(24);
  private @Nullable String storeLocation;
  private @Nullable StateStore store;
  private boolean storeRequired;
  private Duration saveInterval = Duration.ofSeconds(30);
  private Duration stateRetention = Duration.ofDays(3);
  private boolean closedAtShutdown;
  private final List<ResilienceExtension> extensions = new ArrayList<>();
  private final List<ContextPropagator> contextPropagators = new ArrayList<>();
  private final Map<String, String> properties = new LinkedHashMap<>();
  private final Map<String, String> config = new LinkedHashMap<>();
  private @Nullable Path configFile;
  private @Nullable ModuleLayer layer;
  private @Nullable ClassLoader loader;

  ResilienceBuilder() {}

  /**
   * Names the runtime. Default: "resilience" with a number that is new in the process.
   *
   * @param name not blank, at most 10,000 characters
   * @return this builder
   * @throws IllegalArgumentException if the name is outside
   */
  public ResilienceBuilder name(String name) {
    this.name = Setting.name("name", name);
    return this;
  }

  /**
   * Sets time and chance. Default: the system's.
   *
   * @param source the source
   * @return this builder
   */
  public ResilienceBuilder timeSource(TimeSource source) {
    this.timeSource = Objects.requireNonNull(source, "timeSource");
    return this;
  }

  /**
   * Sets where attempts of asynchronous calls run, from the second on. Default: the runtime's own threads. Timeouts fire
   * and listeners hear whether or not this executor is busy.
   *
   * @param executor the executor, which the runtime does not close
   * @return this builder
   */
  public ResilienceBuilder executor(Executor executor) {
    this.executor = Objects.requireNonNull(executor, "executor");
    return this;
  }

  /**
   * Sets the most that the runtime holds of each kind: breakers, keyed breakers, retries, retry budgets, timeouts, pipelines
   * that are known by their names, and names of pipelines with fallbacks. Default 1000 of each.
   *
   * @param count at least 1
   * @return this builder
   * @throws IllegalArgumentException if {@code count} is smaller
   */
  public ResilienceBuilder maxPolicies(int count) {
    this.maxPolicies = Setting.atLeast("maxPolicies", 1, count);
    return this;
  }

  /**
   * Sets how long a closed breaker goes without a call or a look-up before a full runtime takes it out to make room for a
   * new one. Default 24 h.
   *
   * @param length positive, at most 365 days
   * @return this builder
   * @throws IllegalArgumentException if {@code length} is outside
   */
  public ResilienceBuilder staleAfter(Duration length) {
    this.staleAfter = Setting.positive("staleAfter", length);
    return this;
  }

  /**
   * Sets where breaker state is kept. Default: in memory, where it ends with the runtime. {@code sqlite:state.db} needs {@code
   * resilience-persistence}, {@code postgresql://host/database} needs {@code resilience-postgresql}; {@code memory:} is a store
   * that keeps nothing beyond the process, for tests.
   *
   * @param location a scheme, a colon, and what the store makes of the rest
   * @return this builder
   * @throws IllegalArgumentException if there is no scheme
   */
  public ResilienceBuilder stateStore(String location) {
    Providers.scheme(location);
    this.storeLocation = location;
    this.store = null;
    return this;
  }

  /**
   * Sets where breaker state is kept. Default: as for {@link #stateStore(String)}.
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
   * Sets whether {@link #build()} fails where the state store cannot be opened or read. Default: no; the runtime goes on
   * without, says so in log, health and metrics, and tries again.
   *
   * @param required whether it fails
   * @return this builder
   */
  public ResilienceBuilder stateStoreRequired(boolean required) {
    this.storeRequired = required;
    return this;
  }

  /**
   * Sets how long state is kept of breakers that nobody saves any more, since no process has them. Default 72 h.
   *
   * @param length at least 1 minute, at most 365 days
   * @return this builder
   * @throws IllegalArgumentException if {@code length} is outside
   */
  public ResilienceBuilder stateRetention(Duration length) {
    this.stateRetention = atLeast("stateRetention", Duration.ofMinutes(1), length);
    return this;
  }

  /**
   * Sets whether the runtime closes itself, and so saves what there is, when the JVM shuts down. Default: no. The JVM holds a
   * runtime that does until it is closed. Nothing runs where the process is killed.
   *
   * @param closed whether it does
   * @return this builder
   */
  public ResilienceBuilder closedAtShutdown(boolean closed) {
    this.closedAtShutdown = closed;
    return this;
  }

  /**
   * Sets how often counts are saved, besides every change of state, which is saved at once. Default 30 s.
   *
   * @param interval at least 100 ms, at most 365 days
   * @return this builder
   * @throws IllegalArgumentException if {@code interval} is outside
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
   * Adds an extension. Default: those that are found. One of the same class that is found on the path is left out then.
   *
   * @param extension the extension
   * @return this builder
   */
  public ResilienceBuilder extension(ResilienceExtension extension) {
    extensions.add(Objects.requireNonNull(extension, "extension"));
    return this;
  }

  /**
   * Carries what is kept by thread to the threads on which further attempts of asynchronous calls, and submitted bodies, run.
   * Those that {@link java.util.ServiceLoader} finds are added without this.
   *
   * @param propagator carries it
   * @return this builder
   */
  public ResilienceBuilder contextPropagator(ContextPropagator propagator) {
    contextPropagators.add(Objects.requireNonNull(propagator, "contextPropagator"));
    return this;
  }

  /**
   * Sets a property of a plug-in. A system property of the same name wins.
   *
   * @param key the name; not blank, at most 10,000 characters
   * @param value the value
   * @return this builder
   * @throws IllegalArgumentException if the name is outside
   */
  public ResilienceBuilder property(String key, String value) {
    properties.put(Setting.name("property", key), Objects.requireNonNull(value, key));
    return this;
  }

  /**
   * Sets the file with settings of policies, which win over those of the code; {@link #config}, environment and system
   * properties win over them. Default: {@code resilience.properties}, where the class path or module path has it. The system
   * property {@code resilience.config} names another one, whatever is set here.
   *
   * @param file a file of {@link java.util.Properties} in UTF-8; {@link #build()} reads it once, and refuses more than 1 MiB
   * @return this builder
   */
  public ResilienceBuilder configFile(Path file) {
    this.configFile = Objects.requireNonNull(file, "configFile");
    return this;
  }

  /**
   * Sets settings of policies as a file would; they win over those of the file. What was given before stays.
   * Default: none.
   *
   * @param settings values by their keys, such as {@code resilience.retry.prices.maxAttempts}; a key is not blank and has at
   *     most 10,000 characters, and {@link #build()} refuses one that it does not know
   * @return this builder
   * @throws IllegalArgumentException if a key is blank or too long
   */
  public ResilienceBuilder config(Map<String, String> settings) {
    settings.forEach((key, value) ->
        config.put(Setting.name("config", key), Objects.requireNonNull(value, key)));
    return this;
  }

  /**
   * Looks for plug-ins in this layer first. Default: none.
   *
   * @param layer the layer
   * @return this builder
   */
  public ResilienceBuilder moduleLayer(ModuleLayer layer) {
    this.layer = Objects.requireNonNull(layer, "moduleLayer");
    return this;
  }

  /**
   * Looks for plug-ins with this loader first. Default: none.
   *
   * @param loader the loader
   * @return this builder
   */
  public ResilienceBuilder classLoader(ClassLoader loader) {
    this.loader = Objects.requireNonNull(loader, "classLoader");
    return this;
  }

  /**
   * Puts the runtime together and starts it.
   *
   * @return a running runtime
   * @throws ResilienceConfigurationException if a provider is missing, with the artifact to add, or there are two; if nobody
   *     knows the scheme of the {@linkplain #stateStore(String) state store}, with the artifact to add; if that store makes no
   *     sense of the location; if the store is {@linkplain #stateStoreRequired required} and cannot be opened or read; if the
   *     {@link #configFile} cannot be read; if it or {@link #config} has a key or a value that will not do; if there are two
   *     files {@code resilience.properties} on the path, and none is chosen
   * @throws IllegalStateException if the runtime is to be {@linkplain #closedAtShutdown closed at shutdown}, and the JVM is
   *     shutting down already
   */
  public Resilience build() {
    Providers providers = new Providers(layer, loader);
    ResilienceSettings settings = new ResilienceSettings(
        name != null ? name : "resilience-" + UNNAMED.incrementAndGet(),
        timeSource,
        executor,
        maxPolicies,
        staleAfter,
        store(providers),
        closedAtShutdown,
        withFound(extensions, providers.all(ResilienceExtension.class)),
        withFound(contextPropagators, providers.all(ContextPropagator.class)),
        providers.all(HealthCheckProvider.class),
        providers.all(EndpointContribution.class),
        properties,
        configFile,
        isFileChosen() ? null : providers.resource("resilience.properties"),
        config);
    return provider(providers).create(settings);
  }

  /** Where one is chosen, it does not matter how many there are on the path. */
  private boolean isFileChosen() {
    String named = System.getProperty("resilience.config");
    return configFile != null || (named != null && !named.isBlank());
  }

  /** Adds those that were found to those that were given, which stand for their class. */
  private static <S> List<S> withFound(List<S> given, List<S> found) {
    List<S> all = new ArrayList<>(given);
    for (S one : found) {
      if (given.stream().noneMatch(other -> other.getClass() == one.getClass())) {
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
    StateStoreProvider provider = providers.stateStore(location);
    return storeSetting(provider.shown(location), () -> provider.open(location), true);
  }

  private StoreSetting storeSetting(String shown, Opening opening, boolean canReopen) {
    return new StoreSetting(shown, opening, canReopen, storeRequired, saveInterval, stateRetention);
  }
}
