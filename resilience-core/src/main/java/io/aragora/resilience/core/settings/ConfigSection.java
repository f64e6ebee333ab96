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
  private final SettingTable<C, D> table;
  private final Map<String, Given> forAll = new LinkedHashMap<>();
  private final Map<String, Map<String, Given>> forOne = new HashMap<>();

  ConfigSection(ConfigSource source, SettingTable<C, D> table) {
    this.source = source;
    this.table = table;
    source.entries().forEach((key, text) -> {
      if (key.startsWith(table.prefix())) {
        add(key, text);
      }
    });
    checkPlaces(forAll);
    forOne.values().forEach(this::checkPlaces);
  }

  private void add(String key, String text) {
    String rest = key.substring(table.prefix().length());
    int dot = rest.lastIndexOf('.');
    String setting = rest.substring(dot + 1);
    if (!table.settings().contains(setting)) {
      throw source.rejected(
          source.shown(key) + "=" + new SettingText(key, text).shown()
              + ": the key must end in a setting, one of " + String.join(", ", table.settings()),
          null);
    }
    Given given = new Given(setting, text, source.shown(key));
    try {
      table.check(given);
    } catch (IllegalArgumentException e) {
      throw source.rejected(given + ": " + e.getMessage(), e);
    }
    if (dot < 0) {
      forAll.put(setting, given);
    } else if (rest.substring(0, dot).isBlank()) {
      throw source.rejected(
          source.shown(key) + " must name a " + table.kind()
              + " between its last two dots. To set it for all of them, remove one of these dots",
          null);
    } else {
      forOne
          .computeIfAbsent(rest.substring(0, dot), name -> new LinkedHashMap<>())
          .put(setting, given);
    }
  }

  private void checkPlaces(Map<String, Given> scope) {
    Map<String, Given> places = new HashMap<>();
    for (Given given : scope.values()) {
      Given other = places.put(table.place(given.setting()), given);
      if (other != null) {
        throw source.rejected(
            "a " + table.kind() + " must have only one of " + other.setting() + " and "
                + given.setting() + ": " + other + ", " + given,
            null);
      }
    }
  }

  /** Returns the values of this source that apply to a policy. */
  List<Given> given(String name) {
    List<Given> all = new ArrayList<>(forOne.getOrDefault(name, Map.of()).values());
    all.addAll(forAll.values());
    return table.strongest(all);
  }

  /** Returns the config with the settings of this source. */
  C over(String name, C base) {
    List<Given> strongest = given(name);
    try {
      return table.over(base, strongest);
    } catch (IllegalArgumentException e) {
      throw source.rejected(
          "settings " + strongest + " are inconsistent with the config of " + table.kind() + " '"
              + name + "' (" + base + "): " + e.getMessage(),
          e);
    }
  }
}
