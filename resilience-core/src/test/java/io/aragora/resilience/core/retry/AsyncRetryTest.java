package io.aragora.resilience.core.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryAttemptTotals;
import io.aragora.resilience.retry.RetryConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class AsyncRetryTest extends RetryFixture {
  @Test
  void attempts_areCountedAsOfOtherCalls() {
    Retry retry = resilience.retry("r", everySecond(2).build());
    AtomicInteger calls = new AtomicInteger();
    CompletableFuture<String> future = retry.callAsync(() -> calls.incrementAndGet() == 1
        ? CompletableFuture.failedFuture(new IOException("down"))
        : CompletableFuture.completedFuture("good"));
    time.advance(Duration.ofSeconds(2));
    assertThat(future).isCompletedWithValue("good");
    assertThat(retry.attempts())
        .containsExactly(
            RetryAttemptTotals.builder(1).failed(1).build(),
            RetryAttemptTotals.builder(2).succeeded(1).build());
  }

  @Test
  @Tag("R8")
  @DisplayName("an asynchronous body that throws at the second attempt fails the future")
  void bodyThatThrowsLater_failsTheFuture() {
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
  void thousandsOfImmediateAttempts_doNotDeepenTheStack() {
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
  void cancelOutside_cancelsTheInnerFutureAndTheWait() {
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
  void executorThatFailsOtherwise_endsTheCallWithThat() {
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
  void executorThatRejects_endsTheCallWithThat() {
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
  void attempts_seeTheTimeSinceTheCallBegan() {
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
