package io.aragora.resilience.jmh.soak;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadTotals;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitTotals;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.jmh.report.Run;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterTotals;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Ten million calls through a bulkhead, a concurrency limit and a rate limiter that are too small, from threads and futures, with random cancels,
 * interrupts, timeouts and changes of the limits. Fails, with exit code 1, if a place, a waiter or a call is lost, or if more
 * bodies run at a time than the largest limit.
 */
public final class AdmissionSoak {
  private static final int CALLERS = 8;
  private static final int MOST_PLACES = 24;
  private static final int FULL = 10_000_000;
  private static final int SHORT = 500_000;
  private static final int SECONDS = 60;
  private static final List<Priority> PRIORITIES = List.of(Priority.values());

  /** How many stages a caller leaves open at a time. */
  private static final int OPEN_STAGES = 4;

  private final int callsOfEach;
  private final long seed;
  private final SoakTable table = new SoakTable();
  private final Resilience resilience =
      Resilience.builder().logTransitions(System.Logger.Level.OFF).name("soak").build();
  private final Bulkhead bulkhead = resilience.bulkhead("places", places(4));
  private final Bulkhead inner = resilience.bulkhead("inner", places(4));
  private final ConcurrencyLimit limit = resilience.concurrencyLimit("limit", limited(4));
  private final RateLimiter limiter = resilience.rateLimiter("rate", rate(10_000));
  private final Timeout timeout = resilience.timeout("limit", Duration.ofMillis(2));
  private final Pipeline pipeline =
      resilience.pipeline("all", p -> p.add(timeout).add(limiter).add(inner));

  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger mostRunning = new AtomicInteger();
  private final LongAdder bulkheadCalls = new LongAdder();
  private final LongAdder limitCalls = new LongAdder();
  private final LongAdder bodies = new LongAdder();
  private final LongAdder foreign = new LongAdder();
  private final LongAdder unended = new LongAdder();
  private volatile boolean ended;

  private AdmissionSoak(int calls, long seed) {
    this.callsOfEach = calls / CALLERS;
    this.seed = seed;
  }

  /**
   * Soaks for some minutes.
   *
   * @param args short or full, and the folder for the results; full and none if there are no arguments
   * @throws Exception if the callers do not end, or the results cannot be written
   */
  public static void main(String[] args) throws Exception {
    String effort = args.length > 0 ? args[0] : "full";
    Run run = Run.beginning("soak of admission, " + effort, "AdmissionSoak");
    AdmissionSoak soak =
        new AdmissionSoak(effort.equals("short") ? SHORT : FULL, Long.getLong("seed", 22));
    soak.run();
    if (args.length > 1) {
      Path folder = Files.createDirectories(Path.of(args[1]));
      String title = run.date() + ", " + run.project() + "; " + run.machine().title() + "; "
          + run.effort() + ".";
      Files.write(folder.resolve("admission.md"), soak.table.lines(title));
    }
    System.exit(soak.table.isBroken() ? 1 : 0);
  }

  private static BulkheadConfig places(int count) {
    return BulkheadConfig.builder()
        .maxConcurrentCalls(count)
        .maxWait(Duration.ofNanos(200_000))
        .maxWaiting(16)
        .order(
            count % 2 == 0 ? BulkheadConfig.Order.OLDEST_FIRST : BulkheadConfig.Order.NEWEST_FIRST)
        .build();
  }

  /** The limit moves between bounds that move as well. */
  private static ConcurrencyLimitConfig limited(int count) {
    return ConcurrencyLimitConfig.builder()
        .least(1)
        .initial(count)
        .most(count)
        .window(Duration.ofMillis(100))
        .maxWait(Duration.ofNanos(200_000))
        .maxWaiting(16)
        .build();
  }

  private static RateLimiterConfig rate(int perSecond) {
    return RateLimiterConfig.smooth(perSecond, Duration.ofSeconds(1))
        .burst(50)
        .maxWait(Duration.ofNanos(200_000))
        .maxWaiting(16)
        .build();
  }

