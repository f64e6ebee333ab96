package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Duration;

/** Readings for the tests of the views. */
final class Readings {
  private Readings() {}

  /** Two seconds with the breaker open: 4 served in 8 ms, 2 timed out in 200 ms, 100 rejected in 8 µs. */
  static Reading open(Duration elapsed) {
    Scoreboard scoreboard = new Scoreboard();
    record(scoreboard, Outcome.SERVED, 4, Duration.ofMillis(8));
    record(scoreboard, Outcome.TIMED_OUT, 2, Duration.ofMillis(200));
    record(scoreboard, Outcome.REJECTED, 100, Duration.ofNanos(8_000));
    CircuitBreakerSnapshot breaker = snapshot(
        CircuitBreakerState.OPEN, TransitionCause.FAILURE_THRESHOLD, Duration.ofMillis(1400));
    return reading(elapsed, breaker, scoreboard.score());
  }

  /** The first moment: nothing called yet. */
  static Reading start() {
    CircuitBreakerSnapshot breaker =
        snapshot(CircuitBreakerState.CLOSED, TransitionCause.CREATED, Duration.ZERO);
    return reading(Duration.ZERO, breaker, Score.NOTHING);
  }

  private static Reading reading(Duration elapsed, CircuitBreakerSnapshot breaker, Score score) {
    return new Reading(
        elapsed,
        Duration.ofSeconds(20),
        "slow",
        "the upstream takes its time",
        breaker,
        3,
        score,
        score,
        elapsed.isZero() ? Duration.ZERO : Duration.ofSeconds(2));
  }

  private static CircuitBreakerSnapshot snapshot(
      CircuitBreakerState state, TransitionCause cause, Duration remaining) {
    return CircuitBreakerSnapshot.builder("upstream")
        .state(state)
        .cause(cause)
        .generation(1)
        .transitions(1)
        .cooldown(Duration.ofSeconds(2))
        .remainingCooldown(remaining)
        .build();
  }

  private static void record(Scoreboard scoreboard, Outcome outcome, int calls, Duration latency) {
    for (int i = 0; i < calls; i++) {
      scoreboard.record(outcome, latency.toNanos());
    }
  }
}
