package io.aragora.resilience.core.settings;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A value from outside the code.
 *
 * @param setting the setting
 * @param text the value
 * @param origin the key and the source, for messages
 * @param <D> the config of a policy that is being changed
 */
record Given<D>(PolicySetting<D> setting, String text, String origin) {

  /** Returns the strongest value of each setting, which is the first. */
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

  /**
   * Sets the value. Throws {@link IllegalArgumentException} with setting, rule and value if it is
   * invalid.
   */
  void write(D draft) {
    setting.write(draft, new SettingText(setting.key(), text));
  }

  @Override
  public String toString() {
    return origin + "=" + new SettingText(setting.key(), text).shown();
  }
}
