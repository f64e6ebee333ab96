package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * More second attempts block than the group of attempts has threads on JDK 17. Limits fire, and health answers; when the attempts go on,
 * so do those that waited for a thread.
 */
@Timeout(120)
class BlockedAttemptsTest {
  /** The threads of the group on JDK 17. From 21 on each attempt has a virtual thread. */
  private static final int THREADS = 256;

  private static final int CALLS = THREADS + 44;

  /** The longest wait for what must happen at once: no measurement, a wait that fails. */
  private static final long SECONDS = 30;

  @Test
  void secondAttempts_allBlock_limitsFireAndHealthAnswers() throws Exception {
    CountDownLatch blocked = new CountDownLatch(THREADS);
    CountDownLatch release = new CountDownLatch(1);
    try (Resilience resilience = Resilience.create()) {
      Retry retry = resilience.retry(
          "r", c -> c.maxAttempts(2).backoff(Backoff.constant(Duration.ofMillis(1))));
      List<CompletableFuture<String>> calls = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        AtomicInteger attempts = new AtomicInteger();
        calls.add(retry.callAsync(() -> {
          if (attempts.incrementAndGet() == 1) {
            return CompletableFuture.failedFuture(new IOException("down"));
          }
          blocked.countDown();
          await(release);
          return CompletableFuture.completedFuture("up");
        }));
      }
      assertThat(blocked.await(SECONDS, TimeUnit.SECONDS)).isTrue();
      try {
        Policy limit = resilience.timeout("limit", Duration.ofMillis(100));
        assertThat(limit.callAsync(CompletableFuture::new))
            .failsWithin(Duration.ofSeconds(SECONDS))
            .withThrowableThat()
            .withCauseInstanceOf(TimeoutExceededException.class);
        resilience.health().register("own", HealthResult::healthy);
        assertThat(resilience.health().checkAllAsync())
            .succeedsWithin(Duration.ofSeconds(SECONDS))
            .satisfies(report -> assertThat(report.checks()).containsKey("own"));
        ThreadLoad load = resilience.status().threads().stream()
            .filter(each -> each.group().equals("attempt"))
            .findFirst()
            .orElseThrow();
        assertThat(load.busy()).isGreaterThanOrEqualTo(THREADS);
        if (Runtime.version().feature() < 21) {
          assertThat(load.busy()).isEqualTo(load.bound());
        }
      } finally {
        release.countDown();
      }
      for (CompletableFuture<String> call : calls) {
        assertThat(call.get(SECONDS, TimeUnit.SECONDS)).isEqualTo("up");
      }
    } finally {
      release.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
