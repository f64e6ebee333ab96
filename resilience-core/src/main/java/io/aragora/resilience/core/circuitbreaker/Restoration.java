package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Makes phases of what was saved: of what this breaker was before a restart, or another instance's is now. */
final class Restoration {
  private Restoration() {}

  static Phase.Builder of(
      Phase present, SavedBreaker saved, boolean sameSettings, TimeSource time) {
    long now = time.nanoTime();
    CircuitBreakerState state = saved.state();
    if (state == CircuitBreakerState.HALF_OPEN && !sameSettings) {
      state = CircuitBreakerState.OPEN;
    }
    Phase.Builder next =
        new Phase.Builder(present.config, state, TransitionCause.RESTORED, now, saved.enteredAt());
    if (state == CircuitBreakerState.CLOSED) {
      next.inPlaceOf(present);
    } else {
      next.after(present);
    }
    next.failuresBefore(sameSettings ? saved.consecutiveFailures() : 0)
        .atLeastGeneration(saved.generation())
        .cooldownStep(saved.cooldownStep());
    if (state == CircuitBreakerState.OPEN) {
      long cooldown = longest(present, saved, sameSettings);
      next.openUntil(now + left(present, saved, sameSettings, time), cooldown);
    } else if (state == CircuitBreakerState.HALF_OPEN) {
      int successes = Math.min(saved.probeSuccesses(), present.config.successThreshold() - 1);
      next.probes(ProbeSlots.of(present.config, now, successes));
    }
    return next;
  }

  /** The opening of another instance, for what is left of it; null where nothing is. */
  static @Nullable Phase following(Phase present, SavedBreaker other, TimeSource time) {
    long left = left(present, other, true, time);
    if (left == 0) {
      return null;
    }
    long now = time.nanoTime();
    return new Phase.Builder(
            present.config, CircuitBreakerState.OPEN, TransitionCause.SHARED, now, time.wallTime())
        .after(present)
        .cooldownStep(other.cooldownStep())
        .openUntil(now + left, longest(present, other, true))
        .build();
  }

  /** A wall clock that went back must not lengthen the cooldown, so what is left is never more than all of it. */
  private static long left(
      Phase present, SavedBreaker saved, boolean sameSettings, TimeSource time) {
    Instant until = saved.openUntil();
    if (until == null) {
      return 0;
    }
    return Math.min(
        Math.max(0, nanosBetween(time.wallTime(), until)), longest(present, saved, sameSettings));
  }

  /** No row makes a cooldown longer than the settings permit. */
  private static long longest(Phase present, SavedBreaker saved, boolean sameSettings) {
    long most = sameSettings
        ? Cooldown.longestNanos(present.config)
        : present.config.cooldown().toNanos();
    return Math.min(saved.cooldown().toNanos(), most);
  }

  private static long nanosBetween(Instant from, Instant to) {
    try {
      return Duration.between(from, to).toNanos();
    } catch (ArithmeticException e) {
      return from.isBefore(to) ? Long.MAX_VALUE : 0;
    }
  }
}
