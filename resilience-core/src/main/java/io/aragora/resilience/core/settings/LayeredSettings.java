package io.aragora.resilience.core.settings;

import io.aragora.resilience.spi.Setting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one kind of policy, from the weakest source to the strongest, each over the one before.
 *
 * @param <C> the settings of a policy
 * @param <D> the same while they are being changed
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
   * @param surroundings of the process
   * @param warnings what of them is ignored
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

  /** Gives what the code says of a policy, changed by whatever is stronger; itself where nothing changes it. */
  C resolve(String name, C declared) {
    Setting.name("name", name);
    if (group.isPinned().test(declared)) {
      return declared;
    }
    C inside = declared;
    for (ConfigSection<C, D> section : sections) {
      inside = section.over(name, inside);
    }
    return group.overWherePossible(inside, fromOutside(name), warnings::ignored);
  }

  /** What system properties and environment say that is not bad by itself, the strongest first. */
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
            "a " + group.kind() + " has " + other.setting().key() + " or " + setting.key()
                + ", and there is " + other);
      }
    }
  }
}
