package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation.Evidence;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.core.window.WindowCounts;
import io.aragora.resilience.internal.ReadableBreaker.Place;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The readings of a breaker. Each is of one phase and one instant, and changes nothing. */
final class BreakerReadings {
  private BreakerReadings() {}

  static CircuitBreakerSnapshot snapshot(
      String name, Phase phase, LifetimeTotals totals, TimeSource time) {
    long now = time.nanoTime();
    OutcomeWindow window = phase.window();
    WindowCounts counts = shownCounts(phase, now);
    return CircuitBreakerSnapshot.builder(name)
        .state(phase.stateAt(now))
        .cause(phase.cause)
        .generation(phase.generation)
        .transitions(phase.transitions)
        .windowCalls(counts.calls())
        .windowFailures(counts.failures())
        .windowSlowCalls(counts.slowCalls())
        .windowSlowFailures(counts.slowFailures())
        .slowCallsInFlight(phase.slowInFlight(now))
        .consecutiveFailures(phase.consecutiveFailures())
        .consecutiveSuccesses(consecutiveSuccesses(phase, totals))
        .probesInFlight(phase.probesInFlight(now))
        .probeSuccesses(phase.probeSuccesses())
        .probeFailures(phase.probeFailures())
        .cooldown(Duration.ofNanos(phase.cooldownNanos()))
        .remainingCooldown(Duration.ofNanos(phase.remaining(now)))
        .lastFailure(wallTime(totals.lastFailure(), now, time))
        .lastSuccess(wallTime(totals.lastSuccess(window, now), now, time))
        .slowCalls(totals.slowCalls(window))
        .rejectedInState(totals.rejectedInPhase())
        .throttleShare(phase.throttleShare())
        .throttled(totals.throttled())
        .totals(totals.with(window))
        .build();
  }

  /** Returns the counts of the window; while the breaker is open, those that opened it. */
  private static WindowCounts shownCounts(Phase phase, long now) {
    Evidence evidence = phase.window() == null ? phase.evidence() : null;
    return evidence == null
        ? phase.counts(now)
        : new WindowCounts(
            evidence.calls() - evidence.slowCallsInFlight(),
            evidence.failures(),
            evidence.slowCalls() - evidence.slowCallsInFlight(),
            evidence.slowFailures());
  }

  /**
   * Reads what {@link #snapshot} would show of it, into their {@link Place}. Most breakers are closed and have not failed: each
   * row of their window is summed once, and the clock is not read.
   */
  static void read(Phase phase, LifetimeTotals totals, TimeSource time, long[] into) {
    OutcomeWindow window = phase.window();
    // The totals before the window, which hands its counts over to them: none is in both.
    long failures = totals.sum(OutcomeWindow.FAILURE);
    long successes = totals.sum(OutcomeWindow.SUCCESS);
    long slowFailures = totals.sum(OutcomeWindow.SLOW_FAILURE);
    long slowSuccesses = totals.sum(OutcomeWindow.SLOW_SUCCESS);
    long failedLately = 0;
    if (window != null) {
      long slowFailedLately = window.total(OutcomeWindow.SLOW_FAILURE);
      failedLately = window.total(OutcomeWindow.FAILURE) + slowFailedLately;
      failures += failedLately - slowFailedLately;
      successes += window.total(OutcomeWindow.SUCCESS);
      slowFailures += slowFailedLately;
      slowSuccesses += window.total(OutcomeWindow.SLOW_SUCCESS);
    }
    into[Place.FAILURES] = failures + slowFailures;
    into[Place.IGNORED] = totals.sum(LifetimeTotals.IGNORED);
    into[Place.LATE] = totals.sum(LifetimeTotals.LATE);
    into[Place.REJECTED] = totals.sum(LifetimeTotals.REJECTED);
    into[Place.SUCCESSES] = successes + slowSuccesses;
    into[Place.SLOW] = slowFailures + slowSuccesses;
    into[Place.THROTTLED] = totals.throttled();
    into[Place.THROTTLE_SHARE] = Double.doubleToRawLongBits(
        phase.config.throttle() == 0 ? Double.NaN : phase.throttleShare());
    into[Place.TRANSITIONS] = phase.transitions;
    into[Place.STATE] = phase.shownState(time).code();
    boolean isFlawless = window != null && failedLately == 0;
    into[Place.FAILURE_RATE] =
        isFlawless ? 0 : Double.doubleToRawLongBits(failureRate(phase, time));
  }

