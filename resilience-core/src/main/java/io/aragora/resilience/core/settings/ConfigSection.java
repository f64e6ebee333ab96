package io.aragora.resilience.core.settings;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a source says of one kind of policy. Every value is checked by itself when it is read, combinations when they are
 * used.
 *
 * @param <C> the settings of a policy
 * @param <D> the same while they are being changed
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
                + ": the key ends in no setting; the settings are " + group.known(),
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
          key + " must name a " + group.kind() + " between two dots, or have one dot less", null);
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
            "a " + group.kind() + " has " + other.setting().key() + " or "
                + given.setting().key() + ", not both: " + other + ", " + given,
            null);
      }
    }
  }

  /** Gives the settings with what the source says of them. */
  C over(String name, C base) {
    List<Given<D>> all = new ArrayList<>(forOne.getOrDefault(name, Map.of()).values());
    all.addAll(forAll.values());
    List<Given<D>> strongest = Given.strongest(all);
    try {
      return group.over(base, strongest);
    } catch (IllegalArgumentException e) {
      throw source.refused(
          "its settings " + strongest + " do not go together with those of " + group.kind() + " '"
              + name + "' (" + base + "): " + e.getMessage(),
          e);
    }
  }
}
