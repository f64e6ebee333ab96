package io.aragora.resilience.core.settings;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * A value that somebody gave from outside the code.
 *
 * @param setting what for
 * @param text the value
 * @param origin where, for messages
 */
record Given(BreakerSetting setting, String text, String origin) {

  /** Throws {@link IllegalArgumentException} if the value is bad whatever it goes together with. */
  void check() {
    setting.write(new Draft(CircuitBreakerConfig.defaults()), text);
  }

  /** Of values that are for the same setting, the first is the strongest. */
  static List<Given> strongest(Collection<Given> all) {
    List<Given> strongest = new ArrayList<>();
    Set<BreakerSetting> taken = EnumSet.noneOf(BreakerSetting.class);
    for (Given given : all) {
      if (taken.add(given.setting.place())) {
        strongest.add(given);
      }
    }
    return strongest;
  }

  /** Throws {@link IllegalArgumentException} if they do not go together. */
  static CircuitBreakerConfig over(CircuitBreakerConfig base, List<Given> all) {
    if (all.isEmpty()) {
      return base;
    }
    Draft draft = new Draft(base);
    all.forEach(given -> given.setting.write(draft, given.text));
    return draft.builder().build();
  }

  /**
   * Takes as many as go together. One that turns a rule off may need another one that turns a rule on, so what is refused is
   * tried again after each that is taken.
   */
  static CircuitBreakerConfig overWherePossible(
      CircuitBreakerConfig base, List<Given> all, BiConsumer<Given, String> refused) {
    try {
      return over(base, strongest(all));
    } catch (IllegalArgumentException e) {
      return overOneByOne(base, all, refused);
    }
  }

  private static CircuitBreakerConfig overOneByOne(
      CircuitBreakerConfig base, List<Given> all, BiConsumer<Given, String> refused) {
    CircuitBreakerConfig result = base;
    List<Given> taken = new ArrayList<>();
    Set<BreakerSetting> places = EnumSet.noneOf(BreakerSetting.class);
    Map<Given, String> reasons = new LinkedHashMap<>();
    boolean again;
    do {
      again = false;
      for (Given given : all) {
        if (places.contains(given.setting.place())) {
          continue;
        }
        taken.add(given);
        try {
          result = over(base, taken);
          places.add(given.setting.place());
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

  @Override
  public String toString() {
    return origin + "=" + new SettingText(setting.key(), text).shown();
  }
}
