package io.aragora.resilience.jmh.soak;

import com.sun.management.OperatingSystemMXBean;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.jmh.benchmark.AllocationFree;
import io.aragora.resilience.jmh.report.Run;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * A hundred thousand asynchronous calls whose retries wait at the same time, in one process and through the public API: it
 * measures the cost of each and the lateness of further attempts, and checks that none is early, none is lost, and no memory
 * is left over. Fails, with exit code 1, if a check fails.
 */
public final class RetrySoak {
  private static final int CALLS = 100_000;

  /** The first fails, the second fails, the third is good. */
  private static final int ATTEMPTS = 3;

  private static final SoakFailure FAILURE = new SoakFailure();
  private static final String RUNTIME = "soak";
  private static final String TIMER = RUNTIME + "-timer";
  private static final double NANOS_PER_MILLI = 1e6;

  /** A thread that parks without a deadline uses none; a timer that ticks would use tens of milliseconds. */
  private static final double IDLE_CPU_MILLIS = 1;

  /** The limit for what remains of each ended call, in bytes: less than any object. */
  private static final double LEFT_BYTES = 8;

  /**
   * The waits of a soak.
   *
   * @param firstMillis the shortest wait before the second attempt; the longest is twice that
   * @param secondMillis the shortest wait before the third attempt; the longest is three times that
   * @param idleSeconds the duration of the idle phase
   * @param peers whether to measure peers
   */
  private record Effort(int firstMillis, int secondMillis, int idleSeconds, boolean peers) {
    static final Effort SHORT = new Effort(4_000, 500, 2, false);
    static final Effort FULL = new Effort(10_000, 3_000, 5, true);
  }

  private final Effort effort;
  private final SoakTable table = new SoakTable();
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final AtomicIntegerArray attempts = new AtomicIntegerArray(CALLS);
  private final long[] dueAt = new long[CALLS];
  private final LongAdder early = new LongAdder();
  private final ConcurrentHistogram lateness =
      new ConcurrentHistogram(1, TimeUnit.MINUTES.toNanos(10), 3);
  private final List<Supplier<CompletionStage<Integer>>> bodies = new ArrayList<>(CALLS);
  private final CompletableFuture<?>[] futures = new CompletableFuture<?>[CALLS];

  /** The call whose attempt this thread makes: a strategy does not know the call of its delay. */
  private final ThreadLocal<Integer> current = new ThreadLocal<>();

  private RetrySoak(Effort effort) {
    this.effort = effort;
    for (int i = 0; i < CALLS; i++) {
      int call = i;
      // created before measuring, because the body is the caller's
      bodies.add(() -> attempt(call));
    }
  }

  /**
   * Soaks for less than a minute.
   *
   * @param args short or full, and the folder for the results
   * @throws IOException if the results cannot be written
   */
  public static void main(String[] args) throws IOException {
    Run run = Run.beginning("soak of retries that wait, " + args[0], "RetrySoak");
    RetrySoak soak = new RetrySoak(args[0].equals("short") ? Effort.SHORT : Effort.FULL);
    soak.run();
    String title = run.date() + ", " + run.project() + " beside " + run.libraries() + "; "
        + run.machine().title() + "; " + run.effort() + ".";
    Path folder = Files.createDirectories(Path.of(args[1]));
    Files.write(folder.resolve("table.md"), soak.table.lines(title));
    Files.write(folder.resolve("machine.txt"), run.lines());
    System.exit(soak.table.isBroken() ? 1 : 0);
  }

  private void run() {
    // first, because it warms up the code that the others measure
    measureAttempt();
    measureWaits();
    measureClosing();
    measureFootprint();
    if (effort.peers()) {
      WaitingPeers peers = new WaitingPeers(CALLS);
      table.row("heap for each, Resilience4j", bytes(peers.resilience4j()));
      table.row("heap for each, Failsafe", bytes(peers.failsafe()));
    }
  }

  private void measureAttempt() {
    double[] bytes = AttemptBytes.measure();
    table.row("allocated for a further attempt", bytes(Arrays.stream(bytes).sum()));
    table.row(
        "of these by starting it, by the body, by watching its stage",
        String.format(
            Locale.ROOT,
            "%.0f, %.0f, %.0f B",
            bytes[AttemptBytes.Part.STARTING.ordinal()],
            bytes[AttemptBytes.Part.BODY.ordinal()],
            bytes[AttemptBytes.Part.WATCHING.ordinal()]));
    table.atMost(
        "of these by scheduling it",
        bytes[AttemptBytes.Part.SCHEDULING.ordinal()],
        AllocationFree.LIMIT,
        "B");
  }

  private void measureFootprint() {
    RetryFootprint footprint = RetryFootprint.measure();
    table.row("a pending retry by its objects", bytes(footprint.bytes()));
    table.row("its objects", String.join(", ", footprint.objects()));
  }

