package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.time.TimeSource;

/** How long a breaker stays open. */
final class Cooldown {
  private Cooldown() {}

  /**
   * Grows with each opening in a row up to the cap, then is lengthened by chance, so that a fleet does not probe in step.
   *
   * @param step how often the breaker opened in a row before
   */
  static long nanos(
      CircuitBreakerConfig config, int step, TimeSource time, String breaker, long generation) {
    double nanos = config.cooldown().toNanos();
    if (config.cooldownBackoff() > 1) {
      double grown = nanos * Math.pow(config.cooldownBackoff(), step);
      nanos = Math.min(grown, (double) config.maxCooldown().toNanos());
    }
    if (config.cooldownJitter() > 0) {
      nanos += nanos * config.cooldownJitter() * time.random(breaker, generation, 0);
    }
    return (long) nanos;
  }

  /** The longest that {@link #nanos} gives, whatever the step and the chance. */
  static long longestNanos(CircuitBreakerConfig config) {
    double nanos = config.cooldownBackoff() > 1
        ? Math.max(config.cooldown().toNanos(), config.maxCooldown().toNanos())
        : config.cooldown().toNanos();
    return (long) (nanos + nanos * config.cooldownJitter());
  }
}
