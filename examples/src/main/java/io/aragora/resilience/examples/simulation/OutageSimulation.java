package io.aragora.resilience.examples.simulation;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.zip.CRC32;

/**
 * A thousand callers and a dependency that is down for two minutes and short of capacity for eight
 * more, in simulated time: once with a retry budget and once without. The same seed gives the same
 * log, byte for byte.
 *
 * <p>{@code mvn -q -Psimulation verify} writes both logs to {@code examples/target/simulation}.
 */
public final class OutageSimulation {
  private static final int CALLERS = 1_000;
  private static final Duration BETWEEN_CALLS = Duration.ofSeconds(5);
  private static final int CAPACITY = 400;
  private static final int CAPACITY_IN_BROWNOUT = 120;
  private static final Duration SLICE = Duration.ofSeconds(10);

  /**
   * The numbers of slices after which the dependency fails, returns with less capacity, and has recovered, and after which the
   * run ends.
   */
  private static final int DOWN_AT = 6;

  private static final int BROWNOUT_AT = DOWN_AT + 12;
  private static final int WELL_AT = DOWN_AT + 60;
  private static final int END = WELL_AT + 24;

  private final ManualTime time;
  private final Writer log;
  private final Resilience resilience;
  private final Agenda agenda;
  private final Dependency dependency;
  private final CircuitBreaker breaker;
  private final Retry retry;
  private final RetryBudget budget;
  private final Timeout timeout;
  private final Pipeline pipeline;

  /** A digest of every event, so that equal logs prove equal runs. */
  private final CRC32 fingerprint = new CRC32();

  private long calls;
  private long ended;
  private long succeeded;
  private long attempts;
  private long transitions;
  private long worstLoad;
  private long answeredInOutage;
  private int recoveredAt = -1;

  private OutageSimulation(long seed, boolean withBudget, Writer log) {
    this.log = log;
    time = ManualTime.seeded(seed);
    resilience = Resilience.builder()
        .name("simulation")
        .timeSource(time)
        .logTransitions(System.Logger.Level.OFF) // the simulation counts them
        .build();
    agenda = new Agenda(time);
    dependency = new Dependency(time, agenda, CAPACITY);
    budget = resilience.retryBudget(
        "dependency",
        RetryBudgetConfig.builder().capacity(100).ratio(0.1).perSecond(1).build());
    RetryConfig.Builder retries = RetryConfig.builder()
        .maxAttempts(4)
        .backoff(Backoff.exponential(Duration.ofMillis(200))
            .cappedAt(Duration.ofSeconds(2))
            .withJitter(Jitter.FULL));
    retry = resilience.retry("dependency", (withBudget ? retries.budget(budget) : retries).build());
    breaker = resilience.circuitBreaker(
        "dependency",
        CircuitBreakerConfig.builder()
            .noFailureThreshold()
            .failureRateThreshold(98)
            .window(Duration.ofSeconds(10))
            .minimumNumberOfCalls(100)
            .cooldown(Duration.ofSeconds(15))
            .build());
    timeout = resilience.timeout("dependency", Duration.ofSeconds(1));
    pipeline = resilience
        .unregistered()
        .pipelineBuilder("dependency")
        .add(retry)
        .add(breaker)
        .add(timeout)
        .build();
    breaker.subscribe(transition -> {
      transitions++;
      line(
          "breaker %s -> %s, because of %s",
          transition.from(), transition.to(), transition.cause());
    });
    retry.subscribe(this::mark);
  }

  /**
   * Runs the simulation.
   *
   * @param seed the seed of all random decisions
   * @param withBudget whether retries have a budget
   * @param log is written to and not closed
   * @return the result
   */
  public static Outcome run(long seed, boolean withBudget, Writer log) {
    OutageSimulation simulation = new OutageSimulation(seed, withBudget, log);
    try {
      return simulation.run(withBudget);
    } finally {
      simulation.resilience.close();
    }
  }