  /** Writes what {@link #read} reads. */
  static void write(Phase phase, LifetimeTotals totals, TimeSource time, Readings into) {
    long[] numbers = new long[Place.NUMBERS];
    read(phase, totals, time, numbers);
    into.count("calls", "failure", numbers[Place.FAILURES]);
    into.count("calls", "ignored", numbers[Place.IGNORED]);
    into.count("calls", "late", numbers[Place.LATE]);
    into.count("calls", "rejected", numbers[Place.REJECTED]);
    into.count("calls", "success", numbers[Place.SUCCESSES]);
    into.count("slow_calls", Readings.NONE, numbers[Place.SLOW]);
    into.count("transitions", Readings.NONE, numbers[Place.TRANSITIONS]);
    if (phase.config.throttle() != 0) {
      into.count("throttled_calls", Readings.NONE, numbers[Place.THROTTLED]);
      into.level("throttle_share", phase.throttleShare());
    }
    into.level("state", (double) numbers[Place.STATE]);
    into.level("failure_rate", Double.longBitsToDouble(numbers[Place.FAILURE_RATE]));
  }

  /** Reads the counts of the window, into their {@link Place}. */
  static void readWindow(Phase phase, TimeSource time, long[] into) {
    WindowCounts counts = shownCounts(phase, time.nanoTime());
    into[Place.WINDOW_CALLS] = counts.calls();
    into[Place.WINDOW_FAILURES] = counts.failures();
  }

  private static double failureRate(Phase phase, TimeSource time) {
    OutcomeWindow window = phase.window();
    if (window != null) {
      WindowCounts counts = window.counts(time.nanoTime());
      return counts.calls() == 0 ? 0 : 100.0 * counts.failures() / counts.calls() / 100;
    }
    Evidence evidence = phase.evidence();
    return evidence == null ? Double.NaN : evidence.failureRate() / 100;
  }

  private static long consecutiveSuccesses(Phase phase, LifetimeTotals totals) {
    return phase.state == CircuitBreakerState.HALF_OPEN
        ? phase.probeSuccesses()
        : totals.successesSinceFailure(phase.window());
  }

  private static @Nullable Instant wallTime(long nanos, long now, TimeSource time) {
    return nanos < 0 ? null : time.wallTime().minusNanos(now - nanos);
  }

  static CircuitBreakerExplanation explain(String name, Phase phase, TimeSource time) {
    long now = time.nanoTime();
    return CircuitBreakerExplanation.builder(name, phase.config)
        .state(phase.stateAt(now))
        .cause(phase.cause)
        .sequence(phase.transitions)
        .since(phase.enteredWall())
        .evidence(phase.evidence())
        .nextProbe(nextProbe(phase, now))
        .throttleShare(phase.throttleShare())
        .build();
  }

  private static @Nullable Duration nextProbe(Phase phase, long now) {
    return switch (phase.state) {
      case OPEN -> Duration.ofNanos(phase.remaining(now));
      case HALF_OPEN -> phase.isAvailable(now) ? Duration.ZERO : null;
      case CLOSED, FORCED_OPEN, METRICS_ONLY, DISABLED -> null;
    };
  }

  /** Whatever a breaker has counted and whatever the wall clock says, this is within the bounds of what can be saved. */
  static SavedBreaker save(
      SavedBreaker.Id id, Phase phase, LifetimeTotals totals, TimeSource time) {
    Instant wall = bounded(time.wallTime());
    Instant openUntil = phase.state == CircuitBreakerState.OPEN
        ? bounded(wall.plusNanos(phase.until() - time.nanoTime()))
        : null;
    CircuitBreakerTotals sums = totals.with(phase.window());
    return SavedBreaker.builder(id.name())
        .key(id.key())
        .state(phase.state)
        .generation(number(phase.generation))
        .enteredAt(bounded(phase.enteredWall()))
        .openUntil(openUntil)
        .openedByHand(phase instanceof OpenPhase open && open.isOpenedByHand())
        .cooldown(
            Duration.ofNanos(Math.min(phase.cooldownNanos(), SavedBreaker.MAX_COOLDOWN.toNanos())))
        .cooldownStep(count(phase.cooldownStep()))
        .consecutiveFailures(count(phase.consecutiveFailures()))
        .consecutiveSuccesses(number(consecutiveSuccesses(phase, totals)))
        .probeSuccesses(count(phase.probeSuccesses()))
        .probeFailures(count(phase.probeFailures()))
        .totals(CircuitBreakerTotals.builder()
            .successes(number(sums.successes()))
            .failures(number(sums.failures()))
            .ignored(number(sums.ignored()))
            .rejected(number(sums.rejected()))
            .late(number(sums.late()))
            .build())
        .slowCalls(number(totals.slowCalls(phase.window())))
        .declared(phase.config.toString())
        .savedAt(wall)
        .build();
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
