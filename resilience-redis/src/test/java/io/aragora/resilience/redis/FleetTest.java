package io.aragora.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whole runtimes that share a limit, in real time. */
class FleetTest {
  private static final int BURST = 100;

  private static RateLimiter limiter(Resilience runtime, Duration period) {
    return runtime.rateLimiter(
        "api",
        RateLimiterConfig.smooth(10, period)
            .burst(BURST)
            .shared()
            .whenAlone(WhenAlone.REJECT)
            .build());
  }

  private static int drain(RateLimiter limiter) {
    int admitted = 0;
    while (limiter.tryAcquire()) {
      admitted++;
    }
    return admitted;
  }

  @Test
  @DisplayName("two runtimes take the burst together, and each sees the other")
  void twoRuntimes_shareTheBurst() throws Exception {
    String location = RedisServer.shared().patient(RedisServer.newPrefix());
    try (Resilience one = Resilience.builder().name("one").quotaStore(location).build();
        Resilience other =
            Resilience.builder().name("other").quotaStore(location).build()) {
      RateLimiter here = limiter(one, Duration.ofDays(1));
      RateLimiter there = limiter(other, Duration.ofDays(1));
      int[] admitted = new int[1];

      Await.until("all of the burst is used", () -> {
        admitted[0] += drain(here) + drain(there);
        return admitted[0] >= BURST;
      });
      Await.until("each sees the other", () -> {
        admitted[0] += drain(here) + drain(there);
        return here.snapshot().instances() == 2 && there.snapshot().instances() == 2;
      });

      // Each instance may have one call on credit.
      assertThat(admitted[0]).isBetween(BURST, BURST + 2);
      assertThat(one.status().toString()).doesNotContain("battery");
    }
  }
}
