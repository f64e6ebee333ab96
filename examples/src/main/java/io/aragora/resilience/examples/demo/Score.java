package io.aragora.resilience.examples.demo;

import java.util.EnumMap;
import java.util.Map;

/**
 * The scoreboard at one instant, or the difference between two instants. Immutable.
 *
 * @param byOutcome latencies by outcome; an outcome that is missing did not occur
 */
record Score(Map<Outcome, Latencies> byOutcome) {
  static final Score NOTHING = new Score(Map.of());

  Score {
    byOutcome = Map.copyOf(byOutcome);
  }

  Latencies of(Outcome outcome) {
    return byOutcome.getOrDefault(outcome, Latencies.NONE);
  }

  long count(Outcome outcome) {
    return of(outcome).count();
  }

  long calls() {
    long sum = 0;
    for (Latencies latencies : byOutcome.values()) {
      sum += latencies.count();
    }
    return sum;
  }

  /** The calls that reached the upstream. */
  Latencies admitted() {
    return of(Outcome.SERVED).plus(of(Outcome.FAILED)).plus(of(Outcome.TIMED_OUT));
  }

  Score since(Score earlier) {
    Map<Outcome, Latencies> difference = new EnumMap<>(Outcome.class);
    for (Outcome outcome : Outcome.values()) {
      difference.put(outcome, of(outcome).since(earlier.of(outcome)));
    }
    return new Score(difference);
  }
}
