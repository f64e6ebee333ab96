package io.aragora.resilience.jmh.simulation;

import java.util.List;

/**
 * A service, its load, and how both change.
 *
 * @param callsPerSecond the mean rate at which calls come
 * @param patienceSeconds after how many seconds callers give up; the service works on their calls nevertheless
 * @param crowd how many calls, waiting or being served, double the time that the next one is served for
 * @param changes in the order of time
 */
record Scenario(
    int servers,
    double serviceMillis,
    double callsPerSecond,
    double patienceSeconds,
    double crowd,
    int seconds,
    List<Change> changes) {

  /** What a service is from an instant on. */
  record Change(int atSecond, int servers, double serviceMillis) {}

  /** {@return a scenario without changes whose load is a multiple of what the service carries} */
  static Scenario overloaded(int servers, double serviceMillis, double load, int seconds) {
    return new Scenario(
        servers,
        serviceMillis,
        load * servers * 1000 / serviceMillis,
        Double.POSITIVE_INFINITY,
        Double.POSITIVE_INFINITY,
        seconds,
        List.of());
  }

  Scenario with(Change... changes) {
    return new Scenario(
        servers, serviceMillis, callsPerSecond, patienceSeconds, crowd, seconds, List.of(changes));
  }

  Scenario patience(double seconds) {
    return new Scenario(
        servers, serviceMillis, callsPerSecond, seconds, crowd, this.seconds, changes);
  }

  Scenario crowd(double calls) {
    return new Scenario(
        servers, serviceMillis, callsPerSecond, patienceSeconds, calls, seconds, changes);
  }
}
