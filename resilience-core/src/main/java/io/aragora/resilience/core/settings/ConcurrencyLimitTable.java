package io.aragora.resilience.core.settings;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;

/** The settings of concurrency limits. */
final class ConcurrencyLimitTable
    extends SettingTable<ConcurrencyLimitConfig, ConcurrencyLimitConfig.Builder> {
  ConcurrencyLimitTable() {
    super(
        "concurrencylimit",
        "concurrency limit",
        "initial",
        "least",
        "most",
        "percentile",
        "tolerance",
        "window",
        "maxWindow",
        "minimumSamples",
        "healthyLatency",
        "maxWait",
        "maxWaiting");
  }

  @Override
  void write(ConcurrencyLimitConfig.Builder draft, String setting, SettingText text) {
    switch (setting) {
      case "initial" -> draft.initial(text.whole());
      case "least" -> draft.least(text.whole());
      case "most" -> draft.most(text.whole());
      case "percentile" -> draft.percentile(text.decimal());
      case "tolerance" -> draft.tolerance(text.decimal());
      case "window" -> draft.window(text.duration());
      case "maxWindow" -> draft.maxWindow(text.duration());
      case "minimumSamples" -> draft.minimumSamples(text.whole());
      case "healthyLatency" -> {
        if (text.isOff()) {
          draft.noHealthyLatency();
        } else {
          draft.healthyLatency(text.duration());
        }
      }
      case "maxWait" -> draft.maxWait(text.duration());
      case "maxWaiting" -> draft.maxWaiting(text.whole());
      default -> throw unknown(setting);
    }
  }

  @Override
  ConcurrencyLimitConfig sample() {
    return ConcurrencyLimitConfig.defaults();
  }

  @Override
  ConcurrencyLimitConfig.Builder draft(ConcurrencyLimitConfig base) {
    return base.toBuilder();
  }

  @Override
  ConcurrencyLimitConfig finish(ConcurrencyLimitConfig.Builder draft) {
    return draft.build();
  }

  @Override
  boolean ignoresExternalConfig(ConcurrencyLimitConfig config) {
    return config.ignoresExternalConfig();
  }
}
