package io.aragora.resilience.core.settings;

import io.aragora.resilience.hedge.HedgeConfig;
import java.time.Duration;

/** The settings of hedges. */
final class HedgeTable extends SettingTable<HedgeConfig, HedgeConfig.Builder> {
  /** Holds the config when it is needed first: most processes have no hedge. */
  private static final class Undeclared {
    static final HedgeConfig CONFIG =
        HedgeConfig.forIdempotentCalls().delay(Duration.ofDays(365)).build();
  }

  HedgeTable() {
    super("hedge", "hedge", "delay", "leastDelay", "mostDelay", "maxHedges");
  }

  /** Returns what stands for the config of a hedge that the code does not declare: one without a delay. */
  static HedgeConfig none() {
    return Undeclared.CONFIG;
  }

  @Override
  void write(HedgeConfig.Builder draft, String setting, SettingText text) {
    switch (setting) {
      case "delay" -> draft.delay(text.duration());
      case "leastDelay" -> draft.leastDelay(text.duration());
      case "mostDelay" -> draft.mostDelay(text.duration());
      case "maxHedges" -> {
        int hedges = text.whole();
        if (hedges == 0) {
          draft.noHedges();
        } else {
          draft.maxHedges(hedges);
        }
      }
      default -> throw unknown(setting);
    }
  }

  @Override
  HedgeConfig sample() {
    return none();
  }

  @Override
  HedgeConfig.Builder draft(HedgeConfig base) {
    return base == none() ? HedgeConfig.forIdempotentCalls() : base.toBuilder();
  }

  @Override
  HedgeConfig finish(HedgeConfig.Builder draft) {
    return draft.build();
  }

  @Override
  boolean ignoresExternalConfig(HedgeConfig config) {
    return config.ignoresExternalConfig();
  }
}
