package io.aragora.resilience.core.settings;

import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadConfig.Order;

/** The settings of bulkheads. */
final class BulkheadTable extends SettingTable<BulkheadConfig, BulkheadConfig.Builder> {
  BulkheadTable() {
    super(
        "bulkhead", "bulkhead", "maxConcurrentCalls", "maxWait", "maxWaiting", "order", "maxHold");
  }

  @Override
  void write(BulkheadConfig.Builder draft, String setting, SettingText text) {
    switch (setting) {
      case "maxConcurrentCalls" -> draft.maxConcurrentCalls(text.whole());
      case "maxWait" -> draft.maxWait(text.duration());
      case "maxWaiting" -> draft.maxWaiting(text.whole());
      case "order" ->
        draft.order(
            Order.valueOf(text.oneOf(Order.OLDEST_FIRST.name(), Order.NEWEST_FIRST.name())));
      case "maxHold" -> {
        if (text.isOff()) {
          draft.noMaxHold();
        } else {
          draft.maxHold(text.duration());
        }
      }
      default -> throw unknown(setting);
    }
  }

  @Override
  BulkheadConfig sample() {
    return BulkheadConfig.defaults();
  }

  @Override
  BulkheadConfig.Builder draft(BulkheadConfig base) {
    return base.toBuilder();
  }

  @Override
  BulkheadConfig finish(BulkheadConfig.Builder draft) {
    return draft.build();
  }

  @Override
  boolean ignoresExternalConfig(BulkheadConfig config) {
    return config.ignoresExternalConfig();
  }
}
