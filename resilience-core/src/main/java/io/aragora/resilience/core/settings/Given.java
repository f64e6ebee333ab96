package io.aragora.resilience.core.settings;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A value that somebody gave from outside the code.
 *
 * @param setting what for
 * @param text the value
 * @param origin where, for messages
 * @param <D> the settings of a policy while they are being changed
 */
record Given<D>(PolicySetting<D> setting, String text, String origin) {

  /** Of values that are for the same setting, the first is the strongest. */
  static <D> List<Given<D>> strongest(Collection<Given<D>> all) {
    List<Given<D>> strongest = new ArrayList<>();
    Set<PolicySetting<D>> taken = new HashSet<>();
    for (Given<D> given : all) {
      if (taken.add(given.setting.place())) {
        strongest.add(given);
      }
    }
    return strongest;
  }

  /** Throws {@link IllegalArgumentException} with setting, rule and value. */
  void write(D draft) {
    setting.write(draft, new SettingText(setting.key(), text));
  }

  @Override
  public String toString() {
    return origin + "=" + new SettingText(setting.key(), text).shown();
  }
}
