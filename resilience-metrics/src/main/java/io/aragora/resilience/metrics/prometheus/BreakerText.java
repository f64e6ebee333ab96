package io.aragora.resilience.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.internal.ReadableBreaker.Place;
import java.io.IOException;

/**
 * The breakers of one runtime as text. A line is what its family begins with, the name of the breaker, what follows
 * from family and runtime, and a number; only the name belongs to the breaker. Not thread-safe.
 */
final class BreakerText {
  private final BreakerReading reading;
  private final BreakerNames names;

  /** The end of the labels. */
  private final String end;

  BreakerText(String runtime, BreakerReading reading) {
    this.reading = reading;
    this.names = reading.names();
    this.end = new String(TextLines.label(MetricNames.RUNTIME, runtime), UTF_8);
  }

  /** Returns whether there is a line of a family. */
  boolean has(BreakerFamily family) {
    boolean found = false;
    for (int at = 0; at < reading.size() && !found; at++) {
      found = reading.shows(family, at);
    }
    return found;
  }

  /** Writes all lines of a family. */
  void write(BreakerFamily family, TextLines lines) throws IOException {
    switch (family) {
      case CALLS -> writeCalls(family, lines);
      case STATE_CHANGES -> writeChanges(family, lines);
      case FAILURE_RATE, SLOW_CALLS, STATE, THROTTLED, THROTTLE_SHARE -> writePlain(family, lines);
    }
  }

  private void writeCalls(BreakerFamily family, TextLines lines) throws IOException {
    String head = head(family);
    TextLines.Joint[] joints = new TextLines.Joint[BreakerSeries.OUTCOMES.length];
    for (int i = 0; i < joints.length; i++) {
      joints[i] = new TextLines.Joint(
          "," + MetricNames.OUTCOME + "=\"" + BreakerSeries.OUTCOMES[i] + "\"," + end + "} ", head);
    }
    lines.begin(head);
    for (int at = 0; at < reading.size(); at++) {
      for (int i = 0; i < joints.length; i++) {
        lines.write(names, at, joints[i], reading.count(at, i));
      }
    }
    lines.end(head);
  }

  /** One line for each breaker that shows the family. */
  private void writePlain(BreakerFamily family, TextLines lines) throws IOException {
    String head = head(family);
    TextLines.Joint joint = new TextLines.Joint("," + end + "} ", head);
    lines.begin(head);
    for (int at = 0; at < reading.size(); at++) {
      if (!reading.shows(family, at)) {
        continue;
      }
      switch (family) {
        case FAILURE_RATE -> lines.write(names, at, joint, reading.failureRate(at));
        case THROTTLE_SHARE -> lines.write(names, at, joint, reading.throttleShare(at));
        case STATE -> lines.write(names, at, joint, reading.state(at));
        case THROTTLED -> lines.write(names, at, joint, reading.count(at, Place.THROTTLED));
        default -> lines.write(names, at, joint, reading.count(at, Place.SLOW));
      }
    }
    lines.end(head);
  }

  /** Changes from one state come before those from the next, as their labels are sorted. */
  private void writeChanges(BreakerFamily family, TextLines lines) throws IOException {
    int next;
    for (int first = 0; first < StateChanges.SIZE; first = next) {
      next = StateChanges.endOfSameOrigin(first);
      writeChangesFrom(first, next, family, lines);
    }
  }

  private void writeChangesFrom(int first, int next, BreakerFamily family, TextLines lines)
      throws IOException {
    String head =
        head(family) + MetricNames.FROM_STATE + "=\"" + StateChanges.from(first).text() + "\",";
    TextLines.Joint[] joints = new TextLines.Joint[StateChanges.SIZE];
    for (int i = first; i < next; i++) {
      joints[i] = new TextLines.Joint(
          "," + end + "," + MetricNames.TO_STATE + "=\"" + StateChanges.to(i).text() + "\"} ",
          head);
    }
    boolean hasTrip = first <= StateChanges.TRIP && StateChanges.TRIP < next;
    lines.begin(head);
    for (int at = 0; at < reading.size(); at++) {
      long[] changes = reading.changes(at);
      if (changes == null) {
        if (hasTrip) {
          lines.write(names, at, joints[StateChanges.TRIP], 0L);
        }
        continue;
      }
      for (int i = first; i < next; i++) {
        if (changes[i] != 0 || i == StateChanges.TRIP) {
          lines.write(names, at, joints[i], changes[i]);
        }
      }
    }
    lines.end(head);
  }

  private static String head(BreakerFamily family) {
    return family.head().written() + "{";
  }
}
