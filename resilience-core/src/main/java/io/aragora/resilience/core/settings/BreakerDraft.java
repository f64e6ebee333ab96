package io.aragora.resilience.core.settings;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;

/** Settings that are being changed one by one. Knows what the builder takes in pairs only. */
final class BreakerDraft {
  private final CircuitBreakerConfig.Builder builder;
  private double cooldownBackoff;
  private Duration maxCooldown;

  BreakerDraft(CircuitBreakerConfig base) {
    builder = base.toBuilder();
    cooldownBackoff = base.cooldownBackoff();
    maxCooldown = base.maxCooldown();
  }

  CircuitBreakerConfig.Builder builder() {
    return builder;
  }

  void cooldownBackoff(double factor) {
    cooldownBackoff = factor;
    builder.cooldownBackoff(cooldownBackoff, maxCooldown);
  }

  void maxCooldown(Duration longest) {
    maxCooldown = longest;
    builder.cooldownBackoff(cooldownBackoff, maxCooldown);
  }
}
