package io.aragora.resilience.core.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryAttemptTotals;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.retry.RetryExhaustedException;
import io.aragora.resilience.testing.ManualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RetryTest extends RetryFixture {
  @Test
  @Tag("RT-21")
  @DisplayName(
      "after three attempts and two waits, the last failure is thrown with the earlier ones "
          + "suppressed")
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
        resilience.retry("r", everySecond(10).retryResultIf("bad"::equals).build());
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
  @Tag("RT-11")
  @Tag("RT-28")
  @Tag("RT-31")
  @DisplayName("a missing file is not retried by default")
  void predicate_default_rejectsAMissingFile() {
    AtomicInteger calls = new AtomicInteger();
    assertThatThrownBy(() -> resilience.retry("d", everySecond(3).build()).run(() -> {
          calls.incrementAndGet();
          throw new FileNotFoundException("gone");
        }))
        .isInstanceOf(FileNotFoundException.class);
    assertThat(calls).hasValue(1);
  }

  @Test
  @Tag("RT-11")
  @Tag("RT-28")
  @Tag("RT-31")
  @DisplayName("a predicate that is always true retries every failure")
  void predicate_true_retriesEveryFailure() {
    AtomicInteger calls = new AtomicInteger();
    Retry all = resilience.retry("all", everySecond(3).retryIf(e -> true).build());
    assertThatThrownBy(() -> all.run(() -> {
          calls.incrementAndGet();
          throw new IllegalStateException("429 rate limit");
        }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(calls).hasValue(3);
  }

  @Test
  @Tag("R15")
  @DisplayName("a result that is always rejected is returned in the end, synchronously and "
      + "asynchronously")
  void rejectedResult_whenExhausted_isReturned() {
    Retry retry =
        resilience.retry("r", everySecond(3).retryResultIf("bad"::equals).build());
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
  @DisplayName("with failOnRetryableResult, a result that is always rejected fails the call")
  void rejectedResult_whenExhausted_failsIfItShall() {
    Retry retry = resilience.retry(
        "r",
        everySecond(3).retryResultIf("bad"::equals).failOnRetryableResult(true).build());
    IOException first = new IOException("first");
    AtomicInteger calls = new AtomicInteger();
    assertThatThrownBy(() -> retry.<String, IOException>call(() -> {
          if (calls.incrementAndGet() == 1) {
            throw first;
          }
          return "bad";
        }))
        .isInstanceOfSatisfying(RetryExhaustedException.class, e -> {
          assertThat(e.result()).isEqualTo("bad");
          assertThat(e.retry()).isEqualTo("r");
          assertThat(e.attempts()).isEqualTo(3);
          assertThat(e.kind()).isEqualTo(RetryEvent.Kind.EXHAUSTED);
          assertThat(e.getSuppressed()).containsExactly(first);
        })
        .hasMessage("retry 'r' ended with a rejected result after 3 attempts: exhausted");
    CompletableFuture<String> future =
        retry.callAsync(() -> CompletableFuture.completedFuture("bad"));
    time.advance(Duration.ofSeconds(10));
    assertThatThrownBy(future::join).hasCauseInstanceOf(RetryExhaustedException.class);
    assertThat(retry.totals().exhausted()).isEqualTo(2);
    Retry once = resilience.retry(
        "once",
        everySecond(1).retryResultIf(r -> true).failOnRetryableResult(true).build());
    assertThatThrownBy(() -> once.call(() -> "bad"))
        .hasMessage("retry 'once' ended with a rejected result after 1 attempt: exhausted");
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
  @Tag("fault-23")
  @DisplayName("an interrupted wait ends at once, and the interrupt is not swallowed")
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
  @Tag("RT-04")
  @Tag("RT-05")
  @Tag("RT-10")
  @Tag("S1")
  @Tag("F5")
  @DisplayName(
      "delays are capped after jitter, do not overflow at any attempt, and keep nanoseconds")
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
        .isBetween(9_900_000_000L, 10_000_000_000L);
    assertThat(Backoff.constant(Duration.ofNanos(900_000))
            .withJitter(Jitter.NONE)
            .delayNanos(0, 0, 0.5))
        .isEqualTo(900_000);
  }
}
