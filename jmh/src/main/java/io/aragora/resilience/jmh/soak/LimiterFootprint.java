package io.aragora.resilience.jmh.soak;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.Locale;

/**
 * The memory of a key of a rate limiter, by the heap with a million of them. Fails, with exit code 1, above 96 bytes beside
 * the name of the key, or above 200 MB for all; run it with {@code -Xmx512m}.
 */
public final class LimiterFootprint {
  private static final int KEYS = 1_000_000;
  private static final int LIMIT_BYTES = 96;
  private static final int LIMIT_MEGABYTES = 200;

  private LimiterFootprint() {}

  /**
   * Measures for some seconds.
   *
   * @param args none
   */
  public static void main(String[] args) {
    try (Resilience resilience =
        Resilience.builder().timeSource(ManualTime.create()).build()) {
      KeyedRateLimiter keyed = resilience.keyedRateLimiter(
          "million",
          KeyedRateLimiterConfig.builder()
              .maxKeys(KEYS)
              .limiter(RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).build())
              .build());
      String[] names = new String[KEYS];
      long before = Heap.used();
      for (int key = 0; key < KEYS; key++) {
        names[key] = "tenant-" + key;
      }
      long named = Heap.used();
      for (String name : names) {
        keyed.tryAcquire(name);
      }
      long after = Heap.used();
      if (keyed.size() != KEYS) {
        throw new IllegalStateException("not all keys are there: " + keyed.size());
      }
      double perKey = (double) (after - named) / KEYS;
      double megabytes = (after - before) / 1e6;
      System.out.printf(
          Locale.ROOT,
          "a key of a rate limiter: %.0f bytes beside its name, limit %d; %,d with names: %.0f MB, limit %d%n",
          perKey,
          LIMIT_BYTES,
          KEYS,
          megabytes,
          LIMIT_MEGABYTES);
      System.exit(perKey <= LIMIT_BYTES && megabytes <= LIMIT_MEGABYTES ? 0 : 1);
    }
  }
}
