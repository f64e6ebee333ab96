package io.aragora.resilience.core.settings;

import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.time.Duration;

/** The settings of rate limiters. */
final class RateLimiterTable extends SettingTable<RateLimiterConfig, RateLimiterConfig.Builder> {
  /** Holds the config when it is needed first: most processes have no limiter. */
  private static final class Undeclared {
    static final RateLimiterConfig CONFIG =
        RateLimiterConfig.smooth(1, Duration.ofSeconds(1)).build();
  }

  RateLimiterTable() {
    super(
        "ratelimiter",
        "rate limiter",
        "limit",
        "period",
        "burst",
        "maxWait",
        "maxWaiting",
        "maxPause",
        "startFull",
        "keepAcrossRestart",
        "shared",
        "whenAlone",
        "assumedInstances");
  }

  /** Returns what stands for the config of a limiter that the code does not declare: one without limit and period. */
  static RateLimiterConfig none() {
    return Undeclared.CONFIG;
  }

  @Override
  void write(RateLimiterConfig.Builder draft, String setting, SettingText text) {
    switch (setting) {
      case "limit" -> draft.limit(text.whole());
      case "period" -> draft.period(text.duration());
      case "burst" -> draft.burst(text.whole());
      case "maxWait" -> draft.maxWait(text.duration());
      case "maxWaiting" -> draft.maxWaiting(text.whole());
      case "maxPause" -> draft.maxPause(text.duration());
      case "startFull" -> draft.startFull(text.isTrue());
      case "keepAcrossRestart" -> draft.keepAcrossRestart(text.isTrue());
      case "shared" -> draft.shared(text.isTrue());
      case "whenAlone" ->
        draft.whenAlone(WhenAlone.valueOf(
            text.oneOf(WhenAlone.SHARE.name(), WhenAlone.REJECT.name(), WhenAlone.LOCAL.name())));
      case "assumedInstances" -> draft.assumedInstances(text.whole());
      default -> throw unknown(setting);
    }
  }

  @Override
  RateLimiterConfig sample() {
    return none();
  }

  @Override
  RateLimiterConfig.Builder draft(RateLimiterConfig base) {
    return base == none() ? RateLimiterConfig.builder() : base.toBuilder();
  }

  @Override
  RateLimiterConfig finish(RateLimiterConfig.Builder draft) {
    return draft.build();
  }

  @Override
  boolean ignoresExternalConfig(RateLimiterConfig config) {
    return config.ignoresExternalConfig();
  }
}
