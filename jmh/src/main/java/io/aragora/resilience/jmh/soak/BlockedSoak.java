package io.aragora.resilience.jmh.soak;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.jmh.report.Run;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;

/**
 * Limits of 100 ms beside application code that blocks: 100 continuations, 100 fallbacks, 64
 * listeners and one interrupt, all of which hang. Measures when the timeouts fire, synchronous and
 * asynchronous, and whether retries continue and health responds. Fails, with exit code 1, if a
 * timeout needs longer than 150 ms, or if an event or call is lost.
 */
public final class BlockedSoak {
  private static final int CONTINUATIONS = 100;
  private static final int FALLBACKS = 100;
  private static final int LISTENERS = 64;
  private static final Duration LIMIT = Duration.ofMillis(100);
  private static final double MOST_MILLIS = 150;
  private static final int WARM_UP = 10;
  private static final int SECONDS = 60;
  private static final double NANOS_PER_MILLI = 1e6;

  private final int rounds;
  private final SoakTable table = new SoakTable();
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger blocked = new AtomicInteger();
  private final Resilience resilience =
      Resilience.builder().logTransitions(System.Logger.Level.OFF).name("soak").build();

  private BlockedSoak(int rounds) {
    this.rounds = rounds;
  }

  /**
   * Soaks for less than a minute.
   *
   * @param args short or full, and the folder for the results; full and none if there are no arguments
   * @throws Exception if a step does not end within a minute, or the results cannot be written
   */
  public static void main(String[] args) throws Exception {
    String effort = args.length > 0 ? args[0] : "full";
    Run run = Run.beginning("soak beside code that blocks, " + effort, "BlockedSoak");
    BlockedSoak soak = new BlockedSoak(effort.equals("short") ? 20 : 200);
    soak.run();
    if (args.length > 1) {
      Path folder = Files.createDirectories(Path.of(args[1]));
      String title = run.date() + ", " + run.project() + "; " + run.machine().title() + "; "
          + run.effort() + ".";
      Files.write(folder.resolve("blocked.md"), soak.table.lines(title));
    }
    System.exit(soak.table.isBroken() ? 1 : 0);
  }

  private void run() throws Exception {
    blockContinuations();
    blockFallbacks();
    hangListeners();
    hangAnInterrupt();
    int expected = CONTINUATIONS + FALLBACKS + LISTENERS + 1;
    Soaking.await(() -> blocked.get() >= expected, SECONDS, "not everything blocks");
    table.exactly(
        "continuations, fallbacks, listeners and interrupts that hang", blocked.get(), expected);

    Timeout timeout = resilience.timeout("measured", LIMIT);
    Histogram synchronous = new Histogram(3);
    Histogram asynchronous = new Histogram(3);
    for (int i = 0; i < WARM_UP; i++) {
      synchronously(timeout);
      asynchronously(timeout);
    }
    for (int i = 0; i < rounds; i++) {
      synchronous.recordValue(synchronously(timeout));
      asynchronous.recordValue(asynchronously(timeout));
    }
    show("synchronous", synchronous);
    show("asynchronous", asynchronous);
    retry();
    askHealth();
    table.exactly("that hang, at the end", blocked.get(), expected);
    release.countDown();
    resilience.close();
  }

  private void show(String kind, Histogram nanos) {
    table.row(
        kind + " limits of 100 ms fire after: median, 99 %",
        millis(nanos.getValueAtPercentile(50)) + ", " + millis(nanos.getValueAtPercentile(99))
            + " ms, of " + nanos.getTotalCount());
    table.atMost(kind + ", the longest", nanos.getMaxValue() / NANOS_PER_MILLI, MOST_MILLIS, "ms");
  }

  private static String millis(long nanos) {
    return String.format(Locale.ROOT, "%.1f", nanos / NANOS_PER_MILLI);
  }

  private void block() {
    blocked.incrementAndGet();
    boolean interrupted = false;
    while (true) {
      try {
        release.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void blockContinuations() {
    Timeout timeout = resilience.timeout("continued", LIMIT);
    for (int i = 0; i < CONTINUATIONS; i++) {
      timeout
          .callAsync(() -> new CompletableFuture<String>())
          .whenComplete((value, failure) -> block());
    }
  }

  private void blockFallbacks() {
    Pipeline limited = resilience
        .unregistered()
        .pipelineBuilder("fallen back")
        .add(resilience.timeout("fallen back", LIMIT))
        .build();
    ResultPipeline<String> pipeline = limited.withFallback(Fallback.of(failure -> {
      block();
      return "fallback";
    }));
    for (int i = 0; i < FALLBACKS; i++) {
      pipeline.callAsync(() -> new CompletableFuture<String>());
    }
  }

  private void hangListeners() {
    for (int i = 0; i < LISTENERS; i++) {
      Timeout timeout = resilience.timeout("received " + i, LIMIT);
      timeout.subscribe(event -> block());
      timeout.callAsync(() -> new CompletableFuture<String>());
    }
  }

  private void hangAnInterrupt() {
    Timeout timeout = resilience.timeout("interrupted", LIMIT);
    Thread caller =
        new Thread(() -> {
          try {
            timeout.run(release::await);
          } catch (TimeoutExceededException | InterruptedException e) {
            // It is over.
          }
        }) {
          @Override
          public void interrupt() {
            block();
            super.interrupt();
          }
        };
    caller.setDaemon(true);
    caller.start();
  }

  /** Returns the duration of a call that only its timeout ends. */
  private static long synchronously(Timeout timeout) throws InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    long began = System.nanoTime();
    try {
      timeout.run(never::await);
    } catch (TimeoutExceededException e) {
      return System.nanoTime() - began;
    }
    throw new IllegalStateException("the limit did not fire");
  }

  private static long asynchronously(Timeout timeout) throws Exception {
    long began = System.nanoTime();
    return timeout
        .callAsync(() -> new CompletableFuture<String>())
        .handle((value, failure) -> System.nanoTime() - began)
        .get(SECONDS, TimeUnit.SECONDS);
  }

  private void retry() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    RetryConfig config = RetryConfig.builder()
        .maxAttempts(3)
        .backoff(Backoff.constant(Duration.ofMillis(10)))
        .retryIf(failure -> true)
        .build();
    String value = resilience
        .retry("retried", config)
        .callAsync(() -> attempts.incrementAndGet() < 3
            ? CompletableFuture.failedFuture(new SoakFailure())
            : CompletableFuture.completedFuture("up"))
        .get(SECONDS, TimeUnit.SECONDS);
    table.exactly("attempts until a retry succeeded", value.equals("up") ? attempts.get() : 0, 3);
  }

  private void askHealth() throws Exception {
    resilience.health().register("disk", HealthResult::healthy);
    long began = System.nanoTime();
    int checks = resilience
        .health()
        .checkAsync(HealthGroup.READINESS)
        .get(SECONDS, TimeUnit.SECONDS)
        .checks()
        .size();
    table.row("checks that health has answered", SoakTable.count(checks));
    table.row("after", millis(System.nanoTime() - began) + " ms");
  }
}
