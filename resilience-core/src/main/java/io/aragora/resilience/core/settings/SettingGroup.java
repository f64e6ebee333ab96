package io.aragora.resilience.core.settings;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The settings of one kind of policy.
 *
 * @param kind the name of the kind in messages
 * @param prefix the prefix of its properties
 * @param settings the settings in the order of display; of two that replace each other, the first
 *     is the stronger
 * @param sample any valid config, against which single values are checked
 * @param draft begins to change a config
 * @param finish ends the change; throws {@link IllegalArgumentException} if the settings are
 *     inconsistent
 * @param ignoresExternalConfig whether a config keeps the values in the code
 * @param <C> the config of a policy
 * @param <D> a config that is being changed
 */
record SettingGroup<C, D>(
    String kind,
    String prefix,
    List<? extends PolicySetting<D>> settings,
    C sample,
    Function<C, D> draft,
    Function<D, C> finish,
    Predicate<C> ignoresExternalConfig) {

  Optional<PolicySetting<D>> find(String key) {
    for (PolicySetting<D> setting : settings) {
      if (setting.key().equals(key)) {
        return Optional.of(setting);
      }
    }
    return Optional.empty();
  }

  String known() {
    return settings.stream().map(PolicySetting::key).collect(Collectors.joining(", "));
  }

  String property(PolicySetting<D> setting) {
    return prefix + setting.key();
  }

  String property(String name, PolicySetting<D> setting) {
    return prefix + name + '.' + setting.key();
  }

  /**
   * Checks a value by itself. Throws {@link IllegalArgumentException} if it is invalid in every
   * combination.
   */
  void check(Given<D> given) {
    given.write(draft.apply(sample));
  }

  /**
   * Returns the base with the given values; the base itself if there are none. Throws
   * {@link IllegalArgumentException} if the combination is inconsistent.
   */
  C over(C base, List<Given<D>> all) {
    if (all.isEmpty()) {
      return base;
    }
    D changed = draft.apply(base);
    all.forEach(given -> given.write(changed));
    return finish.apply(changed);
  }

  /**
   * Returns the base with all values that are consistent. A value that disables one rule may need
   * another that enables one, so a rejected value is tried again after each accepted one.
   */
  C overWherePossible(C base, List<Given<D>> all, BiConsumer<Given<D>, String> refused) {
    try {
      return over(base, Given.strongest(all));
    } catch (IllegalArgumentException e) {
      return overOneByOne(base, all, refused);
    }
  }

  private C overOneByOne(C base, List<Given<D>> all, BiConsumer<Given<D>, String> refused) {
    C result = base;
    List<Given<D>> taken = new ArrayList<>();
    Set<PolicySetting<D>> places = new HashSet<>();
    Map<Given<D>, String> reasons = new LinkedHashMap<>();
    boolean again;
    do {
      again = false;
      for (Given<D> given : all) {
        if (places.contains(given.setting().place())) {
          continue;
        }
        taken.add(given);
        try {
          result = over(base, taken);
          places.add(given.setting().place());
          reasons.remove(given);
          again = true;
        } catch (IllegalArgumentException e) {
          taken.remove(given);
          reasons.put(given, String.valueOf(e.getMessage()));
        }
      }
    } while (again);
    reasons.forEach(refused);
    return result;
  }
}
