package io.aragora.resilience.core.settings;

import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfigRegistry;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.runtime.ResilienceSettings;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.net.URL;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The configs of a runtime's policies: settings from outside the code override those in the code.
 * Thread-safe.
 */
public final class RuntimeSettings {
  private static final GuardedLog LOG = GuardedLog.of(RuntimeSettings.class);

  /** The system property that names the only config file; it replaces all others. */
  static final String FILE = "resilience.config";

  /** The prefix of every property of the library. */
  static final String PREFIX = "resilience.";

  /** The key of chaos in property names. */
  static final String CHAOS = "chaos";

  /** Every kind of policy that can be configured outside the code, in the order of display. */
  private static final List<String> KEYS = List.of(
      "circuitbreaker",
      "retry",
      "timeout",
      "bulkhead",
      "concurrencylimit",
      "ratelimiter",
      "hedge",
      CHAOS,
      "coalescer",
      "pipeline");

  /** The keys of the process about chaos, which no file and no map may have. */
  static final List<String> CHAOS_OF_PROCESS = List.of(
      "resilience.chaos.enabled", "resilience.chaos.startFor", "resilience.chaos.maxDuration");

  /** The files; a map has the settings that can be replaced. */
  private final List<ConfigSource> files;

  private final @Nullable ChaosSettings chaos;
  private final LayeredSettings<CircuitBreakerConfig, CircuitBreakerConfig.Builder> breakerLayers;
  private final BreakerSettings breakers;
  private final LayeredSettings<RetryConfig, RetryTable.Draft> retries;
  private final LayeredSettings<TimeoutConfig, TimeoutConfig.Builder> timeouts;
  private final LayeredSettings<BulkheadConfig, BulkheadConfig.Builder> bulkheads;
  private final LayeredSettings<ConcurrencyLimitConfig, ConcurrencyLimitConfig.Builder>
      concurrencyLimits;
  private final LayeredSettings<RateLimiterConfig, RateLimiterConfig.Builder> rateLimiters;
  private final LayeredSettings<HedgeConfig, HedgeConfig.Builder> hedges;
  private final LayeredSettings<Double, double[]> chaosScales;
  private final LayeredSettings<CoalescerConfig<Object, Object>, CoalescerTable.Draft> coalescers;
  private final LayeredSettings<List<PolicyReference>, List<PolicyReference>> pipelines;

  RuntimeSettings(List<ConfigSource> sources, Surroundings surroundings, Warnings warnings) {
    this(sources, surroundings, warnings, Map.of());
  }

  RuntimeSettings(
      List<ConfigSource> sources,
      Surroundings surroundings,
      Warnings warnings,
      Map<String, String> properties) {
    for (ConfigSource source : sources) {
      checkPrefixes(source);
    }
    files = new ArrayList<>();
    for (ConfigSource source :
        sources) { // no function, which every process would link at its start
      if (!source.isMap()) {
        files.add(source);
      }
    }
    chaos = saysNothing(surroundings, properties)
        ? null
        : ChaosSettings.of(surroundings, properties, warnings);
    breakerLayers = new LayeredSettings<>("circuitbreaker", sources, surroundings, warnings);
    breakers = new BreakerSettings(breakerLayers);
    retries = new LayeredSettings<>("retry", sources, surroundings, warnings);
    timeouts = new LayeredSettings<>("timeout", sources, surroundings, warnings);
    bulkheads = new LayeredSettings<>("bulkhead", sources, surroundings, warnings);
    concurrencyLimits = new LayeredSettings<>("concurrencylimit", sources, surroundings, warnings);
    rateLimiters = new LayeredSettings<>("ratelimiter", sources, surroundings, warnings);
    hedges = new LayeredSettings<>("hedge", sources, surroundings, warnings);
    chaosScales = new LayeredSettings<>(CHAOS, sources, surroundings, warnings);
    coalescers = new LayeredSettings<>("coalescer", sources, surroundings, warnings);
    pipelines = new LayeredSettings<>("pipeline", sources, surroundings, warnings);
  }

  /**
   * Reads settings that replace those of the map.
   *
   * @param config the settings
   * @param keyPlaces returns the text that stands for a key in messages
   * @return replaces the present settings by these, and again by the present ones if it is called once more
   * @throws io.aragora.resilience.policy.ResilienceConfigurationException if they contain an unknown key or an invalid value
   */
  public Runnable replacement(Map<String, String> config, UnaryOperator<String> keyPlaces) {
    List<ConfigSource> sources = new ArrayList<>(files);
    ConfigSource map = ConfigSource.ofMap(config, keyPlaces);
    checkPrefixes(map);
    sources.add(map);
    List<Runnable> replacements = new ArrayList<>();
    for (LayeredSettings<?, ?> each : layers()) {
      replacements.add(each.replacement(sources));
    }
    return () -> replacements.forEach(Runnable::run);
  }

