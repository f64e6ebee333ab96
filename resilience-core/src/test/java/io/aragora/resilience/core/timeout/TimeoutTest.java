package io.aragora.resilience.core.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Synchronous limits interrupt a real thread, so those tests use the system's time and wait for the
 * expected state.
 */
class TimeoutTest {
  private final Resilience real = Resilience.create();
  private final CountDownLatch never = new CountDownLatch(1);

  @AfterEach
  void close() {
    real.close();
  }

  private static void burnUntilInterrupted() {
    while (!Thread.currentThread().isInterrupted()) {
      Thread.onSpinWait();
    }
  }

  @Test
  @Tag("TO-13")
  @Tag("TO-19")
  @DisplayName("an exception that the body throws in time is unchanged, a TimeoutException too")
  void ownExceptions_passUnchanged() {
    Timeout timeout = real.timeout("t", Duration.ofHours(1));
    TimeoutException own = new TimeoutException("the body's");
    assertThatThrownBy(() -> timeout.run(() -> {
          throw own;
        }))
        .isSameAs(own);
    assertThat(timeout.totals().inTime()).isEqualTo(1);
  }

  @Test
  @Tag("TO-21")
  @Tag("fault-56")
  @DisplayName("a body that ignores the interrupt is late, and its result goes to onLateResult")
  void lateResult_isReportedNotReturned() throws Exception {
    BlockingQueue<Object> late = new LinkedBlockingQueue<>();
    Timeout timeout = real.timeout(
        "t",
        TimeoutConfig.builder()
            .limit(Duration.ofMillis(5))
            .onLateResult(late::add)
            .build());
    assertThatThrownBy(() -> timeout.call(() -> {
          burnUntilInterrupted();
          return "late";
        }))
        .isInstanceOfSatisfying(TimeoutExceededException.class, e -> {
          assertThat(e.timeout()).isEqualTo("t");
          assertThat(e.limit()).isEqualTo(Duration.ofMillis(5));
        });
    assertThat(late.poll(1, TimeUnit.MINUTES)).isEqualTo("late");
    assertThat(timeout.totals().late()).isEqualTo(1);
    assertThat(Thread.interrupted())
        .as("our interrupt does not outlive the call")
        .isFalse();
  }

