package io.aragora.resilience.core.settings;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfigRegistry;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.runtime.ResilienceSettings;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The configs of a runtime's policies: settings from outside the code override those in the code.
 * Thread-safe.
 */
public final class RuntimeSettings {
  private static final GuardedLog LOG = GuardedLog.of(RuntimeSettings.class);

  /** The system property that names the only config file; it replaces all others. */
  static final String FILE = "resilience.config";

  private static final String PREFIX = "resilience.";

  private final BreakerSettings breakers;
  private final LayeredSettings<RetryConfig, RetryDraft> retries;
  private final LayeredSettings<TimeoutConfig, TimeoutConfig.Builder> timeouts;
  private final LayeredSettings<List<PolicyReference>, List<PolicyReference>> pipelines;

  RuntimeSettings(List<ConfigSource> sources, Surroundings surroundings, Consumer<String> log) {
    sources.forEach(RuntimeSettings::checkPrefixes);
    Warnings warnings = new Warnings(log);
    breakers = new BreakerSettings(
        new LayeredSettings<>(BreakerSetting.GROUP, sources, surroundings, warnings));
    retries = new LayeredSettings<>(RetrySetting.GROUP, sources, surroundings, warnings);
    timeouts = new LayeredSettings<>(TimeoutSetting.GROUP, sources, surroundings, warnings);
    pipelines = new LayeredSettings<>(PipelineSetting.GROUP, sources, surroundings, warnings);
  }

  /**
   * Rejects unknown keys that begin with the library's prefix. Other keys belong to other software
   * and are ignored.
   */
  private static void checkPrefixes(ConfigSource source) {
    List<String> known = Stream.of(
            BreakerSetting.GROUP, RetrySetting.GROUP, TimeoutSetting.GROUP, PipelineSetting.GROUP)
        .map(SettingGroup::prefix)
        .toList();
    source.entries().forEach((key, value) -> {
      if (key.startsWith(PREFIX) && known.stream().noneMatch(key::startsWith)) {
        throw source.refused(
            key + "=" + new SettingText(key, value).shown() + ": the key must begin with one of "
                + known,
            null);
      }
    });
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
    Surroundings surroundings = Surroundings.ofProcess();
    return new RuntimeSettings(
        sources(settings, surroundings),
        surroundings,
        message -> LOG.log(System.Logger.Level.WARNING, message));
  }

  static List<ConfigSource> sources(ResilienceSettings settings, Surroundings surroundings) {
    List<ConfigSource> sources = new ArrayList<>();
    String named = surroundings.properties().apply(FILE);
    Path file = settings.configFile();
    URL resource = settings.configResource();
    if (named != null && !named.isBlank()) {
      sources.add(ConfigSource.ofFile(Path.of(named.strip())));
    } else if (file != null) {
      sources.add(ConfigSource.ofFile(file));
    } else if (resource != null) {
      sources.add(ConfigSource.read(resource.toString(), resource::openStream));
    }
    sources.add(ConfigSource.ofMap(settings.config()));
    return sources;
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
   * @return the config; empty if no limit is set outside the code
   */
  public Optional<TimeoutConfig> timeout(String name) {
    TimeoutConfig found = timeouts.resolve(name, TimeoutSetting.NONE);
    return found == TimeoutSetting.NONE ? Optional.empty() : Optional.of(found);
  }

  /**
   * Returns the policies of a pipeline that is configured outside the code.
   *
   * @param name its name
   * @return its policies, the outermost first; empty if it is not configured outside the code
   */
  public List<PolicyReference> pipeline(String name) {
    return pipelines.resolve(name, PipelineSetting.NONE);
  }
}
