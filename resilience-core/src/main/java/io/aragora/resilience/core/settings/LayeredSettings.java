package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.Setting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one kind of policy, from the weakest source to the strongest. A stronger source
 * overrides a weaker one.
 *
 * @param <C> the config of a policy
 * @param <D> a config that is being changed
 */
final class LayeredSettings<C, D> {
  private final String key;

  /** Created at its first use. Benign race: a table has no state. */
  private @Nullable SettingTable<C, D> table;

  private volatile List<ConfigSection<C, D>> sections;
  private final Surroundings surroundings;
  private final Warnings warnings;

  /**
   * Reads the sources.
   *
   * @param key the kind of policy, as property names have it
   * @param sources files and maps, the weakest first
   * @param surroundings the system properties and environment of the process
   * @param warnings logs the values that are ignored
   */
  LayeredSettings(
      String key, List<ConfigSource> sources, Surroundings surroundings, Warnings warnings) {
    this.key = key;
    this.surroundings = surroundings;
    this.warnings = warnings;
    this.sections = read(sources);
  }

  @SuppressWarnings("unchecked") // the key says which kind it is
  private SettingTable<C, D> table() {
    SettingTable<C, D> present = table;
    if (present == null) {
      present = (SettingTable<C, D>) RuntimeSettings.table(key);
      table = present;
    }
    return present;
  }

  private List<ConfigSection<C, D>> read(List<ConfigSource> sources) {
    List<ConfigSection<C, D>> sections = new ArrayList<>();
    for (ConfigSource source : sources) {
      if (source.hasKey(SettingTable.prefix(key))) {
        sections.add(new ConfigSection<>(source, table()));
      }
    }
    return sections;
  }

  /**
   * Reads other sources.
   *
   * @return replaces the present sources by these, and again by the present ones if it is called once more
   * @throws io.aragora.resilience.policy.ResilienceConfigurationException if a source is invalid
   */
  Runnable replacement(List<ConfigSource> sources) {
    return new Runnable() {
      private List<ConfigSection<C, D>> others = read(sources);

      @Override
      public void run() {
        List<ConfigSection<C, D>> present = sections;
        sections = others;
        others = present;
      }
    };
  }

  /** Returns whether this is the kind of a key. */
  boolean isOf(String kind) {
    return key.equals(kind);
  }

  /** Returns the values that apply to a policy, the strongest first. */
  List<Given> given(String name) {
    List<Given> all = fromOutside(name);
    List<ConfigSection<C, D>> present = sections;
    for (int i = present.size() - 1; i >= 0; i--) {
      all.addAll(present.get(i).given(name));
    }
    return table().strongest(all);
  }

  /**
   * Returns the config in the code, changed by stronger settings; the same object if none applies.
   */
  C resolve(String name, C declared) {
    Setting.name("name", name);
    if (table().ignoresExternalConfig(declared)) {
      return declared;
    }
    C inside = declared;
    for (ConfigSection<C, D> section : sections) {
      inside = section.over(name, inside);
    }
    return table().overWherePossible(inside, fromOutside(name), warnings);
  }

  /**
   * Returns the valid values of system properties and environment variables, the strongest first.
   */
  private List<Given> fromOutside(String name) {
    List<Given> all = new ArrayList<>();
    addProperties(all, table().prefix() + name + '.');
    addProperties(all, table().prefix());
    Map<String, Given> places = new HashMap<>();
    for (String setting : table().settings()) {
      String variable = table().variable(setting);
      add(all, places, setting, "environment variable ", variable, surroundings.variable(variable));
    }
    return all;
  }

  private void addProperties(List<Given> all, String prefix) {
    Map<String, Given> places = new HashMap<>();
    for (String setting : table().settings()) {
      String property = prefix + setting;
      add(all, places, setting, "system property ", property, surroundings.property(property));
    }
  }

  private void add(
      List<Given> all,
      Map<String, Given> places,
      String setting,
      String source,
      String place,
      @Nullable String text) {
    if (text == null || text.isBlank()) {
      return;
    }
    Given given = new Given(setting, text, source + place);
    try {
      table().check(given);
    } catch (IllegalArgumentException e) {
      warnings.ignored(given, String.valueOf(e.getMessage()));
      return;
    }
    Given other = places.putIfAbsent(table().place(setting), given);
    if (other == null) {
      all.add(given);
    } else {
      warnings.ignored(
          given,
          "a " + table().kind() + " must have only one of " + other.setting() + " and " + setting
              + ", and " + other + " is stronger");
    }
  }
}
