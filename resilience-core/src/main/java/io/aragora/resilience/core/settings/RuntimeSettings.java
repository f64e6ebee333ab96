package io.aragora.resilience.core.settings;

import io.aragora.resilience.circuitbreaker.CircuitBreakerSettings;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.ResilienceSettings;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What a runtime makes its policies with: the code's settings under those from outside the code. */
public final class RuntimeSettings {
  private static final GuardedLog LOG = GuardedLog.of(RuntimeSettings.class);

  /** The system property that names a file, in place of all others. */
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

  /** A key that is nearly one of ours is a mistake; others are left to others. */
  private static void checkPrefixes(ConfigSource source) {
    List<String> known = Stream.of(
            BreakerSetting.GROUP, RetrySetting.GROUP, TimeoutSetting.GROUP, PipelineSetting.GROUP)
        .map(SettingGroup::prefix)
        .toList();
    source.entries().forEach((key, value) -> {
      if (key.startsWith(PREFIX) && known.stream().noneMatch(key::startsWith)) {
        throw source.refused(
            key + "=" + new SettingText(key, value).shown() + ": must begin with one of " + known,
            null);
      }
    });
  }

  /**
   * Reads what is to be read, and looks at the system properties and the environment of this process.
   *
   * @param settings of the runtime
   * @return its settings
   * @throws io.aragora.resilience.ResilienceConfigurationException if a source cannot be read, or has a key or a value that
   *     will not do
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

  /**
   * Gives the settings of breakers.
   *
   * @return their settings
   */
  public CircuitBreakerSettings breakers() {
    return breakers;
  }

  /**
   * Tells what a retry is made with.
   *
   * @param name its name
   * @param declared what the code says
   * @return the settings
   */
  public RetryConfig retry(String name, RetryConfig declared) {
    return retries.resolve(name, declared);
  }

  /**
   * Tells what a timeout is made with.
   *
   * @param name its name
   * @param declared what the code says
   * @return the settings
   */
  public TimeoutConfig timeout(String name, TimeoutConfig declared) {
    return timeouts.resolve(name, declared);
  }

  /**
   * Tells what a timeout is made with that the code does not declare.
   *
   * @param name its name
   * @return the settings; empty where nobody gave it a limit
   */
  public Optional<TimeoutConfig> timeout(String name) {
    TimeoutConfig found = timeouts.resolve(name, TimeoutSetting.NONE);
    return found == TimeoutSetting.NONE ? Optional.empty() : Optional.of(found);
  }

  /**
   * Tells what a pipeline consists of that is described outside the code.
   *
   * @param name its name
   * @return its policies, the outermost first; empty where nobody described it
   */
  public List<PolicyReference> pipeline(String name) {
    return pipelines.resolve(name, PipelineSetting.NONE);
  }
}