  private List<LayeredSettings<?, ?>> layers() {
    return List.of(
        breakerLayers,
        retries,
        timeouts,
        bulkheads,
        concurrencyLimits,
        rateLimiters,
        hedges,
        chaosScales,
        coalescers,
        pipelines);
  }

  /**
   * Returns the settings from outside the code that apply to a policy.
   *
   * @param key the name of the kind in settings
   * @param name the name of the policy
   * @return keys, places and values, as messages show them
   */
  public String given(String key, String name) {
    for (LayeredSettings<?, ?> each : layers()) {
      if (each.isOf(key)) {
        return each.given(name).toString();
      }
    }
    throw new IllegalStateException("no settings of " + key);
  }

  /**
   * Returns the settings that can be given from outside the code.
   *
   * @return their names by the key of the kind of policy, in the order of display; unmodifiable
   */
  public static Map<String, List<String>> names() {
    Map<String, List<String>> names = new LinkedHashMap<>();
    for (SettingTable<?, ?> table : tables()) {
      names.put(table.key(), table.settings());
    }
    return Collections.unmodifiableMap(names);
  }

  /** Returns the settings of every kind, in the order of display. */
  static List<SettingTable<?, ?>> tables() {
    List<SettingTable<?, ?>> tables = new ArrayList<>();
    for (String key : KEYS) {
      tables.add((SettingTable<?, ?>) table(key));
    }
    return tables;
  }

  /**
   * Creates the {@link SettingTable} of a kind. Most processes configure few kinds, or none, and load no class for the others:
   * declared as an object, because the verifier would load the class of every table otherwise.
   */
  static Object table(String key) {
    return switch (key) {
      case "circuitbreaker" -> new BreakerTable();
      case "retry" -> new RetryTable();
      case "timeout" -> new TimeoutTable();
      case "bulkhead" -> new BulkheadTable();
      case "concurrencylimit" -> new ConcurrencyLimitTable();
      case "ratelimiter" -> new RateLimiterTable();
      case "hedge" -> new HedgeTable();
      case CHAOS -> new ChaosTable();
      case "coalescer" -> new CoalescerTable();
      case "pipeline" -> new PipelineTable();
      default -> throw new IllegalArgumentException("no kind has the key " + key);
    };
  }

  /**
   * Rejects unknown keys that begin with the library's prefix. Other keys belong to other software
   * and are ignored.
   */
  private static void checkPrefixes(ConfigSource source) {
    for (Map.Entry<String, String> entry : source.entries().entrySet()) {
      String key = entry.getKey();
      if (ChaosSettings.isOfProcess(key)) {
        throw source.rejected(
            source.shown(key)
                + " does nothing here: it must be a system property, the environment variable "
                + ChaosSettings.variable(key) + " or a property of the builder, so that no artifact"
                + " turns chaos on. Remove it",
            null);
      }
      if (key.startsWith(PREFIX) && !isKnown(key)) {
        throw source.rejected(
            source.shown(key) + "=" + new SettingText(key, entry.getValue()).shown()
                + ": the key must begin with one of "
                + KEYS.stream().map(SettingTable::prefix).toList(),
            null);
      }
    }
  }

