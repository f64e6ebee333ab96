package io.aragora.resilience.core.settings;

/**
 * A value from outside the code.
 *
 * @param setting the name of the setting
 * @param text the value
 * @param origin the key and the source, for messages
 */
record Given(String setting, String text, String origin) {
  @Override
  public String toString() {
    return origin + "=" + new SettingText(setting, text).shown();
  }
}
