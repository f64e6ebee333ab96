package io.aragora.resilience.core.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.policy.ResilienceException;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutEvent;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The cases of the reference. Synchronous limits interrupt a real thread, so those tests use the
 * system's time and wait for the expected state; asynchronous ones use manual time.
 */
class TimeoutReferenceTest {
  private static final Duration SHORT = Duration.ofMillis(5);
  private static final Duration LONG = Duration.ofHours(1);

  private final Resilience real = Resilience.create();
  private final ManualTime time = ManualTime.create();
  private final Resilience manual =
      Resilience.builder().timeSource(time).name("manual").build();
  private final CountDownLatch never = new CountDownLatch(1);

  @AfterEach
  void close() {
    real.close();
    manual.close();
  }

  private static TimeoutConfig.Builder of(Duration limit) {
    return TimeoutConfig.builder().limit(limit);
  }

  @Test
  @Tag("TO-01")
  @DisplayName("the error names limit and policy, and is an exception of the library, not of the "
      + "platform")
  void error_namesLimitAndPolicy() {
    TimeoutExceededException error = new TimeoutExceededException("search", SHORT, null);
    assertThat(error).isInstanceOf(ResilienceException.class).hasMessageContaining("search");
    assertThat(error.limit()).isEqualTo(SHORT);
    assertThat(error.timeout()).isEqualTo("search");
    assertThat(error).hasNoCause();
  }

