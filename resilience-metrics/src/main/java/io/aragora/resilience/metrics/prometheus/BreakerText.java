package io.aragora.resilience.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.internal.ReadableBreaker.Place;
import java.io.IOException;

/**
 * The breakers of one runtime as text. A line is what its family begins with, the name of the breaker, what follows from family and runtime, and a number; only the name belongs to the breaker. Not thread-safe.
 */
final class BreakerText {
  private final BreakerReading reading;

  /** The end of the labels. */
  private final String end;

  BreakerText(String runtime, BreakerReading reading) {
    this.reading = reading;
    this.end = new String(TextLines.label(MetricNames.RUNTIME, runtime), UTF_8);
  }

  /** Returns whether there is a line of a family. */
  boolean has(BreakerFamily family) {
    return switch (family) {
      case CALLS, SLOW_CALLS, STATE_CHANGES -> true;
      case FAILURE_RATE, STATE -> hasState();
    };
  }

  private boolean hasState() {
    for (int at = 0; at < reading.size(); at++) {
      if (reading.state(at) != BreakerReading.NO_STATE) {
        return true;
      }
    }
    return false;
  }

  /** Writes all lines of a family. */
  void write(BreakerFamily family, TextLines lines) throws IOException {
    switch (family) {
      case CALLS -> writeCalls(family, lines);
      case FAILURE_RATE -> writeFailureRates(family, lines);
      case SLOW_CALLS -> writeSlowCalls(family, lines);
      case STATE -> writeStates(family, lines);
      case STATE_CHANGES -> writeChanges(family, lines);
    }
  }

  private void writeCalls(BreakerFamily family, TextLines lines) throws IOException {
    byte[] head = head(family);
    byte[][] tails = new byte[BreakerSeries.OUTCOMES.length][];
    for (int i = 0; i < tails.length; i++) {
      tails[i] =
          bytes("," + MetricNames.OUTCOME + "=\"" + BreakerSeries.OUTCOMES[i] + "\"," + end + "} ");
    }
    for (int at = 0; at < reading.size(); at++) {
      for (int i = 0; i < tails.length; i++) {
        lines.write(head, reading.text(at), tails[i], reading.count(at, i));
      }
    }
  }

  private void writeSlowCalls(BreakerFamily family, TextLines lines) throws IOException {
    byte[] head = head(family);
    byte[] tail = tail();
    for (int at = 0; at < reading.size(); at++) {
      lines.write(head, reading.text(at), tail, reading.count(at, Place.SLOW));
    }
  }

  private void writeStates(BreakerFamily family, TextLines lines) throws IOException {
    byte[] head = head(family);
    byte[] tail = tail();
    for (int at = 0; at < reading.size(); at++) {
      if (reading.state(at) != BreakerReading.NO_STATE) {
        lines.write(head, reading.text(at), tail, reading.state(at));
      }
    }
  }

  private void writeFailureRates(BreakerFamily family, TextLines lines) throws IOException {
    byte[] head = head(family);
    byte[] tail = tail();
    for (int at = 0; at < reading.size(); at++) {
      if (reading.state(at) != BreakerReading.NO_STATE) {
        lines.write(head, reading.text(at), tail, reading.failureRate(at));
      }
    }
  }

  /** Changes from one state come before those from the next, as their labels are sorted. */
  private void writeChanges(BreakerFamily family, TextLines lines) throws IOException {
    byte[][] heads = new byte[StateChanges.SIZE][];
    byte[][] tails = new byte[StateChanges.SIZE][];
    for (int i = 0; i < StateChanges.SIZE; i++) {
      heads[i] = bytes(family.written() + "{" + MetricNames.FROM_STATE + "=\""
          + StateChanges.from(i).text() + "\",");
      tails[i] = bytes(
          "," + end + "," + MetricNames.TO_STATE + "=\"" + StateChanges.to(i).text() + "\"} ");
    }
    int next;
    for (int first = 0; first < StateChanges.SIZE; first = next) {
      next = StateChanges.endOfSameOrigin(first);
      boolean hasTrip = first <= StateChanges.TRIP && StateChanges.TRIP < next;
      for (int at = 0; at < reading.size(); at++) {
        long[] changes = reading.changes(at);
        if (changes == null && !hasTrip) {
          continue;
        }
        for (int i = first; i < next; i++) {
          long count = changes == null ? 0 : changes[i];
          if (count != 0 || i == StateChanges.TRIP) {
            lines.write(heads[i], reading.text(at), tails[i], count);
          }
        }
      }
    }
  }

  private static byte[] head(BreakerFamily family) {
    return bytes(family.written() + "{");
  }

  private byte[] tail() {
    return bytes("," + end + "} ");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
