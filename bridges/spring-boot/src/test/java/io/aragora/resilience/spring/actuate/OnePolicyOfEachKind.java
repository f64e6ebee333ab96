package io.aragora.resilience.spring.actuate;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.time.Duration;

/** Declares a policy of each kind that the runtime has. */
final class OnePolicyOfEachKind {
  private OnePolicyOfEachKind() {}

  static void declare(Resilience resilience, String name) {
    resilience.circuitBreaker(name);
    resilience.keyedCircuitBreaker(name, c -> {});
    resilience.retry(name);
    resilience.retryBudget(name);
    resilience.timeout(name, Duration.ofSeconds(1));
    resilience.bulkhead(name);
    resilience.concurrencyLimit(name);
    resilience.rateLimiter(name, c -> c.limit(1).period(Duration.ofSeconds(1)));
    resilience.keyedRateLimiter(
        name,
        KeyedRateLimiterConfig.builder()
            .limiter(RateLimiterConfig.builder()
                .limit(1)
                .period(Duration.ofSeconds(1))
                .build())
            .build());
    resilience.hedge(name, c -> c.delay(Duration.ofMillis(1)));
    resilience.chaos(name, c -> c.fail(1, IllegalStateException::new));
    resilience.coalescer(name);
    resilience
        .pipeline(name, p -> p.add(resilience.retry(name)))
        .withFallback(Fallback.of(failure -> "none"));
  }
}
