package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.timeout.TimeoutConfig;

/** The settings of timeouts. */
final class TimeoutTable extends SettingTable<TimeoutConfig, TimeoutConfig.Builder> {
  /** The config of a timeout without a limit. */
  static final TimeoutConfig NONE = TimeoutConfig.of(Setting.LONGEST);

  TimeoutTable() {
    super("timeout", "timeout", "limit");
  }

  @Override
  void write(TimeoutConfig.Builder draft, String setting, SettingText text) {
    draft.limit(text.duration());
  }

  @Override
  TimeoutConfig sample() {
    return NONE;
  }

  @Override
  TimeoutConfig.Builder draft(TimeoutConfig base) {
    return base.toBuilder();
  }

  @Override
  TimeoutConfig finish(TimeoutConfig.Builder draft) {
    return draft.build();
  }

  @Override
  boolean ignoresExternalConfig(TimeoutConfig config) {
    return config.ignoresExternalConfig();
  }
}