  /**
   * Runs both variants and compares them.
   *
   * @param arguments a folder for the logs, and a seed; both may be missing
   * @throws IOException if the logs cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments.length > 0 ? arguments[0] : "simulation");
    long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 42;
    Files.createDirectories(folder);
    System.out.printf(
        "%-16s %10s %10s %10s %12s %12s%n",
        "", "calls", "requests", "worst load", "answered in", "recovered");
    System.out.printf("%-16s %10s %10s %10s %12s %12s%n", "", "", "", "", "the outage", "after");
    for (boolean withBudget : new boolean[] {false, true}) {
      Path file = folder.resolve(withBudget ? "with-budget.log" : "without-budget.log");
      long began = System.nanoTime();
      Outcome outcome;
      try (Writer log = Files.newBufferedWriter(file)) {
        outcome = run(seed, withBudget, log);
      }
      double seconds = (System.nanoTime() - began) / 1e9;
      System.out.printf(
          Locale.ROOT, "%s   %s, in %.1f s%n", row(withBudget, outcome), file, seconds);
    }
  }

  /** Returns the line of the table for one variant. */
  static String row(boolean withBudget, Outcome outcome) {
    return String.format(
        Locale.ROOT,
        "%-16s %10d %10d %9d%% %12d %12s",
        withBudget ? "with budget" : "without budget",
        outcome.calls(),
        outcome.attempts(),
        outcome.worstLoad(),
        outcome.answeredInOutage(),
        outcome.recoverySeconds() < 0 ? "never" : outcome.recoverySeconds() + " s");
  }

  private Outcome run(boolean withBudget) {
    line("%d callers, %s retry budget", CALLERS, withBudget ? "with a" : "without a");
    for (int caller = 0; caller < CALLERS; caller++) {
      plan("caller " + caller, 0);
    }
    for (int slice = 0; slice < END; slice++) {
      turn(slice);
      long callsBefore = calls;
      long attemptsBefore = attempts;
      long endedBefore = ended;
      long succeededBefore = succeeded;
      time.advance(SLICE);
      summarize(
          slice,
          calls - callsBefore,
          attempts - attemptsBefore,
          ended - endedBefore,
          succeeded - succeededBefore);
    }
    int recovery = recoveredAt < 0 ? -1 : (recoveredAt - WELL_AT + 1) * (int) SLICE.toSeconds();
    drain();
    Outcome outcome = new Outcome(
        calls,
        ended,
        succeeded,
        attempts,
        worstLoad,
        answeredInOutage,
        recovery,
        transitions,
        budget.rejected());
    line("%s", outcome);
    return outcome;
  }

  private void turn(int slice) {
    if (slice == DOWN_AT) {
      line("the dependency fails");
      dependency.setDown(true);
    } else if (slice == BROWNOUT_AT) {
      line(
          "the dependency is back, with %d of %d requests a second",
          CAPACITY_IN_BROWNOUT, CAPACITY);
      dependency.setDown(false);
      dependency.setCapacity(CAPACITY_IN_BROWNOUT);
    } else if (slice == WELL_AT) {
      line("the dependency has recovered");
      dependency.setCapacity(CAPACITY);
    }
  }

  private void summarize(int slice, long made, long sent, long done, long good) {
    long load = made == 0 ? 0 : 100 * sent / made;
    worstLoad = Math.max(worstLoad, load);
    if (slice >= DOWN_AT && slice < WELL_AT) {
      answeredInOutage += good;
    }
    if (slice >= WELL_AT && recoveredAt < 0 && good * 10 >= done * 9) {
      recoveredAt = slice;
    }
    line(
        "%5d calls, %5d requests (%3d %%), %5d of %5d answered, budget %5.1f, rejected %6d, breaker %s, %08x",
        made,
        sent,
        load,
        good,
        done,
        budget.level(),
        budget.rejected(),
        breaker.state(),
        fingerprint.getValue());
  }

  private void plan(String caller, long number) {
    double part = 0.5 + time.random(caller, number, 0);
    agenda.after(Duration.ofNanos((long) (BETWEEN_CALLS.toNanos() * part)), () -> {
      if (time.nanoTime() >= END * SLICE.toNanos()) {
        return;
      }
      call(caller, number);
      plan(caller, number + 1);
    });
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what comes of it is counted
  private void call(String caller, long number) {
    calls++;
    pipeline
        .callAsync(() -> {
          attempts++;
          return dependency.request();
        })
        .whenComplete((answer, failure) -> {
          ended++;
          succeeded += failure == null ? 1 : 0;
          mark(caller + " " + number + " " + (failure == null ? answer : failure.getMessage()));
        });
  }

  /** Lets the last calls end. */
  private void drain() {
    time.advance(Duration.ofSeconds(30));
  }

  private void mark(RetryEvent event) {
    mark(event.kind() + " " + event.attempt() + " " + event.delay());
  }

  private void mark(String event) {
    fingerprint.update(
        (time.nanoTime() + " " + event).getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private void line(String format, Object... arguments) {
    try {
      log.write(String.format(Locale.ROOT, "%7.3f  ", time.nanoTime() / 1e9));
      log.write(String.format(Locale.ROOT, format, arguments));
      log.write('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
