package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A hundred thousand operations that are due in the same tick: armed, linked and fired; the figure is for each. Firing waits
 * until all are armed: the library's timer is driven manually, the thread of the JDK's executor is blocked.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@LongOperations
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "-Xbatch")
@State(Scope.Thread)
public class OneTickBenchmark {
  private static final int OPERATIONS = 100_000;
  private static final Duration DELAY = Duration.ofMillis(5);

  private final InlineTime time = new InlineTime(() -> {});
  private final Timer timer = new Timer("benchmark", time);
  private final Counted[] operations = new Counted[OPERATIONS];
  private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);
  private int fired;

  /** Creates the operations. */
  public OneTickBenchmark() {
    for (int i = 0; i < OPERATIONS; i++) {
      operations[i] = new Counted();
    }
  }

  private final class Counted extends TimerOperation {
    @Override
    protected void onFire(long arming) {
      fired++;
    }

    @Override
    protected void onTimerClosed(long arming) {}
  }

  /** Ends the threads. */
  @TearDown(Level.Trial)
  public void close() {
    timer.close();
    executor.shutdownNow();
  }

  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public int ours() {
    fired = 0;
    long deadline = time.nanoTime() + DELAY.toNanos();
    for (Counted operation : operations) {
      timer.arm(operation, deadline);
    }
    time.advance(DELAY.multipliedBy(2));
    if (fired != OPERATIONS) {
      throw new IllegalStateException(fired + " fired");
    }
    return fired;
  }

  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public int scheduledThreadPool() throws InterruptedException {
    fired = 0;
    CountDownLatch armed = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    executor.execute(() -> {
      try {
        armed.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    Runnable task = () -> {
      fired++;
      if (fired == OPERATIONS) {
        done.countDown();
      }
    };
    for (int i = 0; i < OPERATIONS; i++) {
      executor.schedule(task, 1, TimeUnit.MICROSECONDS);
    }
    armed.countDown();
    done.await();
    return fired;
  }
}