  @Test
  void errorAfterTheLimit_passes() {
    AssertionError error = new AssertionError("thrown by the body");
    assertThatThrownBy(() -> real.timeout("t", Duration.ofMillis(5)).run(() -> {
          burnUntilInterrupted();
          throw error;
        }))
        .isSameAs(error);
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void interruptFromOutside_beforeTheLimit_isKept() {
    Timeout timeout = real.timeout("t", Duration.ofHours(1));
    timeout.run(() -> Thread.currentThread().interrupt());
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void interruptFromOutside_afterTheBodyLeftByOurs_isKept() {
    Timeout timeout = real.timeout("t", Duration.ofMillis(5));
    assertThatThrownBy(() -> timeout.callInterruptibly(() -> {
          try {
            return never.await(1, TimeUnit.HOURS);
          } finally {
            Thread.currentThread().interrupt();
          }
        }))
        .isInstanceOf(TimeoutExceededException.class);
    assertThat(Thread.interrupted()).as("still set, so it is not ours").isTrue();
  }

  @Test
  @Tag("TO-15")
  @Tag("TO-20")
  @DisplayName("of nested limits the nearer one applies, and no interrupt is left behind")
  void nested_nearerHolds() {
    Timeout outer = real.timeout("outer", Duration.ofHours(1));
    Timeout inner = real.timeout("inner", Duration.ofMillis(5));
    assertThatThrownBy(() -> outer.run(() -> inner.run(never::await)))
        .isInstanceOfSatisfying(
            TimeoutExceededException.class, e -> assertThat(e.timeout()).isEqualTo("inner"));
    assertThatThrownBy(() -> inner.run(() -> outer.run(never::await)))
        .isInstanceOfSatisfying(
            TimeoutExceededException.class, e -> assertThat(e.timeout()).isEqualTo("inner"));
    assertThat(outer.totals().fired()).isZero();
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void limitsThatRaceWithTheBody_neverLeaveAnInterruptBehind() {
    Timeout outer = real.timeout("outer", Duration.ofNanos(1_600_000));
    Timeout inner = real.timeout("inner", Duration.ofNanos(1_500_000));
    int fired = 0;
    for (int round = 0; round < 1500; round++) {
      long spin = 900_000 + (round % 150) * 10_000L;
      try {
        outer.run(() -> inner.run(() -> {
          long until = System.nanoTime() + spin;
          while (System.nanoTime() < until) {
            LockSupport.parkNanos(20_000);
          }
        }));
      } catch (TimeoutExceededException e) {
        fired++;
      }
      assertThat(Thread.interrupted()).as("round %d", round).isFalse();
    }
    assertThat(fired).as("limits reached in 1500 rounds").isPositive();
  }

  @Test
  @Tag("F4")
  @DisplayName("a timeout fires although every thread of every pool is busy")
  void fires_whenEveryPoolIsBusy() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(2);
    CountDownLatch release = new CountDownLatch(1);
    try (Resilience runtime = Resilience.builder().executor(pool).build()) {
      for (int i = 0; i < 64; i++) {
        ForkJoinPool.commonPool().execute(() -> awaitQuietly(release));
        pool.execute(() -> awaitQuietly(release));
      }
      Timeout timeout = runtime.timeout("t", Duration.ofMillis(20));
      CompletableFuture<String> hung = timeout.callAsync(CompletableFuture::new);
      assertThatThrownBy(() -> hung.get(30, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TimeoutExceededException.class);
      assertThatThrownBy(() -> timeout.run(never::await))
          .isInstanceOf(TimeoutExceededException.class);
    } finally {
      release.countDown();
      pool.shutdownNow();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  @Tag("R9b")
  @DisplayName(
      "at the limit submit interrupts the body, and the async form cancels the inner future")
  void submit_interruptsTheBody() throws Exception {
    ExecutorService pool = Executors.newSingleThreadExecutor();
    CountDownLatch interrupted = new CountDownLatch(1);
    try {
      CompletableFuture<String> future = real.timeout("t", Duration.ofMillis(20))
          .submit(
              () -> {
                try {
                  never.await();
                } catch (InterruptedException e) {
                  interrupted.countDown();
                }
                return "late";
              },
              pool);
      assertThatThrownBy(() -> future.get(30, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TimeoutExceededException.class);
      assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(pool.submit(Thread::interrupted).get())
          .as("the pool's next task")
          .isFalse();
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void async_firesAtTheLimit_andBreakersInsideSeeAFailure() {
    ManualTime time = ManualTime.create();
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      CircuitBreaker breaker = resilience.circuitBreaker("b");
      Pipeline pipeline = resilience
          .unregistered()
          .pipelineBuilder("p")
          .add(resilience.timeout("t", Duration.ofSeconds(1)))
          .add(breaker)
          .build();
      CompletableFuture<String> inner = new CompletableFuture<>();
      CompletableFuture<String> result = pipeline.callAsync(() -> inner);
      time.advance(Duration.ofMillis(999));
      assertThat(result).isNotDone();
      time.advance(Duration.ofMillis(3));
      assertThatThrownBy(result::join).hasCauseInstanceOf(TimeoutExceededException.class);
      assertThat(inner).isCancelled();
      assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
    }
  }

  @Test
  void sync_lateBody_isAFailureForBreakersInside() {
    CircuitBreaker breaker = real.circuitBreaker("b");
    Pipeline pipeline = real.unregistered()
        .pipelineBuilder("p")
        .add(real.timeout("t", Duration.ofMillis(5)))
        .add(breaker)
        .build();
    assertThatThrownBy(() -> pipeline.run(never::await))
        .isInstanceOf(TimeoutExceededException.class);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
    assertThatThrownBy(() -> pipeline.run(TimeoutTest::burnUntilInterrupted))
        .isInstanceOf(TimeoutExceededException.class);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
    assertThat(breaker.snapshot().totals().successes()).isZero();
  }

  @Test
  void badLimit_namesSettingRuleAndValue() {
    assertThatThrownBy(() -> real.timeout("t", Duration.ZERO))
        .hasMessage("limit must be positive and at most 106,751 days: PT0S");
    assertThatThrownBy(() -> TimeoutConfig.builder().build())
        .hasMessage("limit must be set: it has no default");
  }
}