  private void measureWaits() {
    long nothing = Heap.used();
    Resilience resilience = Resilience.builder()
        .logTransitions(System.Logger.Level.OFF)
        .name(RUNTIME)
        .build();
    long began = System.nanoTime();
    start(resilience, this::delayNanos);
    table.row("retries that wait at once", SoakTable.count(CALLS));
    table.row("time to start them", millis(System.nanoTime() - began));
    long used = Heap.used();
    for (int i = 0; i < CALLS; i++) {
      if (attempts.get(i) != 1 || futures[i].isDone()) {
        throw new IllegalStateException(
            "the machine is too slow: while the heap was measured, call " + i + " made "
                + attempts.get(i) + " attempts");
      }
    }
    table.row("heap for each", bytes((double) (used - nothing) / CALLS));

    long timer = timerThread();
    long cpuBefore = threads.getThreadCpuTime(timer);
    Soaking.isSoWithin(() -> areAllDone(), 120);
    long cpu = threads.getThreadCpuTime(timer) - cpuBefore;
    long lost = 0;
    for (int i = 0; i < CALLS; i++) {
      boolean isGood = attempts.get(i) == ATTEMPTS
          && futures[i].isDone()
          && !futures[i].isCompletedExceptionally();
      lost += isGood ? 0 : 1;
    }
    table.exactly("calls that were lost", lost, 0);
    table.exactly(
        "further attempts", lateness.getTotalCount() + early.sum(), (ATTEMPTS - 1) * CALLS);
    table.exactly("of these too early", early.sum(), 0);
    table.row(
        "lateness: median, 90 %, 99 %, 99.9 %, worst",
        late(50) + ", " + late(90) + ", " + late(99) + ", " + late(99.9) + ", " + late(100)
            + " ms");
    table.row(
        "CPU time of the timer's thread, for each attempt", cpu / (ATTEMPTS - 1) / CALLS + " ns");
    measureIdle(timer);
    close(resilience, "after closing");
    Arrays.fill(futures, null);
    resilience = null;
    table.atMost(
        "heap left of each call", (double) (Heap.used() - nothing) / CALLS, LEFT_BYTES, "B");
  }

  private void measureIdle(long timer) {
    // threads of pools stay for some seconds
    Soaking.isSoWithin(() -> ourThreads() <= 1, 10);
    table.row("threads when idle", SoakTable.count(ourThreads()));
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long timerBefore = threads.getThreadCpuTime(timer);
    long processBefore = system.getProcessCpuTime();
    Soaking.rest(effort.idleSeconds());
    double process = (system.getProcessCpuTime() - processBefore) / NANOS_PER_MILLI;
    double used = (threads.getThreadCpuTime(timer) - timerBefore) / NANOS_PER_MILLI;
    String during = " in " + effort.idleSeconds() + " idle seconds";
    table.atMost("CPU time of the timer's thread" + during, used, IDLE_CPU_MILLIS, "ms");
    table.row("CPU time of the process" + during, SoakTable.decimal(process) + " ms");
  }

  private void measureClosing() {
    Resilience resilience = Resilience.builder()
        .logTransitions(System.Logger.Level.OFF)
        .name(RUNTIME)
        .build();
    start(resilience, Duration.ofMinutes(50)::toNanos);
    close(resilience, "after closing with all pending");
    long told = 0;
    for (CompletableFuture<?> future : futures) {
      told += future.isDone() && future.handle(RetrySoak::isOfClosing).join() ? 1 : 0;
    }
    table.exactly("calls that closing ended", told, CALLS);
    Arrays.fill(futures, null);
  }

  private static boolean isOfClosing(Object value, Throwable failure) {
    return failure instanceof ResilienceClosedException;
  }

  private void close(Resilience resilience, String when) {
    long began = System.nanoTime();
    resilience.close();
    table.row("time to close, " + when, millis(System.nanoTime() - began));
    Soaking.isSoWithin(() -> ourThreads() == 0, 5);
    table.exactly("threads left " + when, ourThreads(), 0);
  }

  private void start(Resilience resilience, Delay delay) {
    Retry retry = resilience.retry(
        "retry",
        RetryConfig.builder()
            .maxAttempts(ATTEMPTS)
            .backoff(Backoff.custom(retried -> delay.nanos()).cappedAt(Duration.ofHours(1)))
            .retryIf(failure -> true)
            .build());
    for (int i = 0; i < CALLS; i++) {
      attempts.set(i, 0);
      futures[i] = retry.callAsync(bodies.get(i));
    }
  }

  @FunctionalInterface
  private interface Delay {
    long nanos();
  }

  private CompletionStage<Integer> attempt(int call) {
    long now = System.nanoTime();
    int number = attempts.incrementAndGet(call);
    if (number > 1) {
      long late = now - dueAt[call];
      if (late < 0) {
        early.increment();
      } else {
        lateness.recordValue(late);
      }
    }
    current.set(call);
    return number < ATTEMPTS
        ? CompletableFuture.failedFuture(FAILURE)
        : CompletableFuture.completedFuture(call);
  }

  /** Spreads the delays evenly, and records when the attempt is due, slightly before the runtime does. */
  private long delayNanos() {
    int call = current.get();
    boolean isFirst = attempts.get(call) == 1;
    long least =
        TimeUnit.MILLISECONDS.toNanos(isFirst ? effort.firstMillis() : effort.secondMillis());
    long most = least * (isFirst ? 2 : 3);
    long delay = new SplittableRandom(call).nextLong(least, most);
    dueAt[call] = System.nanoTime() + delay;
    return delay;
  }

  private boolean areAllDone() {
    for (CompletableFuture<?> future : futures) {
      if (!future.isDone()) {
        return false;
      }
    }
    return true;
  }

  private static long timerThread() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(TIMER))
        .mapToLong(Thread::getId)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("there is no thread " + TIMER));
  }

  private static long ourThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(RUNTIME + "-"))
        .count();
  }

  private String late(double percentile) {
    return SoakTable.decimal(
        Math.round(lateness.getValueAtPercentile(percentile) / NANOS_PER_MILLI * 100) / 100.0);
  }

  private static String bytes(double value) {
    return SoakTable.count(Math.round(value)) + " B";
  }

  private static String millis(long nanos) {
    return SoakTable.count(TimeUnit.NANOSECONDS.toMillis(nanos)) + " ms";
  }
}