  private static boolean isKnown(String key) {
    for (String kind : KEYS) {
      if (key.startsWith(SettingTable.prefix(kind))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads the config sources, the system properties and the environment of this process.
   *
   * @param settings the settings of the runtime
   * @return the configs of its policies
   * @throws io.aragora.resilience.policy.ResilienceConfigurationException if a source cannot be
   *     read, or contains an unknown key or an invalid value
   */
  public static RuntimeSettings ofProcess(ResilienceSettings settings) {
    Surroundings surroundings = new Surroundings();
    return new RuntimeSettings(
        sources(settings, surroundings), surroundings, new Warnings(LOG), settings.properties());
  }

  static List<ConfigSource> sources(ResilienceSettings settings, Surroundings surroundings) {
    List<ConfigSource> sources = new ArrayList<>();
    String named = surroundings.property(FILE);
    Path file = settings.configFile();
    URL resource = settings.configResource();
    if (named != null && !named.isBlank()) {
      sources.add(ConfigSource.ofFile(Path.of(named.strip())));
    } else if (file != null) {
      sources.add(ConfigSource.ofFile(file));
    } else if (resource != null) {
      sources.add(ConfigSource.ofResource(resource));
    }
    if (!settings.config().isEmpty()) {
      sources.add(ConfigSource.ofMap(settings.config(), settings.places()));
    }
    return sources;
  }

  /** Most processes say nothing about chaos, and then need no class for it. */
  private static boolean saysNothing(Surroundings surroundings, Map<String, String> properties) {
    for (String key : CHAOS_OF_PROCESS) {
      if (properties.containsKey(key)
          || surroundings.property(key) != null
          || surroundings.variable(chaosVariable(key)) != null) {
        return false;
      }
    }
    return true;
  }

  /** Returns the environment variable of a key of the process about chaos. */
  static String chaosVariable(String key) {
    return SettingTable.variable(CHAOS, key.substring(SettingTable.prefix(CHAOS).length()));
  }

  /** {@return what the process says about chaos} */
  public ChaosSettings chaos() {
    return chaos == null ? ChaosSettings.NONE : chaos;
  }

  /** {@return for how long chaos is active from the start of the runtime; null if it is not started} */
  public @Nullable Duration chaosAtStart() {
    return chaos == null ? null : chaos.startFor();
  }

  /**
   * Returns the factor by which the chances of a chaos policy are multiplied.
   *
   * @param name its name
   * @return the factor, in [0, 1]
   */
  public double chaosScale(String name) {
    return chaosScales.resolve(name, ChaosTable.UNSCALED);
  }

  /** {@return the configs of breakers} */
  public CircuitBreakerConfigRegistry breakers() {
    return breakers;
  }

  /**
   * Returns the config of a retry.
   *
   * @param name its name
   * @param declared the config in the code
   * @return the config
   */
  public RetryConfig retry(String name, RetryConfig declared) {
    return retries.resolve(name, declared);
  }

  /**
   * Returns the config of a timeout.
   *
   * @param name its name
   * @param declared the config in the code
   * @return the config
   */
  public TimeoutConfig timeout(String name, TimeoutConfig declared) {
    return timeouts.resolve(name, declared);
  }

  /**
   * Returns the config of a timeout that the code does not declare.
   *
   * @param name its name
   * @return the config; null if no limit is set outside the code
   */
  public @Nullable TimeoutConfig timeout(String name) {
    TimeoutConfig found = timeouts.resolve(name, TimeoutTable.NONE);
    return found == TimeoutTable.NONE ? null : found;
  }

  /**
   * Returns the config of a concurrency limit.
   *
   * @param name its name
   * @param declared the config in the code
   * @return the config with the settings from outside the code
   */
  public ConcurrencyLimitConfig concurrencyLimit(String name, ConcurrencyLimitConfig declared) {
    return concurrencyLimits.resolve(name, declared);
  }

  /**
   * Returns the config of a bulkhead.
   *
   * @param name its name
   * @param declared the config in the code
   * @return the config
   */
  public BulkheadConfig bulkhead(String name, BulkheadConfig declared) {
    return bulkheads.resolve(name, declared);
  }

  /**
   * Returns the config of a rate limiter.
   *
   * @param name its name
   * @param declared the config in the code
   * @return the config
   */
  public RateLimiterConfig rateLimiter(String name, RateLimiterConfig declared) {
    return rateLimiters.resolve(name, declared);
  }

  /**
   * Returns the config of a rate limiter that the code does not declare.
   *
   * @param name its name
   * @return the config; null if no limit and period are set outside the code
   */
  public @Nullable RateLimiterConfig rateLimiter(String name) {
    RateLimiterConfig found = rateLimiters.resolve(name, RateLimiterTable.none());
    return found == RateLimiterTable.none() ? null : found;
  }

  /**
   * Returns the config of a hedge.
   *
   * @param name its name
   * @param declared the config in the code
   * @return the config
   */
  public HedgeConfig hedge(String name, HedgeConfig declared) {
    return hedges.resolve(name, declared);
  }

  /**
   * Returns the config of a hedge that the code does not declare.
   *
   * @param name its name
   * @return the config; null if no delay is set outside the code
   */
  public @Nullable HedgeConfig hedge(String name) {
    HedgeConfig found = hedges.resolve(name, HedgeTable.none());
    return found == HedgeTable.none() ? null : found;
  }

  /**
   * Returns the config of a coalescer.
   *
   * @param name its name
   * @param declared the config in the code
   * @return the config
   */
  public CoalescerConfig<Object, Object> coalescer(
      String name, CoalescerConfig<Object, Object> declared) {
    return coalescers.resolve(name, declared);
  }

  /**
   * Returns the policies of a pipeline that is configured outside the code.
   *
   * @param name its name
   * @return its policies, the outermost first; empty if it is not configured outside the code
   */
  public List<PolicyReference> pipeline(String name) {
    return pipelines.resolve(name, PipelineTable.NONE);
  }
}
