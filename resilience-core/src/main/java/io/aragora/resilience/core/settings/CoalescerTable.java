package io.aragora.resilience.core.settings;

import io.aragora.resilience.coalescing.CoalescerConfig;

/**
 * The settings of coalescers. A cache is code, so {@code maxStale} changes only a config that has one: a coalescer may be looked up
 * before its declaration, and a setting may be for all.
 */
final class CoalescerTable
    extends SettingTable<CoalescerConfig<Object, Object>, CoalescerTable.Draft> {
  CoalescerTable() {
    super("coalescer", "coalescer", "maxFlights", "maxFlight", "shareFailures", "maxStale");
  }

  @Override
  boolean isPolicy() {
    return false;
  }

  @Override
  void write(Draft draft, String setting, SettingText text) {
    switch (setting) {
      case "maxFlights" -> draft.config.maxFlights(text.whole());
      case "maxFlight" -> draft.config.maxFlight(text.duration());
      case "shareFailures" -> draft.config.shareFailures(text.isTrue());
      case "maxStale" -> draft.ofCache().maxStale(text.duration());
      default -> throw unknown(setting);
    }
  }

  @Override
  CoalescerConfig<Object, Object> sample() {
    return CoalescerConfig.defaults();
  }

  @Override
  Draft draft(CoalescerConfig<Object, Object> base) {
    return new Draft(base.toBuilder(), base.cache() != null);
  }

  @Override
  CoalescerConfig<Object, Object> finish(Draft draft) {
    return draft.config.build();
  }

  @Override
  boolean ignoresExternalConfig(CoalescerConfig<Object, Object> config) {
    return config.ignoresExternalConfig();
  }

  /**
   * A config that is being changed.
   *
   * @param config the config
   * @param hasCache whether it has a cache
   */
  record Draft(CoalescerConfig.Builder<Object, Object> config, boolean hasCache) {
    /** Returns the builder of the settings of a cache; one that checks them, and is dropped, if there is none. */
    CoalescerConfig.Builder<Object, Object> ofCache() {
      return hasCache ? config : CoalescerConfig.builder();
    }
  }
}
