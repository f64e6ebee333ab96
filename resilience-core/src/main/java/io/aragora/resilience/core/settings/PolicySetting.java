package io.aragora.resilience.core.settings;

/**
 * A setting of a policy that can be given from outside the code.
 *
 * @param <D> the settings of a policy while they are being changed
 */
interface PolicySetting<D> {
  /** The name, which is that of the method in the code. */
  String key();

  /** The variable of the environment, which is for every policy of the kind. */
  String variable();

  /** What this takes the place of, and what takes the place of this; itself for most. */
  default PolicySetting<D> place() {
    return this;
  }

  /** Throws {@link IllegalArgumentException} with setting, rule and value. */
  void write(D draft, SettingText text);
}
