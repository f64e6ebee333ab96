package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A config of a retry whose settings are being changed one by one. Holds the parts of the backoff,
 * which the builder takes as a whole.
 */
final class RetryDraft {
  private final RetryConfig.Builder builder;
  private final Backoff before;
  private @Nullable String strategy;
  private @Nullable Duration delay;
  private @Nullable Duration maxDelay;
  private @Nullable Jitter jitter;
  private @Nullable Double jitterFactor;

  RetryDraft(RetryConfig base) {
    builder = base.toBuilder();
    before = base.backoff();
  }

  RetryConfig.Builder builder() {
    return builder;
  }

  void strategy(String name) {
    strategy = name;
  }

  void delay(Duration first) {
    delay = Setting.notNegative("delay", first);
  }

  void maxDelay(Duration longest) {
    maxDelay = Setting.positive("maxDelay", longest);
  }

  void jitter(Jitter kind) {
    jitter = kind;
  }

  void jitterFactor(double factor) {
    jitterFactor = Setting.inRange("jitterFactor", 0, 1, factor);
  }

  RetryConfig finish() {
    return builder.backoff(backoff()).build();
  }

  private Backoff backoff() {
    Backoff result = before;
    if (strategy != null || delay != null) {
      String kind = strategy != null ? strategy : before.strategy();
      if (kind.equals("custom")) {
        throw new IllegalArgumentException(
            "backoff must be set together with delay, because the backoff in the code is custom: "
                + before);
      }
      Duration base = delay != null ? delay : before.base();
      Duration cap = before.cap().compareTo(base) > 0 ? before.cap() : base;
      result = Backoff.named(kind, base).withJitter(before.jitter(), before.jitterFactor());
      result = cap.isZero() ? result : result.cappedAt(cap);
    }
    if (maxDelay != null) {
      result = result.cappedAt(maxDelay);
    }
    return result.withJitter(
        jitter != null ? jitter : result.jitter(),
        jitterFactor != null ? jitterFactor : result.jitterFactor());
  }
}