  @Test
  @Tag("TO-02")
  @DisplayName("a limit is required, the other settings have defaults, and all can be set")
  void config_requiresALimit() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TimeoutConfig.builder().build())
        .withMessageContaining("limit");
    TimeoutConfig plain = TimeoutConfig.of(SHORT);
    assertThat(plain.mapException()).isNull();
    assertThat(plain.onLateResult()).isNull();
    TimeoutConfig full = of(SHORT)
        .mapException(e -> new IllegalStateException(e))
        .onLateResult(r -> {})
        .build();
    TimeoutConfig copy = full.toBuilder().limit(LONG).build();
    assertThat(copy.limit()).isEqualTo(LONG);
    assertThat(copy.mapException()).isSameAs(full.mapException());
    assertThat(copy.onLateResult()).isSameAs(full.onLateResult());
  }

  @Test
  @Tag("TO-03")
  @DisplayName("the message has name and limit")
  void message_hasNameAndLimit() {
    assertThat(new TimeoutExceededException("f", Duration.ofSeconds(5), null))
        .hasMessage("'f' did not finish within 5.0 s");
    assertThat(new TimeoutExceededException("f", Duration.ofMillis(3500), null))
        .hasMessageContaining("3.5");
  }

  @Test
  @Tag("TO-04")
  @Tag("TO-18")
  @Tag("fault-53")
  @DisplayName("a limit holds on any thread, virtual ones included")
  void limit_anyThread_applies() throws Exception {
    Timeout timeout = real.timeout("t", SHORT);
    AtomicReference<Throwable> seen = new AtomicReference<>();
    Thread thread = new Thread(() -> {
      try {
        timeout.run(never::await);
      } catch (Throwable e) {
        seen.set(e);
      }
    });
    thread.start();
    thread.join();
    assertThat(seen.get()).isInstanceOf(TimeoutExceededException.class);
  }

  @Test
  @Tag("TO-18")
  @DisplayName("a limit applies on a virtual thread, if the JDK has them")
  void limit_virtualThread_applies() throws Exception {
    assumeTrue(Runtime.version().feature() >= 21, "needs virtual threads");
    Timeout timeout = real.timeout("t", SHORT);
    ExecutorService virtual = (ExecutorService)
        Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    try {
      List<CompletableFuture<Void>> calls = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        calls.add(CompletableFuture.runAsync(
            () -> {
              assertThatThrownBy(() -> timeout.run(never::await))
                  .isInstanceOf(TimeoutExceededException.class);
              assertThat(Thread.currentThread().isInterrupted()).isFalse();
            },
            virtual));
      }
      calls.forEach(CompletableFuture::join);
    } finally {
      virtual.shutdown();
    }
    assertThat(timeout.totals().fired()).isEqualTo(1_000);
  }

  @Test
  @Tag("TO-05")
  @Tag("TO-08")
  @Tag("TO-13")
  @DisplayName("an asynchronous call that ends in time returns its value")
  void async_inTime_returnsItsValue() {
    Timeout timeout = manual.timeout("fetch", Duration.ofMillis(50));
    CompletableFuture<Map<String, Integer>> quick = new CompletableFuture<>();
    CompletableFuture<Map<String, Integer>> inTime = timeout.callAsync(() -> quick);
    quick.complete(Map.of("a", 1));
    assertThat(inTime).isCompletedWithValue(Map.of("a", 1));
  }

  @Test
  @Tag("TO-05")
  @Tag("TO-08")
  @DisplayName("an asynchronous call that ends too late fails at its limit")
  void async_tooLate_isATimeout() {
    Timeout timeout = manual.timeout("fetch", Duration.ofMillis(50));
    CompletableFuture<String> slow = new CompletableFuture<>();
    CompletableFuture<String> late = timeout.callAsync(() -> slow);
    time.advance(Duration.ofMillis(49));
    assertThat(late).isNotDone();
    time.advance(Duration.ofMillis(3));
    assertThatThrownBy(late::join)
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(TimeoutExceededException.class, e -> {
          assertThat(e.limit()).isEqualTo(Duration.ofMillis(50));
          assertThat(e.timeout()).isEqualTo("fetch");
          assertThat(e).hasMessageContaining("fetch").hasMessageContaining("0.05");
        });
  }

  @Test
  @Tag("TO-13")
  @DisplayName("an asynchronous call that fails in time fails with its own exception")
  void async_ownFailure_isUnchanged() {
    Timeout timeout = manual.timeout("fetch", Duration.ofMillis(50));
    IOException own = new IOException("own");
    assertThatThrownBy(timeout.callAsync(() -> CompletableFuture.failedFuture(own))::join)
        .cause()
        .isSameAs(own);
  }

  @Test
  @Tag("TO-06")
  @Tag("fault-57")
  @DisplayName(
      "a custom exception is created from message, limit and name; if the factory fails, the "
          + "timeout is thrown")
  void mapException_createsTheError() {
    Timeout timeout = real.timeout(
        "t",
        of(SHORT)
            .mapException(e -> new IllegalStateException(
                e.timeout() + " " + e.limit().toMillis() + " " + e.getMessage(), e))
            .build());
    assertThatThrownBy(() -> timeout.run(never::await))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("t 5 't' did not finish");
    for (TimeoutConfig broken : List.of(
        of(SHORT)
            .mapException(e -> {
              throw new IllegalArgumentException("maker");
            })
            .build(),
        of(SHORT).mapException(e -> null).build())) {
      Timeout failing = real.timeout("broken " + real.policies().timeouts().size(), broken);
      assertThatThrownBy(() -> failing.run(never::await))
          .isInstanceOf(TimeoutExceededException.class)
          .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }
    Timeout async =
        manual.timeout("a", of(SHORT).mapException(IllegalStateException::new).build());
    CompletableFuture<Object> late = async.callAsync(CompletableFuture::new);
    time.advance(Duration.ofSeconds(1));
    assertThatThrownBy(late::join).hasCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  @Tag("TO-07")
  @Tag("TO-11")
  @Tag("fault-57")
  @DisplayName(
      "listeners receive one event per timeout and none for a success, and their exceptions "
          + "affect nothing")
  void listeners_receiveOneEventPerTimeout() {
    Timeout timeout = manual.timeout("t", SHORT);
    List<TimeoutEvent> heard = new ArrayList<>();
    timeout.subscribe(event -> {
      throw new AssertionError("listener");
    });
    timeout.subscribe(heard::add);
    CompletableFuture<Object> late = timeout.callAsync(CompletableFuture::new);
    CompletableFuture<Integer> good = timeout.callAsync(() -> CompletableFuture.completedFuture(1));
    time.advance(Duration.ofSeconds(1));
    assertThat(good).isCompletedWithValue(1);
    assertThatThrownBy(late::join).hasCauseInstanceOf(TimeoutExceededException.class);
    assertThat(heard).containsExactly(TimeoutEvent.of("t", TimeoutEvent.Kind.FIRED, SHORT));
  }

  @Test
  @Tag("TO-09")
  @Tag("TO-12")
  @Tag("TO-17")
  @DisplayName(
      "a synchronous call ends in time, or too late, and then its body sees the interrupt and "
          + "cleans up")
  void sync_inTimeAndTooLate_ends() {
    Timeout timeout = real.timeout("t", SHORT);
    AtomicInteger cleaned = new AtomicInteger();
    assertThatThrownBy(() -> timeout.run(() -> {
          try {
            never.await();
          } finally {
            cleaned.incrementAndGet();
          }
        }))
        .isInstanceOfSatisfying(TimeoutExceededException.class, e -> {
          assertThat(e.limit()).isEqualTo(SHORT);
          assertThat(e.timeout()).isEqualTo("t");
          assertThat(e).hasCauseInstanceOf(InterruptedException.class);
        });
    assertThat(cleaned).hasValue(1);
    assertThat(real.timeout("long", LONG).<Integer, RuntimeException>call(() -> 42))
        .isEqualTo(42);
  }

  @Test
  @Tag("TO-10")
  @DisplayName("a call leaves no interrupt, no slot, and no change of its thread")
  void call_ended_leavesNothing() {
    Timeout timeout = real.timeout("t", SHORT);
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> timeout.run(never::await))
          .isInstanceOf(TimeoutExceededException.class);
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      assertThat(CallContext.current().remaining()).isEmpty();
    }
    assertThat(timeout.totals().fired()).isEqualTo(20);
    assertThat(timeout.totals().inTime()).isZero();
    timeout.run(() -> {});
    assertThat(timeout.totals().inTime()).isEqualTo(1);
  }

  @Test
  @Tag("TO-13")
  @Tag("TO-19")
  @Tag("fault-55")
  @DisplayName("an exception that a body throws in time is unchanged, whatever its type")
  void failure_inTime_isTheBodys() {
    Timeout timeout = real.timeout("t", LONG);
    for (Exception own : List.of(
        new IllegalArgumentException(),
        new IOException(),
        new UncheckedIOException(new IOException()),
        new TimeoutException("the body's"),
        new TimeoutExceededException("another", SHORT, null))) {
      assertThatThrownBy(() -> timeout.run(() -> {
            throw own;
          }))
          .isSameAs(own);
    }
    assertThat(timeout.totals().fired()).isZero();
  }

  @Test
  @Tag("TO-14")
  @DisplayName("limits are independent of each other")
  void limits_areIndependent() {
    Timeout quick = manual.timeout("quick", Duration.ofMillis(50));
    Timeout patient = manual.timeout("patient", Duration.ofSeconds(5));
    CompletableFuture<Object> one = quick.callAsync(CompletableFuture::new);
    CompletableFuture<Object> other = patient.callAsync(CompletableFuture::new);
    time.advance(Duration.ofMillis(100));
    assertThat(one).isCompletedExceptionally();
    assertThat(other).isNotDone();
    time.advance(Duration.ofSeconds(5));
    assertThat(other).isCompletedExceptionally();
  }

  @Test
  @Tag("TO-15")
  @Tag("TO-20")
  @Tag("fault-54")
  @DisplayName("an outer limit applies after an inner one has ended")
  void nested_outerLimit_applies() {
    Timeout outer = real.timeout("outer", Duration.ofMillis(500));
    Timeout inner = real.timeout("inner", Duration.ofMillis(1));
    assertThatThrownBy(() -> outer.run(() -> {
          assertThatThrownBy(() -> inner.run(never::await))
              .isInstanceOfSatisfying(
                  TimeoutExceededException.class, e -> assertThat(e.timeout()).isEqualTo("inner"));
          never.await();
        }))
        .isInstanceOfSatisfying(
            TimeoutExceededException.class, e -> assertThat(e.timeout()).isEqualTo("outer"));
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  @Tag("TO-16")
  @Tag("fault-54")
  @DisplayName("a limit of zero or less is an error that names setting, rule and value")
  void limit_notPositive_isAnError() {
    for (Duration bad : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> real.timeout("t", bad))
          .withMessage("limit must be positive and at most 106,751 days: " + bad);
    }
  }

  @Test
  @Tag("TO-21")
  @Tag("fault-56")
  @DisplayName("an asynchronous call ends at the limit, although the body ignores the cancellation")
  void async_bodyIgnoresCancellation_endsAtTheLimit() {
    Timeout timeout = manual.timeout("t", SHORT);
    CompletableFuture<String> stubborn = new CompletableFuture<>() {
      @Override
      public boolean cancel(boolean mayInterruptIfRunning) {
        return false;
      }
    };
    CompletableFuture<String> call = timeout.callAsync(() -> stubborn);
    time.advance(Duration.ofSeconds(1));
    assertThatThrownBy(call::join).hasCauseInstanceOf(TimeoutExceededException.class);
    stubborn.complete("late");
    assertThat(timeout.totals().fired()).isEqualTo(1);
    assertThat(timeout.totals().inTime()).isZero();
  }

  @Test
  @Tag("R9b")
  @DisplayName("at the limit the inner future is cancelled")
  void limit_reached_innerIsCancelled() {
    CompletableFuture<String> inner = new CompletableFuture<>();
    CompletableFuture<String> call = manual.timeout("t", SHORT).callAsync(() -> inner);
    time.advance(Duration.ofSeconds(1));
    assertThat(call).isCompletedExceptionally();
    assertThat(inner).isCancelled();
    assertThatThrownBy(inner::join).isInstanceOf(CancellationException.class);
  }

  @Test
  @Tag("R9")
  @DisplayName("calls that end before their limit leave no work for the time of the limit")
  void calls_endedEarly_leaveNoTimerWork() {
    Timeout timeout = manual.timeout("t", LONG);
    List<CompletableFuture<String>> inner = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      CompletableFuture<String> body = new CompletableFuture<>();
      inner.add(body);
      timeout.callAsync(() -> body);
    }
    assertThat(time.toString()).as("armed").isNotEmpty();
    for (int i = 0; i < 1_000; i++) {
      if (i % 2 == 0) {
        inner.get(i).complete("done");
      } else {
        inner.get(i).completeExceptionally(new IOException("down"));
      }
    }
    time.advance(Duration.ofHours(2));
    assertThat(timeout.totals().inTime()).isEqualTo(1_000);
    assertThat(timeout.totals().fired()).isZero();
  }

  @Test
  void closedRuntime_rejectsNewCalls_withoutRunningTheBody() {
    Timeout timeout = real.timeout("t", LONG);
    real.close();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> timeout.run(() -> {
            throw new AssertionError("ran");
          }))
          .isInstanceOf(ResilienceClosedException.class);
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }
  }

  @Test
  void moreCallsAtOnceThanTheTableHolds_areAllLimited() throws Exception {
    Timeout timeout = real.timeout("t", Duration.ofMillis(100));
    int threads = 300;
    CountDownLatch done = new CountDownLatch(threads);
    AtomicInteger limited = new AtomicInteger();
    for (int i = 0; i < threads; i++) {
      Thread thread = new Thread(
          null,
          () -> {
            try {
              timeout.run(never::await);
            } catch (TimeoutExceededException e) {
              limited.incrementAndGet();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            } finally {
              done.countDown();
            }
          },
          "caller " + i,
          128 * 1024);
      thread.setDaemon(true);
      thread.start();
    }
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(limited).hasValue(threads);
    assertThat(timeout.totals().fired()).isEqualTo(threads);
  }

  @Test
  @Tag("TO-11")
  @Tag("TO-12")
  @DisplayName("a deadline is a block, and of nested ones the nearer applies")
  void deadlineScope_nearerOne_applies() {
    try (Deadline outer = manual.deadline("outer", Duration.ofSeconds(10))) {
      assertThat(outer.remaining()).isEqualTo(Duration.ofSeconds(10));
      try (Deadline inner = manual.deadline("inner", Duration.ofSeconds(60))) {
        assertThat(inner.remaining()).isEqualTo(Duration.ofSeconds(10));
        assertThat(CallContext.current().remaining()).contains(Duration.ofSeconds(10));
      }
    }
    assertThat(CallContext.current().remaining()).isEmpty();
  }

  @Test
  @Tag("TO-11")
  @Tag("TO-12")
  @DisplayName("a call inside a deadline makes no attempt that the deadline leaves no time for")
  void deadlineScope_aroundARetry_endsItsAttempts() {
    time.autoAdvance(true);
    try (Deadline outer = manual.deadline("outer", Duration.ofSeconds(10))) {
      AtomicInteger attempts = new AtomicInteger();
      assertThatThrownBy(() -> manual
              .retry(
                  "r",
                  RetryConfig.builder()
                      .maxAttempts(100)
                      .backoff(Backoff.constant(Duration.ofSeconds(4)))
                      .build())
              .run(() -> {
                attempts.incrementAndGet();
                throw new IOException("down");
              }))
          .isInstanceOf(IOException.class);
      assertThat(attempts).hasValueLessThan(5);
      assertThat(outer.isPassed()).isFalse();
    }
  }

  @Test
  @Tag("TO-11")
  @DisplayName("a check of a deadline throws once the deadline has passed")
  void deadlineScope_passed_isAnErrorWhenChecked() {
    try (Deadline outer = manual.deadline("outer", Duration.ofSeconds(10))) {
      outer.check();
      time.advance(Duration.ofSeconds(10));
      assertThat(outer.isPassed()).isTrue();
      assertThat(outer.remaining()).isZero();
      assertThatThrownBy(outer::check)
          .isInstanceOf(TimeoutExceededException.class)
          .hasMessageContaining("outer");
    }
  }

  @Test
  void deadlineScope_boundsATimeoutInside_whichInterrupts() {
    Timeout timeout = real.timeout("t", LONG);
    try (Deadline deadline = real.deadline("block", SHORT)) {
      assertThatThrownBy(() -> timeout.run(never::await))
          .isInstanceOfSatisfying(
              TimeoutExceededException.class,
              e -> assertThat(e.limit()).isLessThanOrEqualTo(SHORT));
      assertThat(deadline.isPassed()).isTrue();
    }
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void deadlineScope_isClosedInOrder_byItsThread() throws Exception {
    Deadline outer = manual.deadline("outer", LONG);
    Deadline inner = manual.deadline("inner", LONG);
    assertThatIllegalStateException()
        .isThrownBy(outer::close)
        .withMessageContaining("'outer'")
        .withMessageContaining("try-with-resources");
    CompletableFuture<Void> elsewhere = CompletableFuture.runAsync(inner::close);
    assertThatThrownBy(elsewhere::join).hasCauseInstanceOf(IllegalStateException.class);
    inner.close();
    inner.close();
    outer.close();
    assertThat(CallContext.current().remaining()).isEmpty();
  }

  @Test
  void deadlineScope_boundsAnAsynchronousTimeoutInside_whichSaysHowLongItHad() {
    CompletableFuture<Integer> inner = new CompletableFuture<>();
    CompletableFuture<Integer> future;
    try (Deadline block = manual.deadline("block", Duration.ofSeconds(2))) {
      future = manual.timeout("t", Duration.ofSeconds(10)).callAsync(() -> inner);
      assertThat(block.isPassed()).isFalse();
    }
    time.advance(Duration.ofMillis(1_999));
    assertThat(future).isNotDone();
    time.advance(Duration.ofMillis(5));
    assertThat(future)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(TimeoutExceededException.class, e -> {
          assertThat(e.timeout()).isEqualTo("t");
          assertThat(e.limit()).isEqualTo(Duration.ofSeconds(2));
        });
    assertThat(inner).isCancelled();
  }

  @Test
  void asynchronousTimeouts_nestedByHand_theOuterOneEndsTheCall() {
    Timeout outer = manual.timeout("outer", Duration.ofSeconds(2));
    Timeout inner = manual.timeout("inner", Duration.ofSeconds(10));
    Retry between = manual.retry("between");
    CompletableFuture<Integer> body = new CompletableFuture<>();
    CompletableFuture<Integer> future =
        outer.callAsync(() -> between.callAsync(() -> inner.callAsync(() -> body)));
    time.advance(Duration.ofSeconds(3));
    assertThat(future)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            TimeoutExceededException.class, e -> assertThat(e.timeout()).isEqualTo("outer"));
    assertThat(body).isCancelled();
    assertThat(inner.totals().fired()).isZero();
    assertThat(inner.totals().inTime()).isZero();
  }

  @Test
  void asynchronousTimeout_insideALongerOne_fires() {
    Timeout outer = manual.timeout("outer", Duration.ofSeconds(10));
    Timeout inner = manual.timeout("inner", Duration.ofSeconds(2));
    CompletableFuture<Integer> future =
        outer.callAsync(() -> inner.callAsync(CompletableFuture<Integer>::new));
    time.advance(Duration.ofSeconds(3));
    assertThat(future)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            TimeoutExceededException.class, e -> assertThat(e.timeout()).isEqualTo("inner"));
    assertThat(outer.totals().inTime()).isEqualTo(1);
  }
}
