package io.aragora.resilience.examples.overload;

import java.util.Arrays;

/** Counts calls and measures the answered ones. Thread-safe. */
final class Meter {
  private double[] millis = new double[256];
  private int served;
  private int offered;

  synchronized void offered(int calls) {
    offered += calls;
  }

  synchronized void served(long nanos) {
    if (served == millis.length) {
      millis = Arrays.copyOf(millis, served * 2);
    }
    millis[served++] = nanos / 1e6;
  }

  /** Returns what was counted since the last time, and begins anew. */
  synchronized Moment next(double fromSeconds, double toSeconds, double limit) {
    double length = toSeconds - fromSeconds;
    Arrays.sort(millis, 0, served);
    Moment moment = new Moment(
        toSeconds,
        offered / length,
        served / length,
        served == 0 ? Double.NaN : millis[(int) (0.9 * (served - 1))],
        limit);
    offered = 0;
    served = 0;
    return moment;
  }
}
