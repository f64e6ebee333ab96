package io.aragora.resilience.core.settings;

import io.aragora.resilience.coalescing.CoalescerConfig;

/** The settings of coalescers. A cache is code, so {@code maxStale} needs a declaration that has one. */
final class CoalescerTable
    extends SettingTable<CoalescerConfig<Object, Object>, CoalescerConfig.Builder<Object, Object>> {
  CoalescerTable() {
    super("coalescer", "coalescer", "maxFlights", "maxFlight", "shareFailures", "maxStale");
  }

  @Override
  boolean isPolicy() {
    return false;
  }

  @Override
  void write(CoalescerConfig.Builder<Object, Object> draft, String setting, SettingText text) {
    switch (setting) {
      case "maxFlights" -> draft.maxFlights(text.whole());
      case "maxFlight" -> draft.maxFlight(text.duration());
      case "shareFailures" -> draft.shareFailures(text.isTrue());
      case "maxStale" -> draft.maxStale(text.duration());
      default -> throw unknown(setting);
    }
  }

  @Override
  CoalescerConfig<Object, Object> sample() {
    return CoalescerConfig.defaults();
  }

  @Override
  CoalescerConfig.Builder<Object, Object> draft(CoalescerConfig<Object, Object> base) {
    return base.toBuilder();
  }

  @Override
  CoalescerConfig<Object, Object> finish(CoalescerConfig.Builder<Object, Object> draft) {
    return draft.build();
  }

  @Override
  boolean ignoresExternalConfig(CoalescerConfig<Object, Object> config) {
    return config.ignoresExternalConfig();
  }
}
