package io.aragora.resilience.core.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.EndedAttempt;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backoff by attempt, and what the functions of a retry see of the attempt. */
class BackoffByAttemptTest extends RetryFixture {
  private static final long SECOND = 1_000_000_000L;

  /** Fails with an exception, then with a result, then succeeds. */
  private void run(boolean async, Retry retry, ManualTime time) throws IOException {
    AtomicInteger calls = new AtomicInteger();
    if (async) {
      CompletableFuture<String> future = retry.callAsync(() -> calls.incrementAndGet() == 1
          ? CompletableFuture.failedFuture(new IOException("down"))
          : CompletableFuture.completedFuture(calls.get() == 2 ? "bad" : "good"));
      future.whenComplete(
          (value, failure) -> assertThat(CallContext.current().attempt()).isZero());
      time.advance(Duration.ofMinutes(1));
      assertThat(future).isCompletedWithValue("good");
      return;
    }
    String value = retry.call(() -> {
      if (calls.incrementAndGet() == 1) {
        throw new IOException("down");
      }
      return calls.get() == 2 ? "bad" : "good";
    });
    assertThat(value).isEqualTo("good");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void strategy_seesTheAttempt(boolean async) throws IOException {
    List<EndedAttempt> seen = new ArrayList<>();
    Retry retry = resilience.retry(
        "r",
        c -> c.maxDuration(Duration.ofHours(1))
            .retryResultIf("bad"::equals)
            .backoff(Backoff.customByAttempt(ended -> {
              seen.add(ended);
              return ended.attempt() * SECOND;
            })));
    run(async, retry, time);

    assertThat(seen).extracting(EndedAttempt::attempt).containsExactly(1, 2);
    assertThat(seen.get(0).failure()).isInstanceOf(IOException.class).hasMessage("down");
    assertThat(seen.get(0).result()).isNull();
    assertThat(seen.get(0).elapsed()).isZero();
    assertThat(seen.get(1).failure()).isNull();
    assertThat(seen.get(1).result()).isEqualTo("bad");
    assertThat(seen.get(1).elapsed()).isBetween(Duration.ofSeconds(1), Duration.ofMillis(1_001));
    assertThat(seen.get(1).previousDelayNanos()).isEqualTo(SECOND);
    assertThat(seen).extracting(EndedAttempt::random).doesNotHaveDuplicates();
  }

  @Test
  void randomNumbers_areThoseOfTheSeed() throws IOException {
    List<Double> first = randomNumbers(7);
    assertThat(randomNumbers(7)).isEqualTo(first);
    assertThat(randomNumbers(8)).isNotEqualTo(first);
  }

  private List<Double> randomNumbers(long seed) throws IOException {
    List<Double> numbers = new ArrayList<>();
    ManualTime seeded = ManualTime.seeded(seed).autoAdvance(true);
    try (Resilience runtime = Resilience.builder().timeSource(seeded).build()) {
      Retry retry = runtime.retry(
          "r",
          c -> c.retryResultIf("bad"::equals).backoff(Backoff.customByAttempt(ended -> {
            numbers.add(ended.random());
            return (long) (ended.random() * SECOND);
          })));
      run(false, retry, seeded);
    }
    return numbers;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void strategy_canStop(boolean async) {
    Retry retry = resilience.retry(
        "r",
        c -> c.maxAttempts(9)
            .backoff(
                Backoff.customByAttempt(ended -> ended.attempt() == 2 ? Backoff.STOP : SECOND)));
    AtomicInteger calls = new AtomicInteger();
    if (async) {
      CompletableFuture<String> future = retry.callAsync(() -> {
        calls.incrementAndGet();
        return CompletableFuture.failedFuture(new IOException("down"));
      });
      time.advance(Duration.ofMinutes(1));
      assertThat(future).isCompletedExceptionally();
    } else {
      assertThatThrownBy(() -> retry.run(() -> {
            calls.incrementAndGet();
            throw new IOException("down");
          }))
          .isInstanceOf(IOException.class);
    }
    assertThat(calls).hasValue(2);
    assertThat(retry.totals().count(RetryEvent.Kind.BACKOFF_STOPPED)).isEqualTo(1);
  }

  @Test
  void byAttempt_hasCapAndJitter_andEqualsByItsFunction() {
    Backoff.AttemptStrategy hour = ended -> 3_600 * SECOND;
    Backoff backoff = Backoff.customByAttempt(hour).cappedAt(Duration.ofSeconds(10));
    assertThat(backoff.delayNanos(EndedAttempt.builder(1).build(), 0.5)).isEqualTo(10 * SECOND);
    assertThat(
            backoff.withJitter(Jitter.FULL).delayNanos(EndedAttempt.builder(1).build(), 0.5))
        .isEqualTo(5 * SECOND);
    assertThat(backoff).isEqualTo(Backoff.customByAttempt(hour).cappedAt(Duration.ofSeconds(10)));
    assertThat(backoff.isByAttempt()).isTrue();
    assertThat(backoff).asString().startsWith("custom(strategy=a lambda in ");
    assertThat(Backoff.customByAttempt(ended -> ended.attempt() < 3 ? SECOND : Backoff.STOP)
            .delays(() -> 0.5))
        .containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("the functions of a retry see the number of the attempt that ended")
  void functions_seeTheAttempt(boolean async) throws IOException {
    List<String> seen = new ArrayList<>();
    RetryConfig config = RetryConfig.builder()
        .backoff(Backoff.custom(retry -> {
          seen.add("backoff " + CallContext.current().attempt());
          return SECOND;
        }))
        .abortIf(failure -> {
          seen.add("abortIf " + CallContext.current().attempt());
          return false;
        })
        .retryResultIf(result -> {
          seen.add("retryResultIf " + CallContext.current().attempt());
          return "bad".equals(result);
        })
        .retryAfter(failure -> {
          seen.add("retryAfter " + CallContext.current().attempt());
          return null;
        })
        .retryAfterResult(result -> {
          seen.add("retryAfterResult " + CallContext.current().attempt());
          return null;
        })
        .build();
    run(async, resilience.retry("r", config), time);

    assertThat(seen)
        .containsExactly(
            "abortIf 1",
            "backoff 1",
            "retryAfter 1",
            "retryResultIf 2",
            "backoff 2",
            "retryAfterResult 2",
            "retryResultIf 3");
  }
}
