package io.aragora.resilience.jmh.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * A simulated service: calls come at random, wait in one queue, and are served by a number of servers for exponentially distributed
 * times. One seed decides when calls come and how long they are served, whatever the limiter does.
 */
final class Simulation {
  private static final long SECOND = 1_000_000_000;

  private final Scenario scenario;
  private final Limiter limiter;
  private final SplittableRandom arrivals;
  private final SplittableRandom services;
  private final ArrayDeque<Request> queue = new ArrayDeque<>();
  private final ArrayDeque<Request> patience =
      new ArrayDeque<>(); // in the order in which their callers give up
  private final PriorityQueue<Request> inService = new PriorityQueue<>();
  private final long patienceNanos;
  private int servers;
  private double serviceNanos;
  private long now;
  private long requests;

  private final List<Second> seconds = new ArrayList<>();
  private double[] latencies = new double[1024];
  private int served;
  private int rejected;
  private int dropped;

  private static final class Request implements Comparable<Request> {
    final long number;
    final long arrived;
    final double demand; // in multiples of the mean
    final Limiter.Call call;
    long finishes;
    boolean abandoned;
    boolean finished;

    Request(long number, long arrived, double demand, Limiter.Call call) {
      this.number = number;
      this.arrived = arrived;
      this.demand = demand;
      this.call = call;
    }

    @Override
    public int compareTo(Request other) {
      return finishes != other.finishes
          ? Long.compare(finishes, other.finishes)
          : Long.compare(number, other.number);
    }
  }

  private Simulation(Scenario scenario, Limiter limiter, long seed) {
    this.scenario = scenario;
    this.limiter = limiter;
    SplittableRandom random = new SplittableRandom(seed);
    this.arrivals = random.split();
    this.services = random.split();
    this.servers = scenario.servers();
    this.serviceNanos = scenario.serviceMillis() * 1e6;
    this.patienceNanos = (long) Math.min(Long.MAX_VALUE / 2, scenario.patienceSeconds() * SECOND);
  }

  /** Runs a scenario; returns its seconds. */
  static List<Second> run(Scenario scenario, Limiter limiter, long seed) {
    return new Simulation(scenario, limiter, seed).run();
  }

  private List<Second> run() {
    Iterator<Scenario.Change> changes = scenario.changes().iterator();
    Scenario.Change change = changes.hasNext() ? changes.next() : null;
    long arrives = untilNextCall();
    while (seconds.size() < scenario.seconds()) {
      long secondEnds = (seconds.size() + 1) * SECOND;
      long changesAt = change == null ? Long.MAX_VALUE : change.atSecond() * SECOND;
      long finishes = inService.isEmpty() ? Long.MAX_VALUE : inService.peek().finishes;
      long givesUp = nextToGiveUp();
      long next =
          Math.min(Math.min(Math.min(arrives, finishes), Math.min(givesUp, secondEnds)), changesAt);
      now = next;
      limiter.advanceTo(now);
      if (next == finishes) {
        finish(inService.remove());
      } else if (next == givesUp) {
        giveUp(patience.remove());
      } else if (next == arrives) {
        arrive();
        arrives = now + untilNextCall();
      } else if (next == changesAt) {
        servers = change.servers();
        serviceNanos = change.serviceMillis() * 1e6;
        change = changes.hasNext() ? changes.next() : null;
        serve();
      } else {
        endSecond();
      }
    }
    return seconds;
  }

  private long untilNextCall() {
    return 1 + (long) (exponential(arrivals) * SECOND / scenario.callsPerSecond());
  }

  private static double exponential(SplittableRandom random) {
    return -Math.log(1 - random.nextDouble());
  }

  private void arrive() {
    double demand = exponential(services);
    Limiter.Call call = limiter.admit();
    if (call == Limiter.REJECTED) {
      rejected++;
      return;
    }
    Request request = new Request(requests++, now, demand, call);
    queue.add(request);
    if (patienceNanos < Long.MAX_VALUE / 2) {
      patience.add(request);
    }
    serve();
  }

  private void serve() {
    while (inService.size() < servers && !queue.isEmpty()) {
      Request request = queue.remove();
      double crowded = 1 + (queue.size() + inService.size()) / scenario.crowd();
      request.finishes = now + 1 + (long) (request.demand * serviceNanos * crowded);
      inService.add(request);
    }
  }

  private void finish(Request request) {
    request.finished = true;
    if (!request.abandoned) {
      request.call.end(false);
      if (served == latencies.length) {
        latencies = Arrays.copyOf(latencies, served * 2);
      }
      latencies[served++] = (now - request.arrived) / 1e6;
    }
    serve();
  }

  private long nextToGiveUp() {
    while (!patience.isEmpty() && patience.peek().finished) {
      patience.remove();
    }
    return patience.isEmpty() ? Long.MAX_VALUE : patience.peek().arrived + patienceNanos;
  }

  private void giveUp(Request request) {
    request.abandoned = true;
    request.call.end(true);
    dropped++;
  }

  private void endSecond() {
    Arrays.sort(latencies, 0, served);
    seconds.add(new Second(
        limiter.limit(),
        limiter.looks(),
        limiter.baseNanos() / 1e6,
        served,
        rejected,
        dropped,
        percentile(0.5),
        percentile(0.9)));
    served = 0;
    rejected = 0;
    dropped = 0;
  }

  private double percentile(double share) {
    return served == 0 ? Double.NaN : latencies[(int) (share * (served - 1))];
  }
}
