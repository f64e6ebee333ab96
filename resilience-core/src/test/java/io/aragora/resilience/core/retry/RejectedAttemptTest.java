package io.aragora.resilience.core.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Attempts that a policy inside the retry rejected, of any kind. */
class RejectedAttemptTest extends RetryFixture {
  private final AtomicInteger attempts = new AtomicInteger();
  private final List<Long> at = new ArrayList<>();

  /** What a policy of any kind throws. */
  private static final class Rejected extends CallRejectedException {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable Duration retryAfter;

    private Rejected(@Nullable Duration retryAfter) {
      this.retryAfter = retryAfter;
    }

    @Override
    public String policy() {
      return "db";
    }

    @Override
    public String kind() {
      return "bulkhead";
    }

    @Override
    public Duration retryAfter() {
      if (retryAfter == null) {
        throw new IllegalStateException("unknown");
      }
      return retryAfter;
    }

    @Override
    public String getMessage() {
      return "full";
    }
  }

  private Void reject(@Nullable Duration retryAfter) {
    attempts.incrementAndGet();
    at.add(time.nanoTime() / 1_000_000);
    throw new Rejected(retryAfter);
  }

  private Retry asked(Backoff backoff, Duration maxDuration) {
    return resilience.retry(
        "asked",
        RetryConfig.builder()
            .maxAttempts(3)
            .backoff(backoff)
            .maxDuration(maxDuration)
            .retryRejections(true)
            .build());
  }

  private static Backoff exponential(Duration cap) {
    return Backoff.exponential(Duration.ofMillis(100)).cappedAt(cap).withJitter(Jitter.NONE);
  }

  /** The times between the attempts, in milliseconds. */
  private List<Long> waits() {
    List<Long> waits = new ArrayList<>();
    for (int i = 1; i < at.size(); i++) {
      waits.add(at.get(i) - at.get(i - 1));
    }
    return waits;
  }

  private void assertRejected(Policy policy, @Nullable Duration retryAfter) {
    assertThatThrownBy(() -> policy.call(() -> reject(retryAfter))).isInstanceOf(Rejected.class);
  }

  private void assertRejectedAsync(Policy policy, Duration retryAfter) {
    CompletableFuture<Void> future =
        policy.callAsync(() -> CompletableFuture.failedFuture(rejection(retryAfter)));
    time.runPending();
    for (int i = 0; i < 100 && !future.isDone(); i++) {
      time.advance(Duration.ofMillis(100));
    }
    assertThat(future).isCompletedExceptionally();
  }

  private Rejected rejection(Duration retryAfter) {
    attempts.incrementAndGet();
    return new Rejected(retryAfter);
  }

  @Test
  @Tag("GW-02")
  @DisplayName("a rejection of any kind is not retried")
  void rejection_isNotRetried() {
    Retry retry = resilience.retry("r", everySecond(3).retryIf(e -> true).build());
    assertRejected(retry, Duration.ZERO);
    assertThat(attempts).hasValue(1);
    assertThat(retry.totals().count(RetryEvent.Kind.REJECTED)).isEqualTo(1);
    assertRejectedAsync(retry, Duration.ZERO);
    assertThat(attempts).hasValue(2);
    assertThat(retry.totals().count(RetryEvent.Kind.REJECTED)).isEqualTo(2);
  }

  @Test
  @Tag("GW-02")
  @DisplayName("with retryRejections, the wait is the longer of the backoff and retryAfter")
  void retryRejections_waitsForTheLongerOfBoth() {
    Retry retry = asked(exponential(Duration.ofSeconds(10)), Duration.ofHours(1));
    assertRejected(retry, Duration.ofMillis(150));
    assertThat(waits()).containsExactly(150L, 200L);
    assertThat(retry.totals().count(RetryEvent.Kind.EXHAUSTED)).isEqualTo(1);
    attempts.set(0);
    assertRejectedAsync(retry, Duration.ofMillis(150));
    assertThat(attempts).hasValue(3);
  }

