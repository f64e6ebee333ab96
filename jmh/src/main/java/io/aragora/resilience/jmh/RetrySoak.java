package io.aragora.resilience.jmh;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * A hundred thousand asynchronous retries that wait at the same time: what each costs in heap, how late their second attempts
 * are, and what the timer's thread does when nothing is left. Fails, with exit code 1, if an attempt was early, a call was lost,
 * the idle timer used the processor, or a thread outlived the runtime. Ends by itself in about half a minute.
 */
public final class RetrySoak {
  private static final int CALLS = 100_000;
  private static final Duration DELAY = Duration.ofSeconds(8);
  private static final Duration QUIET = Duration.ofSeconds(3);
  private static final long LIMIT_SECONDS = 60;
  private static final String RUNTIME = "soak";

  private final long[] failedAt = new long[CALLS];
  private final ConcurrentHistogram latenessMicros = new ConcurrentHistogram(3);
  private final CountDownLatch left = new CountDownLatch(CALLS);
  private final IOException failure = new IOException("down");
  private final AtomicLong early = new AtomicLong();

  private RetrySoak() {
    failure.setStackTrace(new StackTraceElement[0]);
  }

  /**
   * Runs the soak.
   *
   * @param args none
   * @throws InterruptedException if somebody ends it
   */
  public static void main(String[] args) throws InterruptedException {
    System.exit(new RetrySoak().run() ? 0 : 1);
  }

  private final class Body implements Supplier<CompletionStage<Integer>> {
    private final int number;

    Body(int number) {
      this.number = number;
    }

    @Override
    public CompletionStage<Integer> get() {
      long now = System.nanoTime();
      if (failedAt[number] == 0) {
        failedAt[number] = now;
        return CompletableFuture.failedFuture(failure);
      }
      long late = now - failedAt[number] - DELAY.toNanos();
      if (late < 0) {
        early.incrementAndGet();
      } else {
        latenessMicros.recordValue(late / 1_000);
      }
      left.countDown();
      return CompletableFuture.completedFuture(number);
    }
  }

  private boolean run() throws InterruptedException {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    boolean isComplete;
    long timerNanos;
    try (Resilience resilience = Resilience.builder().name(RUNTIME).build()) {
      Retry retry = resilience.retry(
          RUNTIME,
          RetryConfig.builder()
              .maxAttempts(2)
              .backoff(Backoff.constant(DELAY).withJitter(Jitter.NONE))
              .build());
      long before = KeyFootprint.usedBytes();
      long began = System.nanoTime();
      for (int call = 0; call < CALLS; call++) {
        retry.callAsync(new Body(call));
      }
      double perCall = (System.nanoTime() - began) / (double) CALLS;
      double bytes = (KeyFootprint.usedBytes() - before) / (double) CALLS;
      long waiting = left.getCount();
      say("%,d calls failed and wait, %.0f ns for each to get there", CALLS, perCall);
      say("heap: %.0f bytes for each, with %,d of them waiting", bytes, waiting);
      isComplete = left.await(LIMIT_SECONDS, TimeUnit.SECONDS);
      say(
          "second attempts, after their delay of %d s: %.1f ms late at the median, %.1f at 99 %%, %.1f at most; early: %d",
          DELAY.toSeconds(),
          latenessMicros.getValueAtPercentile(50) / 1e3,
          latenessMicros.getValueAtPercentile(99) / 1e3,
          latenessMicros.getMaxValue() / 1e3,
          early.get());
      timerNanos = idleTimer(threads);
      say("timer thread, idle for %d s: %,d ns of processor time", QUIET.toSeconds(), timerNanos);
      say(
          "totals: %s; heap afterwards: %,d bytes more than before",
          retry.totals(), KeyFootprint.usedBytes() - before);
      isComplete &= retry.totals().succeededAfterRetry() == CALLS;
    }
    long outlived = Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(RUNTIME + "-"))
        .count();
    say("threads that outlived the runtime: %d", outlived);
    return isComplete && early.get() == 0 && timerNanos == 0 && outlived == 0;
  }

  /** Waits until the coarse clock has gone to sleep, then watches. */
  private static long idleTimer(ThreadMXBean threads) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(QUIET.toNanos());
    Thread timer = Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(RUNTIME + "-timer"))
        .findFirst()
        .orElseThrow();
    long before = threads.getThreadCpuTime(id(timer));
    TimeUnit.NANOSECONDS.sleep(QUIET.toNanos());
    return threads.getThreadCpuTime(id(timer)) - before;
  }

  @SuppressWarnings("deprecation") // Thread.threadId() is younger than our bytecode
  private static long id(Thread thread) {
    return thread.getId();
  }

  private static void say(String format, Object... arguments) {
    System.out.printf(Locale.ROOT, format + "%n", arguments);
  }
}
