package io.aragora.resilience.core.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.CallContext;
import io.aragora.resilience.CallInterruptedException;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Policy;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceClosedException;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryAttemptTotals;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RetryTest {
  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static RetryConfig.Builder everySecond(int attempts) {
    return RetryConfig.builder()
        .maxAttempts(attempts)
        .backoff(Backoff.constant(Duration.ofSeconds(1)).withJitter(Jitter.NONE));
  }

  @Test
  @DisplayName(
      "RT-21: three attempts, two waits, then the last failure itself with the earlier ones suppressed")
  void exhausted_throwsTheLastFailureWithTheEarlierOnes() {
    Retry retry = resilience.retry("r", everySecond(3).build());
    List<IOException> thrown = new ArrayList<>();
    long began = time.nanoTime();
    assertThatThrownBy(() -> retry.run(() -> {
          thrown.add(new IOException("down " + thrown.size()));
          throw thrown.get(thrown.size() - 1);
        }))
        .isSameAs(thrown.get(2))
        .satisfies(
            e -> assertThat(e.getSuppressed()).containsExactly(thrown.get(0), thrown.get(1)));
    assertThat(time.nanoTime() - began).isEqualTo(Duration.ofSeconds(2).toNanos());
    assertThat(retry.totals().exhausted()).isEqualTo(1);
    assertThat(retry.totals().retries()).isEqualTo(2);
  }

  @Test
  void attempts_areCountedByTheirNumber_theEighthForAllLaterOnes() {
    Retry retry =
        resilience.retry("r", everySecond(10).retryOnResult("bad"::equals).build());
    retry.call(() -> "good");
    AtomicInteger calls = new AtomicInteger();
    retry.call(() -> calls.incrementAndGet() < 3 ? "bad" : "good");
    assertThatThrownBy(() -> retry.run(() -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);

    List<RetryAttemptTotals> attempts = retry.attempts();
    assertThat(attempts)
        .extracting(RetryAttemptTotals::attempt)
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    assertThat(attempts)
        .extracting(RetryAttemptTotals::succeeded)
        .containsExactly(1L, 0L, 1L, 0L, 0L, 0L, 0L, 0L);
    assertThat(attempts)
        .extracting(RetryAttemptTotals::failed)
        .containsExactly(2L, 2L, 1L, 1L, 1L, 1L, 1L, 3L);
    assertThat(resilience.retry("few", everySecond(2).build()).attempts()).hasSize(2);
  }

  @Test
  void attempts_ofAsynchronousCalls_areCountedAlike() {
    Retry retry = resilience.retry("r", everySecond(2).build());
    AtomicInteger calls = new AtomicInteger();
    CompletableFuture<String> future = retry.callAsync(() -> calls.incrementAndGet() == 1
        ? CompletableFuture.failedFuture(new IOException("down"))
        : CompletableFuture.completedFuture("good"));
    time.advance(Duration.ofSeconds(2));
    assertThat(future).isCompletedWithValue("good");
    assertThat(retry.attempts())
        .containsExactly(new RetryAttemptTotals(1, 0, 1), new RetryAttemptTotals(2, 1, 0));
  }

  @Test
  void aFailureThatIsOneObjectForAllCalls_doesNotHoldEverMoreOfThem() {
    Retry retry = resilience.retry("shared", everySecond(3).build());
    IOException last = new IOException("always this one in the end");
    for (int call = 0; call < 20; call++) {
      AtomicInteger attempt = new AtomicInteger();
      assertThatThrownBy(() -> retry.run(() -> {
            throw attempt.incrementAndGet() == 3 ? last : new IOException("another one");
          }))
          .isSameAs(last);
    }
    assertThat(last.getSuppressed()).hasSize(8);
  }

  @Test
  void theSameFailureAgain_isNeverSuppressedInItself_andEightAreKept() {
    Retry retry = resilience.retry("same", everySecond(20).build());
    IOException one = new IOException("always this one");
    assertThatThrownBy(() -> retry.run(() -> {
          throw one;
        }))
        .isSameAs(one)
        .satisfies(e -> assertThat(e.getSuppressed()).isEmpty());
    assertThatThrownBy(() -> retry.run(() -> {
          throw new IOException("always another one");
        }))
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(8).doesNotHaveDuplicates());
  }

  @Test
  @DisplayName(
      "RT-11 RT-28 RT-31: missing files and programming errors are not retried; a predicate alone decides")
  void predicate_decides() {
    AtomicInteger calls = new AtomicInteger();
    assertThatThrownBy(() -> resilience.retry("d", everySecond(3).build()).run(() -> {
          calls.incrementAndGet();
          throw new FileNotFoundException("gone");
        }))
        .isInstanceOf(FileNotFoundException.class);
    assertThat(calls).hasValue(1);
    Retry all = resilience.retry("all", everySecond(3).retryIf(e -> true).build());
    assertThatThrownBy(() -> all.run(() -> {
          calls.incrementAndGet();
          throw new IllegalStateException("429 rate limit");
        }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(calls).hasValue(4);
  }

  @Test
  @DisplayName(
      "R15: a result that is never good enough is returned in the end, sync and async alike")
  void refusedResult_isReturnedWhenExhausted() {
    Retry retry =
        resilience.retry("r", everySecond(3).retryOnResult("bad"::equals).build());
    AtomicInteger calls = new AtomicInteger();
    assertThat(retry.<String, RuntimeException>call(() -> {
          calls.incrementAndGet();
          return "bad";
        }))
        .isEqualTo("bad");
    CompletableFuture<String> future = retry.callAsync(() -> {
      calls.incrementAndGet();
      return CompletableFuture.completedFuture("bad");
    });
    time.advance(Duration.ofSeconds(10));
    assertThat(future).isCompletedWithValue("bad");
    assertThat(calls).hasValue(6);
  }

  @Test
  @DisplayName("R8: an asynchronous body that throws at the second attempt fails the future")
  void async_bodyThatThrowsLater_failsTheFuture() {
    Retry retry = resilience.retry("r", everySecond(2).build());
    AtomicInteger calls = new AtomicInteger();
    CompletableFuture<String> future = retry.callAsync(() -> {
      if (calls.incrementAndGet() == 1) {
        return CompletableFuture.failedFuture(new IOException("first"));
      }
      throw new IllegalStateException("second");
    });
    time.advance(Duration.ofSeconds(5));
    assertThat(future).isCompletedExceptionally();
    assertThatThrownBy(future::join).hasCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void async_thousandsOfImmediateAttempts_doNotDeepenTheStack() {
    Retry retry = resilience.retry(
        "r",
        RetryConfig.builder()
            .maxAttempts(20_000)
            .backoff(Backoff.constant(Duration.ZERO))
            .build());
    AtomicInteger calls = new AtomicInteger();
    CompletableFuture<String> future = retry.callAsync(() -> {
      calls.incrementAndGet();
      return CompletableFuture.failedFuture(new IOException("down"));
    });
    time.advance(Duration.ofSeconds(60));
    assertThat(future).isCompletedExceptionally();
    assertThat(calls).hasValue(20_000);
  }

  @Test
  void async_cancelOutside_cancelsTheInnerFutureAndTheWait() {
    Retry retry = resilience.retry("r", everySecond(3).build());
    CompletableFuture<String> inner = new CompletableFuture<>();
    retry.callAsync(() -> inner).cancel(true);
    assertThat(inner).isCancelled();
    AtomicInteger calls = new AtomicInteger();
    CompletableFuture<String> waiting = retry.callAsync(() -> {
      calls.incrementAndGet();
      return CompletableFuture.failedFuture(new IOException("down"));
    });
    waiting.cancel(true);
    time.advance(Duration.ofSeconds(10));
    assertThat(calls).hasValue(1);
  }

  @Test
  void async_executorThatRejects_endsTheCallWithThat() {
    try (Resilience rejecting = Resilience.builder()
        .timeSource(time)
        .executor(task -> {
          throw new RejectedExecutionException("full");
        })
        .build()) {
      CompletableFuture<String> future = rejecting
          .retry("r", everySecond(3).build())
          .callAsync(() -> CompletableFuture.failedFuture(new IOException("down")));
      time.advance(Duration.ofSeconds(2));
      assertThatThrownBy(future::join).hasCauseInstanceOf(RejectedExecutionException.class);
    }
  }

  @Test
  void async_executorThatFailsOtherwise_endsTheCallWithThat() {
    try (Resilience failing = Resilience.builder()
        .timeSource(time)
        .executor(task -> {
          throw new IllegalStateException("the executor is stopped");
        })
        .build()) {
      CompletableFuture<String> future = failing
          .retry("r", everySecond(3).build())
          .callAsync(() -> CompletableFuture.failedFuture(new IOException("down")));
      time.advance(Duration.ofSeconds(2));
      assertThat(future)
          .failsWithin(Duration.ZERO)
          .withThrowableThat()
          .havingCause()
          .withMessage("the executor is stopped");
    }
  }

  @Test
  @DisplayName(
      "DESIGN 3: with the retry outside the breaker counts attempts, with the breaker outside logical calls")
  void order_decidesWhatTheBreakerCounts() {
    CircuitBreaker attempts = resilience.circuitBreaker("attempts");
    CircuitBreaker calls = resilience.circuitBreaker("calls");
    Retry retry = resilience.retry("r", everySecond(3).build());
    Pipeline inside = resilience.pipeline("in").add(retry).add(attempts).build();
    Pipeline outside = resilience.pipeline("out").add(calls).add(retry).build();
    for (Pipeline pipeline : List.of(inside, outside)) {
      assertThatThrownBy(() -> pipeline.run(() -> {
            throw new IOException("down");
          }))
          .isInstanceOf(IOException.class);
    }
    assertThat(attempts.snapshot().totals().failures()).isEqualTo(3);
    assertThat(calls.snapshot().totals().failures()).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "HT-22 DC-09 fault 46: a breaker around the retry that opens meanwhile ends the attempts")
  void breakerAround_endsTheAttempts() {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "b", CircuitBreakerConfig.builder().failureThreshold(2).build());
    Pipeline pipeline = resilience
        .pipeline("p")
        .add(breaker)
        .add(resilience.retry("r", everySecond(5).build()))
        .build();
    AtomicInteger calls = new AtomicInteger();
    assertThatThrownBy(() -> pipeline.run(() -> {
          if (calls.incrementAndGet() == 2) {
            breaker.forceOpen();
          }
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
    assertThat(calls).hasValue(2);
  }

  @Test
  void openBreakerInside_isNotRetriedUnlessAsked() {
    CircuitBreaker breaker = resilience.circuitBreaker("b");
    breaker.forceOpen();
    Retry plain = resilience.retry("plain", everySecond(3).retryIf(e -> true).build());
    Retry asked = resilience.retry(
        "asked", everySecond(3).retryIf(e -> true).retryRejections(true).build());
    Pipeline warned = resilience.pipeline("w").add(asked).add(breaker).build();
    assertThat(warned.warnings())
        .singleElement()
        .asString()
        .contains("'asked' retries the rejections of breaker 'b'");
    assertThatThrownBy(
            () -> resilience.pipeline("p").add(plain).add(breaker).build().run(() -> {}))
        .isInstanceOf(CallNotPermittedException.class);
    assertThat(plain.totals().retries()).isZero();
    assertThatThrownBy(() -> warned.run(() -> {})).isInstanceOf(CallNotPermittedException.class);
    assertThat(asked.totals().retries()).isEqualTo(2);
  }

  @Test
  void nestedRetry_standsDownWithAnEvent() {
    Retry outer = resilience.retry("outer", everySecond(2).build());
    Retry inner = resilience.retry("inner", everySecond(5).build());
    List<RetryEvent.Kind> events = new ArrayList<>();
    inner.subscribe(event -> events.add(event.kind()));
    AtomicInteger calls = new AtomicInteger();
    assertThatThrownBy(() -> outer.run(() -> inner.run(() -> {
          calls.incrementAndGet();
          throw new IOException("down");
        })))
        .isInstanceOf(IOException.class);
    time.runPending();
    assertThat(calls).hasValue(2);
    assertThat(events).containsExactly(RetryEvent.Kind.STOOD_DOWN, RetryEvent.Kind.STOOD_DOWN);
  }

  @Test
  void enclosingDeadline_leavesNoTimeForAnotherAttempt() {
    Timeout timeout = resilience.timeout("t", Duration.ofMillis(1500));
    Retry retry = resilience.retry("r", everySecond(5).build());
    Pipeline pipeline = resilience.pipeline("p").add(timeout).add(retry).build();
    AtomicInteger calls = new AtomicInteger();
    assertThatThrownBy(() -> pipeline.run(() -> {
          calls.incrementAndGet();
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
    assertThat(calls).hasValue(2);
  }

  @Test
  void maxDuration_endsTheAttempts() {
    Retry retry = resilience.retry(
        "r", everySecond(100).maxDuration(Duration.ofSeconds(5)).build());
    AtomicInteger calls = new AtomicInteger();
    assertThatThrownBy(() -> retry.run(() -> {
          calls.incrementAndGet();
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
    assertThat(calls).hasValue(6);
  }

  @Test
  void context_tellsAttemptAndLastFailure_andIsGoneAfterwards() throws Exception {
    Retry retry = resilience.retry("r", everySecond(2).build());
    IOException first = new IOException("first");
    String seen = retry.call(() -> {
      CallContext context = CallContext.current();
      if (context.attempt() == 1) {
        throw first;
      }
      assertThat(context.lastFailure()).contains(first);
      assertThat(context.elapsed()).isEqualTo(Duration.ofSeconds(1));
      return context.retryName().orElseThrow() + context.attempt();
    });
    assertThat(seen).isEqualTo("r2");
    assertThat(CallContext.current().attempt()).isZero();
  }

  @Test
  @DisplayName("fault 23: an interrupted wait ends at once, and the interrupt is not swallowed")
  void interruptedWait_endsAtOnceWithTheFlagSet_orAsInterruptedException() throws Exception {
    ManualTime still = ManualTime.create();
    try (Resilience blocked = Resilience.builder().timeSource(still).build()) {
      Retry retry = blocked.retry("r", everySecond(3).build());
      AtomicReference<Throwable> ending = new AtomicReference<>();
      AtomicReference<Boolean> flag = new AtomicReference<>();
      Thread caller = new Thread(() -> {
        try {
          retry.run(() -> {
            throw new IOException("down");
          });
        } catch (IOException | RuntimeException e) {
          ending.set(e);
          flag.set(Thread.currentThread().isInterrupted());
        }
      });
      caller.start();
      still.awaitSleepers(1);
      caller.interrupt();
      caller.join(10_000);
      assertThat(ending.get()).isInstanceOf(CallInterruptedException.class);
      assertThat(ending.get().getSuppressed()).hasSize(1);
      assertThat(flag.get()).isTrue();
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> retry.callInterruptibly(() -> {
            throw new IOException("down");
          }))
          .isInstanceOf(InterruptedException.class);
      assertThat(Thread.interrupted()).isFalse();
    }
  }

  @Test
  void closing_endsWaitsOnThreadsAndOnTheTimer() throws Exception {
    ManualTime still = ManualTime.create();
    Resilience closing = Resilience.builder().timeSource(still).name("closing").build();
    Retry retry = closing.retry("r", everySecond(3).build());
    CompletableFuture<String> async =
        retry.callAsync(() -> CompletableFuture.failedFuture(new IOException("down")));
    AtomicReference<Throwable> ending = new AtomicReference<>();
    Thread caller = new Thread(() -> {
      try {
        retry.run(() -> {
          throw new IOException("down");
        });
      } catch (IOException | RuntimeException e) {
        ending.set(e);
      }
    });
    caller.start();
    still.awaitSleepers(1);
    closing.close();
    caller.join(10_000);
    still.runPending();
    assertThat(ending.get())
        .isInstanceOf(ResilienceClosedException.class)
        .hasMessageContaining("closing");
    assertThatThrownBy(async::join).hasCauseInstanceOf(ResilienceClosedException.class);
  }

  @Test
  @DisplayName(
      "RT-04 RT-05 RT-10 S1 F5: schedules, cap after jitter, no overflow at any attempt, nanoseconds kept")
  void backoff_isExactAndSaturates() {
    Backoff plain = Backoff.exponential(Duration.ofSeconds(1))
        .withJitter(Jitter.NONE)
        .cappedAt(Duration.ofSeconds(10));
    assertThat(List.of(0, 1, 2, 3, 4, 62, 63, 1023, 5000))
        .extracting(n -> Duration.ofNanos(plain.delayNanos(n, 0, 0.5)).toSeconds())
        .containsExactly(1L, 2L, 4L, 8L, 10L, 10L, 10L, 10L, 10L);
    Backoff fibonacci = Backoff.fibonacci(Duration.ofSeconds(1))
        .withJitter(Jitter.NONE)
        .cappedAt(Duration.ofDays(300));
    assertThat(List.of(0, 1, 2, 3, 4))
        .extracting(n -> Duration.ofNanos(fibonacci.delayNanos(n, 0, 0.5)).toSeconds())
        .containsExactly(1L, 2L, 3L, 5L, 8L);
    assertThat(fibonacci.delayNanos(5000, 0, 0.5))
        .isEqualTo(Duration.ofDays(300).toNanos());
    assertThat(plain.withJitter(Jitter.MULTIPLICATIVE).delayNanos(10, 0, 0.999))
        .isEqualTo(10_000_000_000L);
    assertThat(Backoff.constant(Duration.ofNanos(900_000))
            .withJitter(Jitter.NONE)
            .delayNanos(0, 0, 0.5))
        .isEqualTo(900_000);
  }

  @Test
  void foreignPolicy_takesPartInAPipeline() throws Exception {
    AtomicInteger entered = new AtomicInteger();
    Policy foreign = new Policy() {
      @Override
      public String name() {
        return "foreign";
      }

      @Override
      public <T, X extends Throwable> T call(
          io.aragora.resilience.CheckedSupplier<? extends T, X> body) throws X {
        entered.incrementAndGet();
        return body.get();
      }

      @Override
      public <T> CompletableFuture<T> callAsync(
          java.util.function.Supplier<? extends java.util.concurrent.CompletionStage<T>> body) {
        entered.incrementAndGet();
        return body.get().toCompletableFuture();
      }
    };
    Pipeline pipeline = resilience
        .pipeline("p")
        .add(resilience.retry("r", everySecond(2).build()))
        .add(foreign)
        .add(resilience.circuitBreaker("b"))
        .build();
    assertThat(pipeline.<String, Exception>call(() -> "sync")).isEqualTo("sync");
    assertThat(pipeline.callAsync(() -> CompletableFuture.completedFuture("async")))
        .isCompletedWithValue("async");
    assertThat(entered).hasValue(2);
    assertThatThrownBy(() -> resilience.pipeline("p").build())
        .hasMessageContaining("at least one policy");
    assertThatThrownBy(() -> resilience.pipeline("p").add(foreign).add(foreign))
        .hasMessageContaining("each policy once");
  }

  @Test
  void asynchronousAttempts_seeTheTimeSinceTheCallBegan() {
    Retry retry = resilience.retry("r", everySecond(3).build());
    List<Duration> elapsed = new ArrayList<>();
    CompletableFuture<Integer> future = retry.callAsync(() -> {
      elapsed.add(CallContext.current().elapsed());
      return CompletableFuture.failedFuture(new IOException("down"));
    });
    time.advance(Duration.ofSeconds(5));
    assertThat(future).isCompletedExceptionally();
    assertThat(elapsed).hasSize(3);
    assertThat(elapsed.get(0)).isZero();
    assertThat(elapsed.get(1)).isBetween(Duration.ofSeconds(1), Duration.ofMillis(1_003));
    assertThat(elapsed.get(2)).isBetween(Duration.ofSeconds(2), Duration.ofMillis(2_006));
  }
}
