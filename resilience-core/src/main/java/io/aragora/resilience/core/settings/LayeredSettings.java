package io.aragora.resilience.core.settings;

import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerPresets;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSettings;
import io.aragora.resilience.spi.Setting;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The settings of breakers, from the weakest source to the strongest, each over the one before. */
public final class LayeredSettings implements CircuitBreakerSettings {
  private static final System.Logger LOG = System.getLogger(LayeredSettings.class.getName());

  private final @Nullable ConfigFile file;
  private final Surroundings surroundings;
  private final Warnings warnings;
  private final ConcurrentHashMap<String, CircuitBreakerConfig> registered =
      new ConcurrentHashMap<>();

  /** Held while a name is registered, so that the bound is exact. */
  private final ReentrantLock registering = new ReentrantLock();

  LayeredSettings(@Nullable Path file, Surroundings surroundings, Consumer<String> log) {
    this.file = file == null ? null : ConfigFile.read(file);
    this.surroundings = surroundings;
    this.warnings = new Warnings(log);
  }

  /**
   * Makes settings that look at the system properties and the environment of this process.
   *
   * @param file what to read now; null for none
   * @return the settings
   */
  public static LayeredSettings ofProcess(@Nullable Path file) {
    return new LayeredSettings(
        file, Surroundings.ofProcess(), message -> LOG.log(System.Logger.Level.WARNING, message));
  }

  @Override
  public void register(String name, CircuitBreakerConfig config) {
    Setting.name("name", name);
    Objects.requireNonNull(config, "config");
    registering.lock();
    try {
      if (registered.size() >= MAX_REGISTERED && !registered.containsKey(name)) {
        throw new ResilienceConfigurationException(
            "cannot register settings for circuit breaker '" + name + "': there are "
                + MAX_REGISTERED
                + " already, the most that are kept; unregister what is not used");
      }
      registered.put(name, config);
    } finally {
      registering.unlock();
    }
  }

  @Override
  public boolean unregister(String name) {
    return registered.remove(name) != null;
  }

  @Override
  public Map<String, CircuitBreakerConfig> registered() {
    return Map.copyOf(registered);
  }

  @Override
  public void clear() {
    registered.clear();
  }

  @Override
  public CircuitBreakerConfig resolve(String name) {
    return resolve(name, registeredOr(name, CircuitBreakerConfig.defaults()));
  }

  @Override
  public CircuitBreakerConfig resolve(String name, String provider) {
    return resolve(name, registeredOr(name, CircuitBreakerPresets.named(provider)));
  }

  private CircuitBreakerConfig registeredOr(String name, CircuitBreakerConfig preset) {
    return registered.getOrDefault(name, preset);
  }

  @Override
  public CircuitBreakerConfig resolve(String name, CircuitBreakerConfig declared) {
    Setting.name("name", name);
    if (declared.isPinned()) {
      return declared;
    }
    CircuitBreakerConfig inside = file == null ? declared : file.over(name, declared);
    return Given.overWherePossible(inside, fromOutside(name), warnings::ignored);
  }

  /** What system properties and environment say that is not bad by itself, the strongest first. */
  private List<Given> fromOutside(String name) {
    List<Given> all = new ArrayList<>();
    Function<String, @Nullable String> properties = surroundings.properties();
    add(all, "system property ", properties, setting -> setting.property(name));
    add(all, "system property ", properties, BreakerSetting::property);
    add(all, "environment variable ", surroundings.environment(), BreakerSetting::variable);
    return all;
  }

  private void add(
      List<Given> all,
      String kind,
      Function<String, @Nullable String> source,
      Function<BreakerSetting, String> nameOf) {
    Given window = null;
    for (BreakerSetting setting : BreakerSetting.all()) {
      String key = nameOf.apply(setting);
      String text = source.apply(key);
      if (text == null || text.isBlank()) {
        continue;
      }
      Given given = new Given(setting, text, kind + key);
      try {
        given.check();
      } catch (IllegalArgumentException e) {
        warnings.ignored(given, String.valueOf(e.getMessage()));
        continue;
      }
      if (setting == BreakerSetting.COUNT_WINDOW && window != null) {
        warnings.ignored(
            given, "a breaker has a window of time or one of calls, and there is " + window);
        continue;
      }
      if (setting == BreakerSetting.WINDOW) {
        window = given;
      }
      all.add(given);
    }
  }
}