  @Test
  @Tag("GW-02")
  @DisplayName("the wait is not longer than the cap of the backoff")
  void retryRejections_waitsNotLongerThanTheCap() {
    assertRejected(
        asked(exponential(Duration.ofMillis(250)), Duration.ofHours(1)), Duration.ofSeconds(5));
    assertThat(waits()).containsExactly(250L, 250L);
  }

  @Test
  @Tag("GW-02")
  @DisplayName("a call that has no time to wait for its admission gives up at once")
  void retryRejections_withoutTimeForIt_givesUpAtOnce() {
    Retry retry = asked(exponential(Duration.ofMillis(250)), Duration.ofHours(1));
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.timeout("t", Duration.ofSeconds(1)))
        .add(retry)
        .build();
    assertRejected(pipeline, Duration.ofSeconds(5));
    assertThat(attempts).hasValue(1);
    assertThat(retry.totals().count(RetryEvent.Kind.OUT_OF_TIME)).isEqualTo(1);
    assertRejectedAsync(pipeline, Duration.ofSeconds(1));
    assertThat(attempts).hasValue(2);
    assertThat(retry.totals().count(RetryEvent.Kind.OUT_OF_TIME)).isEqualTo(2);
    assertRejected(pipeline, Duration.ofMillis(400));
    assertThat(attempts).hasValueGreaterThan(3);
  }

  @Test
  @Tag("GW-02")
  @DisplayName("the longest duration of a call counts as a deadline does")
  void retryRejections_beyondTheLongestDuration_givesUpAtOnce() {
    Retry retry = asked(exponential(Duration.ofMillis(250)), Duration.ofSeconds(2));
    assertRejected(retry, Duration.ofSeconds(3));
    assertThat(attempts).hasValue(1);
    assertThat(retry.totals().count(RetryEvent.Kind.OUT_OF_TIME)).isEqualTo(1);
  }

  @Test
  @Tag("GW-02")
  @DisplayName("a rejection whose retryAfter fails is retried after the backoff")
  void retryAfter_thatThrows_isLeftOut() {
    assertRejected(asked(exponential(Duration.ofSeconds(10)), Duration.ofHours(1)), null);
    assertThat(waits()).containsExactly(100L, 200L);
  }

  @Test
  @Tag("GW-02")
  @DisplayName("an open breaker inside is waited for until its cooldown ends")
  void openBreakerInside_isAdmittedAfterItsCooldown() throws Exception {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "b",
        CircuitBreakerConfig.builder()
            .failureThreshold(1)
            .cooldown(Duration.ofSeconds(5))
            .build());
    assertThatThrownBy(() -> breaker.call(() -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(asked(exponential(Duration.ofSeconds(10)), Duration.ofHours(1)))
        .add(breaker)
        .build();
    String answer = pipeline.call(() -> "up");
    assertThat(answer).isEqualTo("up");
    assertThat(breaker.snapshot().totals().rejected()).isEqualTo(1);
  }

  @Test
  @Tag("GW-03")
  @DisplayName("a fallback sees a rejection as any exception")
  void fallback_seesARejection() {
    Fallback<String> fallback = Fallback.<String>builder()
        .on(CallRejectedException.class, e -> "instead of " + e.policy())
        .build();
    Retry retry = resilience.retry("r", everySecond(3).build());
    String answer = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(retry)
        .build()
        .withFallback(fallback)
        .call(() -> {
          throw new Rejected(Duration.ZERO);
        });
    assertThat(answer).isEqualTo("instead of db");
    CircuitBreaker breaker = resilience.circuitBreaker("b");
    breaker.forceOpen();
    assertThat(resilience
            .unregistered()
            .pipelineBuilder("q")
            .add(breaker)
            .build()
            .withFallback(fallback)
            .<RuntimeException>call(() -> "up"))
        .isEqualTo("instead of b");
    assertThatThrownBy(() -> breaker.call(() -> "up"))
        .isInstanceOf(CallNotPermittedException.class);
  }
}
