package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Threads of the application whose {@code interrupt()} is overridden, in each place where the library interrupts: a timeout, a
 * hedge, a health check, a cancelled body. The override runs under no lock of the library.
 */
@Timeout(120)
class InterruptsWithoutLocksTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  /** Open as soon as a body runs. */
  private final CountDownLatch entered = new CountDownLatch(1);

  private final CountDownLatch interrupted = new CountDownLatch(1);

  private Thread start(Runnable task) {
    Thread thread = new Thread(task) {
      @Override
      public void interrupt() {
        HeldLocks.look("Thread.interrupt()");
        interrupted.countDown();
        super.interrupt();
      }
    };
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** A body that runs until its thread is interrupted. */
  private String body() throws InterruptedException {
    entered.countDown();
    new CountDownLatch(1).await();
    return "never";
  }

  @TestFactory
  Stream<DynamicTest> interrupt_overridden_runsUnderNoLock() {
    return Stream.of(
        dynamicTest("a timeout", () -> {
          Policy limit = resilience.timeout("t", SECOND);
          check(() -> limit.callInterruptibly(this::body), this::advanceToInterrupt);
        }),
        dynamicTest("a hedge", InterruptsWithoutLocksTest::checkHedge),
        dynamicTest("a health check", InterruptsWithoutLocksTest::checkHealth),
        dynamicTest("a cancelled body", InterruptsWithoutLocksTest::checkCancelled));
  }

  private interface Blocking {
    Object run() throws Exception;
  }

  private void check(Blocking body, Runnable end) throws Exception {
    Thread thread = start(() -> {
      try {
        body.run();
      } catch (Exception e) {
        // It was interrupted.
      }
    });
    assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
    end.run();
    assertThat(interrupted.await(30, TimeUnit.SECONDS)).as("the override ran").isTrue();
    thread.join(30_000);
    assertThat(thread.isAlive()).isFalse();
    resilience.close();
    HeldLocks.requireNone();
  }

  private void advanceToInterrupt() {
    while (interrupted.getCount() != 0) {
      time.advance(SECOND);
    }
  }

  private static void checkHealth() throws Exception {
    InterruptsWithoutLocksTest test = new InterruptsWithoutLocksTest();
    test.resilience
        .health()
        .register(
            "c",
            () -> {
              try {
                test.body();
              } catch (InterruptedException e) {
                // as it should be
              }
              return HealthResult.healthy();
            },
            HealthCheckOptions.defaults().withTimeout(SECOND));
    test.check(() -> test.resilience.health().checkAll(), test::advanceToInterrupt);
  }

  private static void checkCancelled() throws Exception {
    InterruptsWithoutLocksTest test = new InterruptsWithoutLocksTest();
    CompletableFuture<CompletableFuture<String>> submitted = new CompletableFuture<>();
    Policy retry = test.resilience.retry("r", c -> c.maxAttempts(1));
    CompletableFuture<Runnable> task = new CompletableFuture<>();
    submitted.complete(retry.submit(test::body, task::complete));
    test.check(
        () -> {
          task.join().run();
          return "left";
        },
        () -> submitted.join().cancel(true));
  }

  private static void checkHedge() throws Exception {
    InterruptsWithoutLocksTest test = new InterruptsWithoutLocksTest();
    CompletableFuture<Runnable> task = new CompletableFuture<>();
    Resilience resilience =
        Resilience.builder().timeSource(test.time).executor(task::complete).build();
    Hedge hedge =
        resilience.hedge("h", HedgeConfig.forIdempotentCalls().delay(SECOND).build());
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch ends = new CountDownLatch(1);
    Thread caller = new Thread(() -> hedge.call(() -> {
      if (first.getCount() != 0) {
        first.countDown();
        awaitQuietly(ends);
        return "first";
      }
      try {
        return test.body();
      } catch (InterruptedException e) {
        return "second";
      }
    }));
    caller.setDaemon(true);
    caller.start();
    assertThat(first.await(30, TimeUnit.SECONDS)).isTrue();
    while (!task.isDone()) {
      test.time.advance(SECOND);
    }
    test.check(
        () -> {
          task.join().run();
          return "left";
        },
        () -> {
          ends.countDown();
          test.advanceToInterrupt();
        });
    resilience.close();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
