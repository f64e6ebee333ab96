package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;

/**
 * A runtime that takes a permit of its limiter every {@link #STEP} of its manual time, and prints the number of permits so
 * far, until it is killed or its output is closed. Takes the location of its store.
 */
final class LimitingRuntime {
  static final Duration STEP = Duration.ofMillis(10);

  /** Earns a permit each half minute, so that what is missing is what was taken. */
  static final RateLimiterConfig QUOTA = RateLimiterConfig.smooth(1_000_000, Duration.ofDays(365))
      .keepAcrossRestart(true)
      .build();

  private LimitingRuntime() {}

  public static void main(String[] arguments) {
    ManualTime time = ManualTime.create();
    RateLimiter limiter = open(arguments[0], time).rateLimiter("quota", QUOTA);
    for (int taken = 1; limiter.tryAcquire() && !System.out.checkError(); taken++) {
      System.out.println(taken);
      time.advance(STEP);
    }
  }

  static Resilience open(String location, ManualTime time) {
    return Resilience.builder()
        .timeSource(time)
        .stateStore(location)
        .requireStateStore(true)
        .build();
  }
}
