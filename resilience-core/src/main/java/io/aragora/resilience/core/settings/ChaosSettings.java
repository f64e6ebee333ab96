package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a process says about chaos: by system properties, else by its environment, else by properties of the builder. Files and
 * maps of settings cannot say it, since an artifact may contain them.
 *
 * @param isEnabled whether chaos may be started
 * @param startFor for how long it is active from the start of the runtime; null if it is not started
 * @param maxDuration the longest time for which it may be started
 */
public record ChaosSettings(boolean isEnabled, @Nullable Duration startFor, Duration maxDuration) {
  /** The key that enables chaos. */
  public static final String ENABLED = "resilience.chaos.enabled";

  static final String START_FOR = "resilience.chaos.startFor";
  static final String MAX_DURATION = "resilience.chaos.maxDuration";

  private static final Duration LONGEST = Duration.ofDays(7);

  /** Those of a process that says nothing. */
  static final ChaosSettings NONE = new ChaosSettings(false, null, Duration.ofHours(1));

  /** Checks and converts a value. */
  private interface Reading<V> {
    V of(SettingText text);
  }

  /** Returns whether a key is one of the process. */
  static boolean isOfProcess(String key) {
    return RuntimeSettings.CHAOS_OF_PROCESS.contains(key);
  }

  /**
   * Returns the environment variable of a key.
   *
   * @param key the key
   * @return its variable
   */
  public static String variable(String key) {
    return RuntimeSettings.chaosVariable(key);
  }

  /**
   * Reads the settings.
   *
   * @param surroundings system properties and environment; an invalid value is ignored with a warning
   * @param properties those of the builder
   * @param warnings logs what is ignored
   * @return the settings
   * @throws ResilienceConfigurationException if a property of the builder has an invalid value
   */
  static ChaosSettings of(
      Surroundings surroundings, Map<String, String> properties, Warnings warnings) {
    Source source = new Source(surroundings, properties, warnings);
    Boolean isEnabled = source.read(ENABLED, SettingText::isTrue);
    Duration max = source.read(MAX_DURATION, text -> atMost(text, "maxDuration", LONGEST));
    Duration longest = max == null ? NONE.maxDuration() : max;
    Duration startFor = source.read(START_FOR, text -> atMost(text, "startFor", longest));
    boolean enabled = isEnabled != null && isEnabled;
    if (startFor != null && !enabled) {
      warnings.once(START_FOR, START_FOR + " does nothing, because " + ENABLED + " is not true");
    }
    return new ChaosSettings(enabled, enabled ? startFor : null, longest);
  }

  private static Duration atMost(SettingText text, String name, Duration most) {
    Duration length = Setting.positive(name, text.duration());
    if (length.compareTo(most) > 0) {
      throw new IllegalArgumentException(name + " must be at most " + most + ": " + length);
    }
    return length;
  }

  private record Source(
      Surroundings surroundings, Map<String, String> properties, Warnings warnings) {
    /** Returns the first valid value, from the strongest source to the weakest; null if there is none. */
    <V> @Nullable V read(String key, Reading<V> reading) {
      V value = outside(key, "system property " + key, surroundings.property(key), reading);
      if (value == null) {
        String variable = variable(key);
        value = outside(
            key, "environment variable " + variable, surroundings.variable(variable), reading);
      }
      String given = value == null ? properties.get(key) : null;
      if (given == null || given.isBlank()) {
        return value;
      }
      try {
        return reading.of(new SettingText(key, given));
      } catch (IllegalArgumentException e) {
        throw new ResilienceConfigurationException(
            "property " + key + "=" + new SettingText(key, given).shown() + ": " + e.getMessage(),
            e);
      }
    }

    private <V> @Nullable V outside(
        String key, String origin, @Nullable String given, Reading<V> reading) {
      if (given == null || given.isBlank()) {
        return null;
      }
      try {
        return reading.of(new SettingText(key, given));
      } catch (IllegalArgumentException e) {
        warnings.ignored(new Given(key, given, origin), String.valueOf(e.getMessage()));
        return null;
      }
    }
  }
}
