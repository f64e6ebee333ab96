package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.core.ForeignCodeTest.Setup;
import io.aragora.resilience.core.OwnCallTest.Point;
import io.aragora.resilience.core.OwnCallTest.Way;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Every function, listener and plug-in of the application waits for another thread, which calls the same policies, synchronously and
 * asynchronously. Its calls end, and so does the first one: no call waits for what only that function's return would release.
 */
@Tag("any-jdk")
class WaitingFunctionsTest {
  private static final Duration LIMIT = Duration.ofMillis(20);

  /** The longest wait for what must happen at once: no measurement, a wait that fails. */
  private static final long SECONDS = 20;

  /** The result of all calls of a key depends on them, so another call of that key waits, and calls of other keys do not. */
  private static final Set<String> DECIDE_FOR_A_KEY =
      Set.of("CoalescerConfig.staleIf", "CoalescerConfig.staleIfError, get");

  @BeforeAll
  static void logLess() {
    ForeignCodeTest.logLess();
  }

  @AfterAll
  static void logAgain() {
    ForeignCodeTest.logAgain();
  }

  /** Code that waits once for another thread, and throws. */
  private static final class Waiter extends OwnCallTest.Blocker {
    private final AtomicBoolean isFirst = new AtomicBoolean(true);
    private final CountDownLatch ended = new CountDownLatch(1);

    volatile @Nullable Policy policy;
    volatile boolean isStuck;

    Waiter(@Nullable String method) {
      super(method);
    }

    @Override
    <T> T go() {
      Policy same = policy;
      if (same != null && isFirst.compareAndSet(true, false)) {
        Thread other = new Thread(() -> nest(same));
        other.setDaemon(true);
        other.start();
        isStuck = !awaited(ended);
      }
      throw new IllegalStateException("foreign");
    }

    private void nest(Policy same) {
      try {
        same.call(() -> "nested");
      } catch (Throwable e) {
        // However it ends.
      }
      try {
        same.callAsync(() -> CompletableFuture.completedFuture("nested"))
            .handle((value, failure) -> null)
            .join();
      } catch (Throwable e) {
        // However it ends.
      }
      ended.countDown();
    }

    /** Ignores interrupts, since a limit may interrupt the thread. */
    private static boolean awaited(CountDownLatch latch) {
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
      boolean isInterrupted = false;
      try {
        while (true) {
          try {
            return latch.await(until - System.nanoTime(), TimeUnit.NANOSECONDS);
          } catch (InterruptedException e) {
            isInterrupted = true;
          }
        }
      } finally {
        if (isInterrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> everyFunction_waitsForACallOfTheSamePolicy_bothEnd() {
    List<Point> points = OwnCallTest.points(
        name -> !OwnCallTest.BEFORE_CALLS.contains(name) && !name.endsWith(ForeignCodeTest.INSIDE));
    assertThat(points).as("functions and listeners").hasSizeGreaterThan(40);
    assertThat(points).extracting(Point::name).containsAll(DECIDE_FOR_A_KEY);
    return points.stream().map(point -> dynamicTest(point.name(), () -> check(point)));
  }

  private static void check(Point point) {
    for (Way way : Way.values()) {
      Waiter waiter = new Waiter(point.method());
      Setup setup = new Setup();
      if (way.isLate) {
        setup.timeout.limit(LIMIT);
      }
      setup.retry.backoff(Backoff.constant(Duration.ofMillis(1)));
      setup.breaker.failureThreshold(1_000);
      point.foreign().given().accept(setup, waiter);
      try (Resilience resilience = setup.runtime.build()) {
        Policy policy = setup.build(resilience, !way.isLate).pipeline();
        waiter.policy = DECIDE_FOR_A_KEY.contains(point.name()) ? ofAnotherKey(resilience) : policy;
        CountDownLatch ended = new CountDownLatch(1);
        Thread caller = new Thread(() -> {
          try {
            way.body.call(policy);
          } catch (Throwable e) {
            // However it ends.
          }
          ended.countDown();
        });
        caller.setDaemon(true);
        caller.start();
        assertThat(Waiter.awaited(ended)).as(way + ": the first call ends").isTrue();
        assertThat(waiter.isFirst.get() || Waiter.awaited(waiter.ended))
            .as(way + ": the calls of the other thread end")
            .isTrue();
        assertThat(waiter.isStuck)
            .as(way + ": they end while the function waits")
            .isFalse();
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static Policy ofAnotherKey(Resilience resilience) {
    Coalescer<String, Object> coalescer = (Coalescer<String, Object>)
        resilience.policies().coalescers().iterator().next();
    return new CoalescedCalls(coalescer, "another key");
  }
}
