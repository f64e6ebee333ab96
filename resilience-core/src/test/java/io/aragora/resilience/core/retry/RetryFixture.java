package io.aragora.resilience.core.retry;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/** A runtime whose waits end at once, and retries that wait a second. */
abstract class RetryFixture {
  final ManualTime time = ManualTime.create().autoAdvance(true);
  final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();

  @AfterEach
  void close() {
    resilience.close();
  }

  static RetryConfig.Builder everySecond(int attempts) {
    return RetryConfig.builder()
        .maxAttempts(attempts)
        .backoff(Backoff.constant(Duration.ofSeconds(1)).withJitter(Jitter.NONE));
  }
}
