package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** One path through all features, found by ServiceLoader, as an application would use them. */
class FirstLightTest {
  private final ManualTime time = ManualTime.create();

  private static final RetryConfig THREE_ATTEMPTS = RetryConfig.builder()
      .maxAttempts(3)
      .backoff(Backoff.constant(Duration.ofSeconds(1)).withJitter(Jitter.NONE))
      .build();

  @Test
  void pipeline_failsThenSucceeds_retriesInsideTheBreakersCount() throws Exception {
    time.autoAdvance(true);
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      Retry retry = resilience.retry("r", THREE_ATTEMPTS);
      CircuitBreaker breaker = resilience.circuitBreaker("b");
      Timeout timeout = resilience.timeout("t", Duration.ofSeconds(5));
      Pipeline pipeline = resilience
          .unregistered()
          .pipelineBuilder("p")
          .add(retry)
          .add(breaker)
          .add(timeout)
          .build();
      List<Integer> attempts = new ArrayList<>();
      String result = pipeline.call(() -> {
        attempts.add(CallContext.current().attempt());
        assertThat(CallContext.current().remaining()).contains(Duration.ofSeconds(5));
        if (attempts.size() < 3) {
          throw new IOException("down " + attempts.size());
        }
        return "up";
      });
      assertThat(result).isEqualTo("up");
      assertThat(attempts).containsExactly(1, 2, 3);
      assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
      assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
      assertThat(retry.totals().retries()).isEqualTo(2);
      assertThat(pipeline).hasToString("p: retry 'r' → breaker 'b' → timeout 't'");
    }
  }

  @Test
  void breaker_opensAndRecovers() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      CircuitBreaker breaker = resilience.circuitBreaker(
          "b",
          CircuitBreakerConfig.builder()
              .failureThreshold(2)
              .cooldown(Duration.ofSeconds(30))
              .build());
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> breaker.run(() -> {
              throw new IOException("down");
            }))
            .isInstanceOf(IOException.class);
      }
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThatThrownBy(() -> breaker.call(() -> "x"))
          .isInstanceOf(CallNotPermittedException.class)
          .hasMessageContaining("30.0");
      time.advance(Duration.ofSeconds(30));
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
      assertThat(breaker.<String, RuntimeException>call(() -> "x")).isEqualTo("x");
      assertThat(breaker.<String, RuntimeException>call(() -> "x")).isEqualTo("x");
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }

  @Test
  void timeout_sync_interruptsAndLeavesNoFlag() throws Exception {
    try (Resilience resilience = Resilience.create()) {
      Timeout timeout = resilience.timeout("t", Duration.ofMillis(20));
      CountDownLatch never = new CountDownLatch(1);
      assertThatThrownBy(() -> timeout.callInterruptibly(() -> {
            never.await();
            return null;
          }))
          .isInstanceOf(TimeoutExceededException.class)
          .hasCauseInstanceOf(InterruptedException.class);
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      assertThat(timeout.totals().fired()).isEqualTo(1);
    }
  }

  @Test
  void pipeline_async_retriesAndTimesOut() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      CircuitBreaker breaker = resilience.circuitBreaker("b");
      Pipeline pipeline = resilience
          .unregistered()
          .pipelineBuilder("p")
          .add(resilience.retry("r", THREE_ATTEMPTS))
          .add(breaker)
          .add(resilience.timeout("t", Duration.ofSeconds(5)))
          .build();
      List<CompletableFuture<String>> started = new ArrayList<>();
      CompletableFuture<String> result = pipeline.callAsync(() -> {
        CompletableFuture<String> future = new CompletableFuture<>();
        started.add(future);
        return future;
      });
      assertThat(started).hasSize(1);
      time.advance(Duration.ofSeconds(6));
      assertThat(started.get(0)).isCancelled();
      assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
      time.advance(Duration.ofSeconds(1));
      assertThat(started).hasSize(2);
      started.get(1).complete("up");
      assertThat(result).isCompletedWithValue("up");
    }
  }
}
