package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The settings of retries. */
final class RetryTable extends SettingTable<RetryConfig, RetryTable.Draft> {
  RetryTable() {
    super(
        "retry",
        "retry",
        "maxAttempts",
        "backoff",
        "backoffFactor",
        "delay",
        "maxDelay",
        "jitter",
        "jitterFactor",
        "jitterAmount",
        "maxDuration",
        "failOnRetryableResult",
        "retryRejections",
        "retryInterrupted",
        "retryCancelled",
        "retryWhenNested");
  }

  @Override
  void write(Draft draft, String setting, SettingText text) {
    switch (setting) {
      case "maxAttempts" -> draft.builder.maxAttempts(text.whole());
      case "backoff" ->
        draft.strategy = text.oneOf("exponential", "linear", "constant", "fibonacci");
      case "backoffFactor" ->
        draft.factor = Setting.inRange("backoffFactor", 1, 100, text.decimal());
      case "delay" -> draft.delay = Setting.notNegative("delay", text.duration());
      case "maxDelay" -> draft.maxDelay = Setting.positive("maxDelay", text.duration());
      case "jitter" ->
        draft.jitter = Jitter.named(text.oneOf(
            "none", "full", "equal", "additive", "multiplicative", "absolute", "decorrelated"));
      case "jitterFactor" ->
        draft.jitterFactor = Setting.inRange("jitterFactor", 0, 1, text.decimal());
      case "jitterAmount" -> draft.jitterAmount = Setting.positive("jitterAmount", text.duration());
      case "maxDuration" ->
        draft.builder.maxDuration(text.isOff() ? Setting.LONGEST : text.duration());
      case "failOnRetryableResult" -> draft.builder.failOnRetryableResult(text.isTrue());
      case "retryRejections" -> draft.builder.retryRejections(text.isTrue());
      case "retryInterrupted" -> draft.builder.retryInterrupted(text.isTrue());
      case "retryCancelled" -> draft.builder.retryCancelled(text.isTrue());
      case "retryWhenNested" -> draft.builder.retryWhenNested(text.isTrue());
      default -> throw unknown(setting);
    }
  }

  @Override
  RetryConfig sample() {
    return RetryConfig.defaults();
  }

  @Override
  Draft draft(RetryConfig base) {
    return new Draft(base);
  }

  @Override
  RetryConfig finish(Draft draft) {
    return draft.builder.backoff(draft.backoff()).build();
  }

  @Override
  boolean ignoresExternalConfig(RetryConfig config) {
    return config.ignoresExternalConfig();
  }

  /** Holds the parts of the backoff, which the builder takes as a whole. */
  static final class Draft {
    private final RetryConfig.Builder builder;
    private final Backoff before;
    private @Nullable String strategy;
    private @Nullable Double factor;
    private @Nullable Duration delay;
    private @Nullable Duration maxDelay;
    private @Nullable Jitter jitter;
    private @Nullable Double jitterFactor;
    private @Nullable Duration jitterAmount;

    private Draft(RetryConfig base) {
      builder = base.toBuilder();
      before = base.backoff();
    }

    private Backoff backoff() {
      Backoff result = strategy != null || factor != null || delay != null ? grown() : before;
      if (maxDelay != null) {
        result = result.cappedAt(maxDelay);
      }
      Jitter kind =
          jitter != null ? jitter : jitterAmount != null ? Jitter.ABSOLUTE : before.jitter();
      Duration amount = jitterAmount != null ? jitterAmount : before.jitterAmount();
      if (kind == Jitter.ABSOLUTE && !amount.isZero()) {
        result = result.withJitter(amount);
      }
      return result.withJitter(kind, jitterFactor != null ? jitterFactor : before.jitterFactor());
    }

    /** Returns the backoff with another strategy, without its jitter. */
    private Backoff grown() {
      String kind = strategy != null ? strategy : before.strategy();
      if (kind.equals("custom")) {
        throw new IllegalArgumentException(
            "backoff must be set together with delay, because the backoff in the code is custom: "
                + before);
      }
      Duration base = delay != null ? delay : before.base();
      boolean isExponential = kind.equals("exponential");
      if (factor != null && !isExponential) {
        throw new IllegalArgumentException(
            "backoffFactor must not be set unless backoff is exponential: " + kind);
      }
      Backoff result = Backoff.named(kind, base);
      if (factor != null) {
        result = Backoff.exponential(base, factor);
      } else if (isExponential && before.strategy().equals(kind)) {
        result = Backoff.exponential(base, before.factor());
      }
      Duration cap = before.cap().compareTo(base) > 0 ? before.cap() : base;
      return cap.isZero() ? result : result.cappedAt(cap);
    }
  }
}
