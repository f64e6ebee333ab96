package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.ForeignCodeTest.Foreign;
import io.aragora.resilience.core.ForeignCodeTest.Policies;
import io.aragora.resilience.core.ForeignCodeTest.Setup;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every function and listener of {@link ForeignCodeTest}, each of which blocks in the calls of many threads. Meanwhile the calls of
 * other policies of the runtime end: at their limits, after their retries, and with an answer about health.
 */
class BlockedCodeTest {
  /** More than each pool has threads. */
  private static final int CALLERS = 80;

  private static final Duration LIMIT = Duration.ofMillis(20);

  /** The longest wait for what must happen at once: no measurement, a wait that fails. */
  private static final long SECONDS = 30;

  /** They block the thread that builds the runtime or declares a policy. */
  private static final Set<String> BEFORE_CALLS =
      Set.of("ResilienceExtension.attach", "StateStore", "DurationRecorder.of");

  /** Code of plug-ins, called for each call of the runtime on its own thread, which must not block. */
  private static final Set<String> EVERY_CALL = Set.of(
      "ContextPropagator.capture",
      "ContextPropagator.restore",
      "ContextPropagator.close",
      "ContextPropagator that gives null",
      "a consumer of durations");

  @BeforeAll
  static void logLess() {
    ForeignCodeTest.logLess();
  }

  @AfterAll
  static void logAgain() {
    ForeignCodeTest.logAgain();
  }

  @TestFactory
  Stream<DynamicTest> everyFunction_blocksInAllCalls_otherCallsEnd() {
    List<Foreign> all = ForeignCodeTest.foreign().stream()
        .filter(foreign -> !BEFORE_CALLS.contains(foreign.name())
            && !EVERY_CALL.contains(foreign.name())
            && !foreign.name().endsWith(ForeignCodeTest.INSIDE))
        .toList();
    assertThat(all).hasSizeGreaterThan(30);
    return all.stream().map(foreign -> dynamicTest(foreign.name(), () -> check(foreign)));
  }

  private static void check(Foreign foreign) throws Exception {
    BlockingCode blocker = new BlockingCode();
    Setup setup = new Setup();
    setup.timeout.limit(LIMIT);
    setup.retry.backoff(Backoff.constant(Duration.ofMillis(1)));
    setup.breaker.failureThreshold(1_000);
    foreign.given().accept(setup, blocker);
    try (Resilience resilience = setup.runtime.build()) {
      Policies in = setup.build(resilience, true);
      boolean joins = foreign.name().startsWith("Coalescer"); // then others wait for a pending call
      CountDownLatch called = new CountDownLatch(CALLERS);
      for (int i = 0; i < CALLERS; i++) {
        int number = i;
        Thread caller = new Thread(() -> {
          call(in.pipeline(), number, joins);
          called.countDown();
        });
        caller.setDaemon(true);
        caller.start();
      }
      while (!called.await(1, TimeUnit.MILLISECONDS) && blocker.entered.getCount() > 0) {
        // Some functions are asked in none of these calls; then there is nothing to wait for.
      }
      checkOthers(resilience);
      blocker.release.countDown();
    } finally {
      blocker.release.countDown();
    }
  }

  /** Calls of each way: a value, a failure, a limit that fires. */
  private static void call(Policy policy, int number, boolean endsPending) {
    switch (number % 4) {
      case 0 -> {
        CompletableFuture<String> pending = new CompletableFuture<>();
        policy.callAsync(() -> pending);
        if (endsPending) {
          pending.complete("well");
        }
      }
      case 1 -> policy.callAsync(() -> CompletableFuture.failedFuture(new IOException("down")));
      case 2 -> policy.callAsync(() -> CompletableFuture.completedFuture("well"));
      default -> {
        try {
          policy.call(() -> {
            throw new IOException("down");
          });
        } catch (Exception e) {
          // However it ends.
        }
      }
    }
  }

  private static void checkOthers(Resilience resilience) throws Exception {
    Policy limit = resilience.timeout("other", LIMIT);
    assertThat(failureOf(limit.callAsync(CompletableFuture::new)))
        .as("an asynchronous limit fires")
        .isInstanceOf(TimeoutExceededException.class);
    CompletableFuture<String> synchronous = new CompletableFuture<>();
    Thread caller = new Thread(() -> {
      try {
        synchronous.complete(limit.callInterruptibly(() -> {
          new CountDownLatch(1).await();
          return "never";
        }));
      } catch (Throwable e) {
        synchronous.completeExceptionally(e);
      }
    });
    caller.setDaemon(true);
    caller.start();
    assertThat(failureOf(synchronous))
        .as("a limit interrupts its thread")
        .isInstanceOf(TimeoutExceededException.class);
    AtomicInteger attempts = new AtomicInteger();
    CompletableFuture<String> retried = resilience
        .retry("other", c -> c.maxAttempts(3).backoff(Backoff.constant(Duration.ofMillis(1))))
        .callAsync(() -> attempts.incrementAndGet() < 3
            ? CompletableFuture.failedFuture(new IOException("down"))
            : CompletableFuture.completedFuture("up"));
    assertThat(retried.get(SECONDS, TimeUnit.SECONDS)).as("a retry goes on").isEqualTo("up");
    resilience.health().register("other", HealthResult::healthy);
    CompletableFuture<HealthReport> report = new CompletableFuture<>();
    Thread asking = new Thread(() -> report.complete(resilience.health().checkAll()));
    asking.setDaemon(true);
    asking.start();
    assertThat(report.get(SECONDS, TimeUnit.SECONDS).checks())
        .as("health answers")
        .containsKey("other");
  }

  private static Throwable failureOf(CompletableFuture<String> call)
      throws InterruptedException, TimeoutException {
    try {
      throw new AssertionError("ended with " + call.get(SECONDS, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }
}
