package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.Setting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one kind of policy, from the weakest source to the strongest. A stronger source
 * overrides a weaker one.
 *
 * @param <C> the config of a policy
 * @param <D> a config that is being changed
 */
final class LayeredSettings<C, D> {
  private final SettingGroup<C, D> group;
  private final List<ConfigSection<C, D>> sections;
  private final Surroundings surroundings;
  private final Warnings warnings;

  /**
   * Reads the sources.
   *
   * @param group the kind of policy
   * @param sources files and maps, the weakest first
   * @param surroundings the system properties and environment of the process
   * @param warnings logs the values that are ignored
   */
  LayeredSettings(
      SettingGroup<C, D> group,
      List<ConfigSource> sources,
      Surroundings surroundings,
      Warnings warnings) {
    this.group = group;
    this.sections =
        sources.stream().map(source -> new ConfigSection<>(source, group)).toList();
    this.surroundings = surroundings;
    this.warnings = warnings;
  }

  /**
   * Returns the config in the code, changed by stronger settings; the same object if none applies.
   */
  C resolve(String name, C declared) {
    Setting.name("name", name);
    if (group.ignoresExternalConfig().test(declared)) {
      return declared;
    }
    C inside = declared;
    for (ConfigSection<C, D> section : sections) {
      inside = section.over(name, inside);
    }
    return group.overWherePossible(inside, fromOutside(name), warnings::ignored);
  }

  /**
   * Returns the valid values of system properties and environment variables, the strongest first.
   */
  private List<Given<D>> fromOutside(String name) {
    List<Given<D>> all = new ArrayList<>();
    Function<String, @Nullable String> properties = surroundings.properties();
    add(all, "system property ", properties, setting -> group.property(name, setting));
    add(all, "system property ", properties, group::property);
    add(all, "environment variable ", surroundings.environment(), PolicySetting::variable);
    return all;
  }

  private void add(
      List<Given<D>> all,
      String kind,
      Function<String, @Nullable String> source,
      Function<PolicySetting<D>, String> nameOf) {
    Map<PolicySetting<D>, Given<D>> places = new HashMap<>();
    for (PolicySetting<D> setting : group.settings()) {
      String key = nameOf.apply(setting);
      String text = source.apply(key);
      if (text == null || text.isBlank()) {
        continue;
      }
      Given<D> given = new Given<>(setting, text, kind + key);
      try {
        group.check(given);
      } catch (IllegalArgumentException e) {
        warnings.ignored(given, String.valueOf(e.getMessage()));
        continue;
      }
      Given<D> other = places.putIfAbsent(setting.place(), given);
      if (other == null) {
        all.add(given);
      } else {
        warnings.ignored(
            given,
            "a " + group.kind() + " must have only one of " + other.setting().key() + " and "
                + setting.key() + ", and " + other + " is stronger");
      }
    }
  }
}