  private void run() throws InterruptedException {
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      SplittableRandom random = new SplittableRandom(seed + i);
      Thread caller = new Thread(() -> call(random), "caller-" + i);
      callers.add(caller);
      caller.start();
    }
    Thread disturber = new Thread(() -> disturb(callers), "disturber");
    disturber.start();
    long began = System.nanoTime();
    for (Thread caller : callers) {
      caller.join();
    }
    ended = true;
    disturber.join();
    table.row("calls", SoakTable.count((long) callsOfEach * CALLERS));
    table.row(
        "seconds", SoakTable.count(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began)));
    Soaking.isSoWithin(() -> inUse() == 0, SECONDS);
    Soaking.isSoWithin(() -> timerEntries() == 0, SECONDS);
    report();
    resilience.close();
  }

  /** What only the timer still holds of a call that has ended. */
  private static long timerEntries() {
    return Heap.instances("DeferredFuture$WaitEnd") + Heap.instances("LimitedFuture");
  }

  private int inUse() {
    return bulkhead.snapshot().inUse()
        + inner.snapshot().inUse()
        + limit.snapshot().inUse();
  }

  private void report() {
    BulkheadTotals places = bulkhead.totals();
    ConcurrencyLimitTotals limited = limit.totals();
    RateLimiterTotals rate = limiter.totals();
    table.exactly("places in use at the end", inUse(), 0);
    table.exactly(
        "calls that wait for a place at the end",
        bulkhead.snapshot().waiting()
            + inner.snapshot().waiting()
            + limit.snapshot().waiting(),
        0);
    table.exactly("calls that wait for a permit at the end", limiter.snapshot().waiting(), 0);
    table.exactly("entries of the timer at the end", timerEntries(), 0);
    table.exactly("bodies that run at the end", running.get(), 0);
    table.atMost("bodies at a time", mostRunning.get(), 3 * MOST_PLACES, "bodies");
    table.exactly("futures that never ended", unended.sum(), 0);
    table.exactly("failures that no policy explains", foreign.sum(), 0);
    table.exactly(
        "permits given back twice",
        places.strayReleases() + inner.totals().strayReleases() + limited.strayReleases(),
        0);
    table.exactly(
        "calls of the concurrency limit, by outcome",
        limited.admitted() + limited.admittedAfterWait() + limited.rejected() + limited.cancelled(),
        limitCalls.sum());
    table.exactly(
        "calls of the bulkhead, by outcome",
        places.admitted() + places.admittedAfterWait() + places.rejected() + places.cancelled(),
        bulkheadCalls.sum());
    table.row("admitted at once", SoakTable.count(places.admitted()));
    table.row("admitted after a wait", SoakTable.count(places.admittedAfterWait()));
    table.row("rejected", SoakTable.count(places.rejected()));
    table.row("cancelled or interrupted while they waited", SoakTable.count(places.cancelled()));
    table.row("rejected by the limiter", SoakTable.count(rate.rejected()));
    table.row("admitted by the limiter after a wait", SoakTable.count(rate.admittedAfterWait()));
    table.row("limits exceeded", SoakTable.count(timeout.totals().fired()));
  }

  private void disturb(List<Thread> callers) {
    SplittableRandom random = new SplittableRandom(seed - 1);
    while (!ended) {
      bulkhead.reconfigure(places(1 + random.nextInt(MOST_PLACES)));
      inner.reconfigure(places(1 + random.nextInt(MOST_PLACES)));
      limit.reconfigure(limited(1 + random.nextInt(MOST_PLACES)));
      if (random.nextInt(4) == 0) {
        limiter.reconfigure(rate(2_000 + random.nextInt(18_000)));
      }
      callers.get(random.nextInt(CALLERS)).interrupt();
      LockSupport.parkNanos(500_000);
    }
  }

  private void call(SplittableRandom random) {
    List<CompletableFuture<Integer>> stages = new ArrayList<>();
    List<CompletableFuture<Integer>> futures = new ArrayList<>();
    for (int i = 0; i < callsOfEach; i++) {
      int kind = random.nextInt(16);
      if (kind < 5) {
        sync(bulkhead, kind < 3 ? 0 : 5_000);
      } else if (kind < 8) {
        sync(limited(random), kind < 7 ? 0 : 5_000);
      } else if (kind < 10) {
        permit();
      } else if (kind < 12) {
        sync(pipeline, 0);
      } else if (kind == 12) {
        if (limiter.tryAcquire()) {
          bodies.increment();
        }
      } else {
        async(chosen(random), stages, futures);
        if (futures.size() > OPEN_STAGES) {
          end(random, stages, futures);
        }
      }
      // An interrupt that came between two calls belongs to none.
      if (Thread.interrupted() && random.nextInt(8) == 0) {
        Thread.currentThread().interrupt();
      }
    }
    Thread.interrupted();
    while (!futures.isEmpty()) {
      end(random, stages, futures);
    }
  }

  private Policy limited(SplittableRandom random) {
    return limit.withPriority(PRIORITIES.get(random.nextInt(PRIORITIES.size())));
  }

  private Policy chosen(SplittableRandom random) {
    return switch (random.nextInt(3)) {
      case 0 -> bulkhead;
      case 1 -> limited(random);
      default -> pipeline;
    };
  }

  private Integer body(int nanos) {
    bodies.increment();
    int now = running.incrementAndGet();
    mostRunning.accumulateAndGet(now, Math::max);
    if (nanos > 0) {
      long until = System.nanoTime() + nanos;
      while (System.nanoTime() < until) {
        Thread.onSpinWait();
      }
    }
    running.decrementAndGet();
    return now;
  }

  private void sync(Policy policy, int nanos) {
    count(policy);
    try {
      policy.<Integer, RuntimeException>call(() -> body(nanos));
    } catch (CallRejectedException | TimeoutExceededException | CallInterruptedException e) {
      // as it should be
    } catch (RuntimeException e) {
      foreign.increment();
    }
  }

  private void permit() {
    bulkheadCalls.increment();
    long permit = bulkhead.tryAcquirePermit();
    if (permit != Bulkhead.REJECTED) {
      body(0);
      bulkhead.releasePermit(permit);
    }
  }

  private void count(Policy policy) {
    if (policy == bulkhead) {
      bulkheadCalls.increment();
    } else if (policy instanceof ConcurrencyLimit) {
      limitCalls.increment();
    }
  }

  private void async(
      Policy policy,
      List<CompletableFuture<Integer>> stages,
      List<CompletableFuture<Integer>> futures) {
    count(policy);
    CompletableFuture<Integer> stage = new CompletableFuture<>();
    stages.add(stage);
    futures.add(policy.callAsync(() -> {
      body(0);
      return stage;
    }));
  }

  /** Ends the oldest call: by its stage, by a cancellation, or from outside. */
  private void end(
      SplittableRandom random,
      List<CompletableFuture<Integer>> stages,
      List<CompletableFuture<Integer>> futures) {
    CompletableFuture<Integer> stage = stages.remove(0);
    CompletableFuture<Integer> future = futures.remove(0);
    switch (random.nextInt(4)) {
      case 0 -> future.cancel(true);
      case 1 -> future.complete(1);
      default -> stage.complete(1);
    }
    if (!Soaking.isSoWithin(future::isDone, SECONDS)) {
      unended.increment();
    }
  }
}
