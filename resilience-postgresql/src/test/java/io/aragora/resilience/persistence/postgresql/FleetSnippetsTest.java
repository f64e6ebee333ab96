package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.testing.MemoryQuotaStore;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The code of {@code docs/fleet.md}, between markers. */
class FleetSnippetsTest {
  @Test
  void start() {
    // readme: fleet-start
    Resilience resilience = Resilience.builder()
        .quotaStore("postgresql://db:5432/app") // the location of the state store, unless it is set
        .build();
    RateLimiter api = resilience.rateLimiter(
        "payment-api",
        RateLimiterConfig.smooth(1_000, Duration.ofSeconds(1))
            .burst(100)
            .shared()
            .build());
    RetryBudget retries = resilience.retryBudget(
        "payment-api", RetryBudgetConfig.builder().capacity(200).shared().build());
    // end

    try (resilience) {
      assertThat(api.config().isShared()).isTrue();
      assertThat(retries.config().isShared()).isTrue();
    }
  }

  @Test
  void test() {
    // readme: fleet-test
    ManualTime time = ManualTime.create();
    MemoryQuotaStore store = MemoryQuotaStore.create(time);
    Resilience one = Resilience.builder().timeSource(time).quotaStore(store).build();
    Resilience other = Resilience.builder().timeSource(time).quotaStore(store).build();
    // end

    try (one;
        other) {
      RateLimiterConfig config =
          RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).shared().build();
      one.rateLimiter("api", config);
      other.rateLimiter("api", config);
      time.advance(Duration.ofSeconds(1));
      assertThat(other.rateLimiter("api", config).snapshot().instances()).isEqualTo(2);
    }
  }
}
