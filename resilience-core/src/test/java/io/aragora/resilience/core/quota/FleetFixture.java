package io.aragora.resilience.core.quota;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.testing.MemoryQuotaStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** Runtimes that share one store on one manual time. */
abstract class FleetFixture {
  static final Duration SECOND = Duration.ofSeconds(1);

  /** Longer than a request waits for its answer. */
  static final Duration A_MOMENT = Duration.ofMillis(1);

  final ManualTime time = ManualTime.create();
  final MemoryQuotaStore store = MemoryQuotaStore.create(time);
  private final List<Resilience> instances = new ArrayList<>();

  Resilience instance() {
    Resilience instance = Resilience.builder()
        .name("instance-" + instances.size())
        .timeSource(time)
        .quotaStore(store)
        .build();
    instances.add(instance);
    return instance;
  }

  List<RateLimiter> fleet(int size, RateLimiterConfig config) {
    List<RateLimiter> fleet = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      fleet.add(instance().rateLimiter("api", config));
    }
    return fleet;
  }

  static RateLimiterConfig.Builder shared(int limit, int burst) {
    return RateLimiterConfig.smooth(limit, SECOND).burst(burst).shared();
  }

  @AfterEach
  void close() {
    instances.forEach(Resilience::close);
  }
}
