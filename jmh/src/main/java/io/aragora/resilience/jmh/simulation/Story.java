package io.aragora.resilience.jmh.simulation;

import io.aragora.resilience.jmh.simulation.Scenario.Change;
import java.util.List;

/**
 * A scenario of the page.
 *
 * @param file the name of its plot, without its ending
 * @param measuredFrom the second from which goodput counts
 */
record Story(String file, String title, String text, Scenario scenario, int measuredFrom) {
  private static final Scenario OVERLOADED = Scenario.overloaded(32, 10, 2, 600);

  static final List<Story> ALL = List.of(
      new Story(
          "steady-overload",
          "A lasting overload",
          "32 servers, each call served for 10 ms in the mean, twice the calls that they can serve (3,200 a second), for ten"
              + " minutes.",
          OVERLOADED,
          60),
      new Story(
          "servers-lost",
          "Half of the servers are gone for a minute",
          "The same service; from the 60th to the 120th second it has 16 servers.",
          Scenario.overloaded(32, 10, 2, 240).with(new Change(60, 16, 10), new Change(120, 32, 10)),
          60),
      new Story(
          "overloaded-from-the-start",
          "Overloaded from the first call",
          "8 servers, which carry 800 calls a second, and twice as many calls. No limiter ever sees a latency without load.",
          Scenario.overloaded(8, 10, 2, 420),
          60),
      new Story(
          "slower-for-good",
          "Slower for good",
          "32 servers; from the 60th second each call is served for 30 ms, so 1,067 calls a second are what they can serve.",
          Scenario.overloaded(32, 10, 2, 420).with(new Change(60, 32, 30)),
          60),
      new Story(
          "crowded",
          "A service that suffers from a crowd",
          "32 servers; 100 calls that wait or are served double the time of the next one.",
          OVERLOADED.crowd(100),
          60),
      new Story(
          "callers-give-up",
          "Callers that give up",
          "32 servers, one and a half times the calls that they can serve. Callers give up after half a second, and the service"
              + " works on their calls nevertheless.",
          Scenario.overloaded(32, 10, 1.5, 180).patience(0.5),
          60));

  boolean compares(Contestant contestant) {
    return contestant != Contestant.NONE || Double.isFinite(scenario.patienceSeconds());
  }
}
