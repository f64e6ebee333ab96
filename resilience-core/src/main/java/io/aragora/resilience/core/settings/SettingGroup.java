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
 * @param kind what such a policy is called in messages
 * @param prefix what its properties begin with
 * @param settings in the order in which they are shown; of two that take each other's place the first is the stronger
 * @param sample any settings, against which single values are checked
 * @param draft starts to change settings
 * @param finish ends it; throws {@link IllegalArgumentException} if they do not go together
 * @param isPinned whether settings stay what the code says
 * @param <C> the settings of a policy
 * @param <D> the same while they are being changed
 */
record SettingGroup<C, D>(
    String kind,
    String prefix,
    List<? extends PolicySetting<D>> settings,
    C sample,
    Function<C, D> draft,
    Function<D, C> finish,
    Predicate<C> isPinned) {

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

  /** Throws {@link IllegalArgumentException} if the value is bad whatever it goes together with. */
  void check(Given<D> given) {
    given.write(draft.apply(sample));
  }

  /** Gives the base itself where nothing was given; throws {@link IllegalArgumentException} if they do not go together. */
  C over(C base, List<Given<D>> all) {
    if (all.isEmpty()) {
      return base;
    }
    D changed = draft.apply(base);
    all.forEach(given -> given.write(changed));
    return finish.apply(changed);
  }

  /**
   * Takes as many as go together. One that turns a rule off may need another one that turns a rule on, so what is refused is
   * tried again after each that is taken.
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
