package io.aragora.resilience.core.settings;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The settings of one source for one kind of policy. Each value is checked when it is read,
 * combinations when they are used.
 *
 * @param <C> the config of a policy
 * @param <D> a config that is being changed
 */
final class ConfigSection<C, D> {
  private final ConfigSource source;
  private final SettingGroup<C, D> group;
  private final Map<PolicySetting<D>, Given<D>> forAll = new LinkedHashMap<>();
  private final Map<String, Map<PolicySetting<D>, Given<D>>> forOne = new HashMap<>();

  ConfigSection(ConfigSource source, SettingGroup<C, D> group) {
    this.source = source;
    this.group = group;
    source.entries().forEach((key, text) -> {
      if (key.startsWith(group.prefix())) {
        add(key, text);
      }
    });
    checkPlaces(forAll);
    forOne.values().forEach(this::checkPlaces);
  }

  private void add(String key, String text) {
    String rest = key.substring(group.prefix().length());
    int dot = rest.lastIndexOf('.');
    PolicySetting<D> setting = group
        .find(rest.substring(dot + 1))
        .orElseThrow(() -> source.refused(
            key + "=" + new SettingText(key, text).shown()
                + ": the key must end in a setting, one of " + group.known(),
            null));
    Given<D> given = new Given<>(setting, text, key);
    try {
      group.check(given);
    } catch (IllegalArgumentException e) {
      throw source.refused(given + ": " + e.getMessage(), e);
    }
    if (dot < 0) {
      forAll.put(setting, given);
    } else if (rest.substring(0, dot).isBlank()) {
      throw source.refused(
          key + " must name a " + group.kind()
              + " between its last two dots. To set it for all of them, remove one of these dots",
          null);
    } else {
      forOne
          .computeIfAbsent(rest.substring(0, dot), name -> new LinkedHashMap<>())
          .put(setting, given);
    }
  }

  private void checkPlaces(Map<PolicySetting<D>, Given<D>> scope) {
    Map<PolicySetting<D>, Given<D>> places = new HashMap<>();
    for (Given<D> given : scope.values()) {
      Given<D> other = places.put(given.setting().place(), given);
      if (other != null) {
        throw source.refused(
            "a " + group.kind() + " must have only one of " + other.setting().key() + " and "
                + given.setting().key() + ": " + other + ", " + given,
            null);
      }
    }
  }

  /** Returns the config with the settings of this source. */
  C over(String name, C base) {
    List<Given<D>> all = new ArrayList<>(forOne.getOrDefault(name, Map.of()).values());
    all.addAll(forAll.values());
    List<Given<D>> strongest = Given.strongest(all);
    try {
      return group.over(base, strongest);
    } catch (IllegalArgumentException e) {
      throw source.refused(
          "settings " + strongest + " are inconsistent with the config of " + group.kind() + " '"
              + name + "' (" + base + "): " + e.getMessage(),
          e);
    }
  }
}
