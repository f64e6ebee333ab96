package io.aragora.resilience.core.retry;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SharedRetryTest {
  private final ManualTime time = ManualTime.create();

  private static CompletableFuture<String> failingCall(
      Retry retry, ManualTime time, List<Long> attempts) {
    return retry.callAsync(() -> {
      attempts.add(Duration.ofNanos(time.nanoTime()).toSeconds());
      return CompletableFuture.failedFuture(new IOException("down"));
    });
  }

  @Test
  @Tag("fault-21")
  @DisplayName("concurrent calls of one retry each have their own schedule")
  void interleavedCalls_doNotShareASchedule() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      Retry retry = resilience.retry(
          "r",
          RetryConfig.builder()
              .maxAttempts(4)
              .backoff(Backoff.exponential(Duration.ofSeconds(2)).withJitter(Jitter.NONE))
              .build());
      long start = Duration.ofNanos(time.nanoTime()).toSeconds();
      List<Long> first = new ArrayList<>();
      List<Long> second = new ArrayList<>();
      CompletableFuture<String> one = failingCall(retry, time, first);
      time.advance(Duration.ofSeconds(1));
      CompletableFuture<String> other = failingCall(retry, time, second);
      time.advance(Duration.ofSeconds(30));
      assertThat(one).isCompletedExceptionally();
      assertThat(other).isCompletedExceptionally();
      assertThat(first).containsExactly(start, start + 2, start + 6, start + 14);
      assertThat(second).containsExactly(start + 1, start + 3, start + 7, start + 15);
    }
  }
}
