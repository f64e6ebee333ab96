package io.aragora.resilience.jmh.soak;

import com.sun.management.ThreadMXBean;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.jmh.benchmark.InlineTime;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Counts, to the byte, what each further attempt of an asynchronous call allocates, and where. One thread runs everything, by
 * a simulated time. Hooks that every user has divide an attempt into parts: the body, the predicate on its
 * failure, and the time source, which learns when a timer is armed.
 */
final class AttemptBytes {
  /** The parts of a further attempt, in their order. */
  enum Part {
    /** From the armed timer to the body: unwinding the attempt before, firing, handing over, the attempt's context. */
    STARTING,
    /** The body of this class: a failed stage. */
    BODY,
    /** From the end of the body to the predicate: watching the stage, keeping its failure. */
    WATCHING,
    /** From the predicate to the armed timer: deciding and scheduling. */
    SCHEDULING
  }

  private static final int ATTEMPTS = 9;
  private static final int WARM_UP = 20_000;
  private static final int CALLS = 2_000;
  private static final Duration DELAY = Duration.ofMillis(5);

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final long[] bytes = new long[Part.values().length];
  private final Throwable[] failures = new Throwable[ATTEMPTS];
  private final InlineTime time = new InlineTime(() -> mark(Part.SCHEDULING));
  private long last;
  private int attempt;
  private boolean counting;

  private AttemptBytes() {
    for (int i = 0; i < ATTEMPTS; i++) {
      failures[i] = new SoakFailure();
    }
  }

  /**
   * Measures for a few seconds.
   *
   * @return bytes for each attempt, by the ordinal of the part
   */
  static double[] measure() {
    return new AttemptBytes().run();
  }

  private double[] run() {
    double[] perAttempt = new double[bytes.length];
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      Retry retry = resilience.retry(
          "retry",
          RetryConfig.builder()
              .maxAttempts(ATTEMPTS)
              .backoff(Backoff.constant(DELAY))
              .retryIf(failure -> {
                mark(Part.WATCHING);
                return true;
              })
              .build());
      call(retry, WARM_UP);
      counting = true;
      call(retry, CALLS);
    }
    for (int i = 0; i < bytes.length; i++) {
      // no timer is armed before the first attempt, nor by the last
      perAttempt[i] = (double) bytes[i] / CALLS / (ATTEMPTS - 2);
    }
    return perAttempt;
  }

  private void call(Retry retry, int times) {
    for (int i = 0; i < times; i++) {
      attempt = 0;
      CompletableFuture<Integer> future = retry.callAsync(this::body);
      for (int wait = 1; wait < ATTEMPTS; wait++) {
        // twice as long, since a constant delay has a jitter
        time.advance(DELAY.multipliedBy(2));
      }
      if (attempt != ATTEMPTS || !future.isCompletedExceptionally()) {
        throw new IllegalStateException("the call is not over after " + attempt + " attempts");
      }
    }
  }

  private CompletionStage<Integer> body() {
    attempt++;
    mark(Part.STARTING);
    CompletionStage<Integer> failed = CompletableFuture.failedFuture(failures[attempt - 1]);
    mark(Part.BODY);
    return failed;
  }

  /** Adds the bytes allocated since the last mark to a part, except in the first and the last attempt. */
  private void mark(Part part) {
    long now = threads.getCurrentThreadAllocatedBytes();
    if (counting && attempt > 1 && attempt < ATTEMPTS) {
      bytes[part.ordinal()] += now - last;
    }
    last = threads.getCurrentThreadAllocatedBytes();
  }
}
