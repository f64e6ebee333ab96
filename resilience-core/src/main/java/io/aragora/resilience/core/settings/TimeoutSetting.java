package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.util.List;

/** A setting of a timeout that can be given from outside the code. */
enum TimeoutSetting implements PolicySetting<TimeoutConfig.Builder> {
  LIMIT;

  /** The config of a timeout without a limit. */
  static final TimeoutConfig NONE = TimeoutConfig.of(Setting.LONGEST);

  static final SettingGroup<TimeoutConfig, TimeoutConfig.Builder> GROUP = new SettingGroup<>(
      "timeout",
      "resilience.timeout.",
      List.of(values()),
      NONE,
      TimeoutConfig::toBuilder,
      TimeoutConfig.Builder::build,
      TimeoutConfig::ignoresExternalConfig);

  @Override
  public String key() {
    return "limit";
  }

  @Override
  public String variable() {
    return "ARAGORA_TIMEOUT_LIMIT";
  }

  @Override
  public void write(TimeoutConfig.Builder draft, SettingText text) {
    draft.limit(text.duration());
  }
}
