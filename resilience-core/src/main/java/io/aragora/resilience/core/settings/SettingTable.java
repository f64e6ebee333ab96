package io.aragora.resilience.core.settings;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The settings of one kind of policy that can be given from outside the code. A new kind of policy
 * adds a table, and {@link RuntimeSettings#table} creates it. Stateless and thread-safe.
 *
 * @param <C> the config of a policy
 * @param <D> a config that is being changed
 */
abstract class SettingTable<C, D> {
  /*
   * A row is a name, and a case of write() that reads the text and sets the value. A table of
   * functions would be shorter, but the JDK links each of them when the table is created, and every
   * process would pay for that at its start.
   */
  private static final String VARIABLES = "ARAGORA_";

  private final String key;
  private final String kind;
  private final List<String> settings;

  /**
   * Creates the table.
   *
   * @param key the part of property names that stands for the kind
   * @param kind the name of the kind in messages
   * @param settings the names, which are those of the builder methods, in the order of display; of
   *     two that replace each other, the first is the stronger
   */
  SettingTable(String key, String kind, String... settings) {
    this.key = key;
    this.kind = kind;
    this.settings = List.of(settings);
  }

  /** Returns any valid config, against which single values are checked. */
  abstract C sample();

  /** Begins to change a config. */
  abstract D draft(C base);

  /**
   * Ends the change. Throws {@link IllegalArgumentException} if the settings are inconsistent.
   */
  abstract C finish(D draft);

  /** Returns whether a config keeps the values in the code. */
  abstract boolean ignoresExternalConfig(C config);

  /**
   * Sets a value. Throws {@link IllegalArgumentException} with setting, rule and value if it is
   * invalid.
   */
  abstract void write(D draft, String setting, SettingText text);

  /** Returns whether lists of a pipeline's policies may name the kind. */
  boolean isPolicy() {
    return true;
  }

  /**
   * Returns the setting whose place this one takes; itself for most settings. Of two settings with
   * one place, only one applies.
   */
  String place(String setting) {
    return setting;
  }

  /** Returns the environment variable of a setting, which applies to every policy of the kind. */
  String variable(String setting) {
    return variable(variableKey(), setting);
  }

  /** Returns the environment variable of a setting of a kind. */
  static String variable(String kind, String setting) {
    StringBuilder name =
        new StringBuilder(VARIABLES).append(kind.toUpperCase(Locale.ROOT)).append('_');
    for (int i = 0; i < setting.length(); i++) {
      char letter = setting.charAt(i);
      if (Character.isUpperCase(letter)) {
        name.append('_');
      }
      name.append(Character.toUpperCase(letter));
    }
    return name.toString();
  }

  /** Returns the part of environment variables that stands for the kind. */
  String variableKey() {
    return key;
  }

  final String key() {
    return key;
  }

  final String kind() {
    return kind;
  }

  final List<String> settings() {
    return settings;
  }

  /** Returns the prefix of the kind's properties. */
  final String prefix() {
    return prefix(key);
  }

  /** Returns the prefix of the properties of a kind. */
  static String prefix(String key) {
    return RuntimeSettings.PREFIX + key + '.';
  }

  final IllegalStateException unknown(String setting) {
    return new IllegalStateException("no case for " + prefix() + setting);
  }

  /**
   * Checks a value by itself. Throws {@link IllegalArgumentException} if it is invalid in every
   * combination.
   */
  final void check(Given given) {
    write(draft(sample()), given);
  }

  private void write(D draft, Given given) {
    write(draft, given.setting(), new SettingText(given.setting(), given.text()));
  }

  /** Returns the strongest value of each setting, which is the first. */
  final List<Given> strongest(List<Given> all) {
    List<Given> strongest = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (Given given : all) {
      if (taken.add(place(given.setting()))) {
        strongest.add(given);
      }
    }
    return strongest;
  }

  /**
   * Returns the base with the given values; the base itself if there are none. Throws
   * {@link IllegalArgumentException} if the combination is inconsistent.
   */
  final C over(C base, List<Given> all) {
    if (all.isEmpty()) {
      return base;
    }
    D changed = draft(base);
    for (Given given : all) {
      write(changed, given);
    }
    return finish(changed);
  }

  /**
   * Returns the base with all values that are consistent. A value that disables one rule may need
   * another that enables one, so a rejected value is tried again after each accepted one.
   */
  final C overWherePossible(C base, List<Given> all, Warnings rejected) {
    try {
      return over(base, strongest(all));
    } catch (IllegalArgumentException e) {
      return overOneByOne(base, all, rejected);
    }
  }

  private C overOneByOne(C base, List<Given> all, Warnings rejected) {
    C result = base;
    List<Given> taken = new ArrayList<>();
    Set<String> places = new HashSet<>();
    Map<Given, String> reasons = new LinkedHashMap<>();
    boolean again;
    do {
      again = false;
      for (Given given : all) {
        if (places.contains(place(given.setting()))) {
          continue;
        }
        taken.add(given);
        try {
          result = over(base, taken);
          places.add(place(given.setting()));
          reasons.remove(given);
          again = true;
        } catch (IllegalArgumentException e) {
          taken.remove(given);
          reasons.put(given, String.valueOf(e.getMessage()));
        }
      }
    } while (again);
    reasons.forEach(rejected::ignored);
    return result;
  }
}
