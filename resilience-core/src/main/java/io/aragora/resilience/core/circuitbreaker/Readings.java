package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.core.window.WindowCounts;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a breaker shows of itself: each reading is of one phase and one instant, and changes nothing. */
final class Readings {
  private Readings() {}

  static CircuitBreakerState stateAt(Phase phase, long now) {
    return phase.state == CircuitBreakerState.OPEN && now >= phase.until
        ? CircuitBreakerState.HALF_OPEN
        : phase.state;
  }

  static CircuitBreakerSnapshot snapshot(
      String name, Phase phase, LifetimeTotals totals, TimeSource time) {
    long now = time.nanoTime();
    OutcomeWindow window = phase.window;
    ProbeSlots probes = phase.probes;
    WindowCounts counts = window == null ? WindowCounts.NONE : window.counts(now);
    return new CircuitBreakerSnapshot(
        name,
        stateAt(phase, now),
        phase.cause,
        phase.generation,
        phase.transitions,
        counts.calls(),
        counts.failures(),
        counts.slowCalls(),
        phase.slowInFlight(now),
        phase.streak(),
        consecutiveSuccesses(phase, totals),
        probes == null ? 0 : probes.inFlight(now),
        phase.probeSuccesses(),
        Duration.ofNanos(phase.cooldownNanos),
        Duration.ofNanos(remaining(phase, now)),
        wallTime(totals.lastFailure(), now, time),
        wallTime(totals.lastSuccess(window, now), now, time),
        totals.slowCalls(window),
        totals.with(window));
  }

  private static long consecutiveSuccesses(Phase phase, LifetimeTotals totals) {
    return phase.probes != null
        ? phase.probeSuccesses()
        : totals.successesSinceFailure(phase.window);
  }

  static long remaining(Phase phase, long now) {
    return phase.state == CircuitBreakerState.OPEN ? Math.max(0, phase.until - now) : 0;
  }

  private static @Nullable Instant wallTime(long nanos, long now, TimeSource time) {
    return nanos < 0 ? null : time.wallTime().minusNanos(now - nanos);
  }

  static CircuitBreakerExplanation explain(String name, Phase phase, TimeSource time) {
    long now = time.nanoTime();
    return new CircuitBreakerExplanation(
        name,
        stateAt(phase, now),
        phase.cause,
        phase.transitions,
        phase.enteredWall(),
        phase.evidence,
        nextProbe(phase, now),
        phase.config);
  }

  private static @Nullable Duration nextProbe(Phase phase, long now) {
    return switch (phase.state) {
      case OPEN -> Duration.ofNanos(remaining(phase, now));
      case HALF_OPEN -> phase.probes == null || phase.probes.isFull(now) ? null : Duration.ZERO;
      case CLOSED, FORCED_OPEN, METRICS_ONLY, DISABLED -> null;
    };
  }

  /** Whatever a breaker has counted and whatever the wall clock says, this is within the bounds of what can be saved. */
  static SavedBreaker save(
      SavedBreaker.Id id, Phase phase, LifetimeTotals totals, TimeSource time) {
    Instant wall = bounded(time.wallTime());
    Instant openUntil = phase.state == CircuitBreakerState.OPEN
        ? bounded(wall.plusNanos(phase.until - time.nanoTime()))
        : null;
    CircuitBreakerTotals sums = totals.with(phase.window);
    return new SavedBreaker(
        id.name(),
        id.key(),
        phase.state,
        number(phase.generation),
        bounded(phase.enteredWall()),
        openUntil,
        Duration.ofNanos(Math.min(phase.cooldownNanos, SavedBreaker.MAX_COOLDOWN.toNanos())),
        count(phase.cooldownStep),
        count(phase.streak()),
        number(consecutiveSuccesses(phase, totals)),
        count(phase.probeSuccesses()),
        new CircuitBreakerTotals(
            number(sums.successes()),
            number(sums.failures()),
            number(sums.ignored()),
            number(sums.rejected()),
            number(sums.late())),
        number(totals.slowCalls(phase.window)),
        phase.config.toString(),
        wall);
  }

  private static long number(long value) {
    return Math.min(Math.max(value, 0), SavedBreaker.MAX_NUMBER);
  }

  private static int count(int value) {
    return Math.min(Math.max(value, 0), SavedBreaker.MAX_COUNT);
  }

  private static Instant bounded(Instant value) {
    if (value.isBefore(SavedBreaker.EARLIEST)) {
      return SavedBreaker.EARLIEST;
    }
    return value.isAfter(SavedBreaker.LATEST) ? SavedBreaker.LATEST : value;
  }
}
