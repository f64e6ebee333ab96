package io.aragora.resilience.examples.demo;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** Counts the outcomes of the calls. Thread-safe. */
final class Scoreboard {
  private final Map<Outcome, Latencies.Recorder> recorders = new EnumMap<>(Outcome.class);

  Scoreboard() {
    for (Outcome outcome : Outcome.values()) {
      recorders.put(outcome, new Latencies.Recorder());
    }
  }

  void record(Outcome outcome, long nanos) {
    recorderOf(outcome).record(nanos);
  }

  Score score() {
    Map<Outcome, Latencies> read = new EnumMap<>(Outcome.class);
    for (Outcome outcome : Outcome.values()) {
      read.put(outcome, recorderOf(outcome).read());
    }
    return new Score(read);
  }

  private Latencies.Recorder recorderOf(Outcome outcome) {
    return Objects.requireNonNull(recorders.get(outcome));
  }
}
