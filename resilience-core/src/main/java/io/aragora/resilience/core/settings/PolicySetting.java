package io.aragora.resilience.core.settings;

/**
 * A setting of a policy that can be given from outside the code.
 *
 * @param <D> the config of a policy that is being changed
 */
interface PolicySetting<D> {
  /** Returns the name, which is that of the builder method. */
  String key();

  /** Returns the environment variable, which applies to every policy of the kind. */
  String variable();

  /**
   * Returns the setting whose place this one takes; itself for most settings. Of two settings with
   * one place, only one applies.
   */
  default PolicySetting<D> place() {
    return this;
  }

  /**
   * Sets the value. Throws {@link IllegalArgumentException} with setting, rule and value if it is
   * invalid.
   */
  void write(D draft, SettingText text);
}
