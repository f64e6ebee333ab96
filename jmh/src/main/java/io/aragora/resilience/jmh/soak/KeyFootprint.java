package io.aragora.resilience.jmh.soak;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.Locale;
import org.openjdk.jol.info.GraphLayout;

/**
 * The memory of a used and now idle key: the sum of its objects, and a million keys in a heap of half a gigabyte. Fails, with
 * exit code 1, above 512 bytes for each; run it with {@code -Xmx512m}. Only the time is simulated: the keys are used in
 * portions, two minutes apart, because real keys are not all used in the same minute.
 */
public final class KeyFootprint {
  private static final int KEYS = 1_000_000;
  private static final int PORTION = 20_000;
  private static final int LIMIT_BYTES = 512;
  private static final int SAMPLE = 2_000;
  private static final Duration PAUSE = Duration.ofMinutes(2);

  private KeyFootprint() {}

  /**
   * Measures for some seconds.
   *
   * @param args none
   */
  public static void main(String[] args) {
    // Without it JOL gives up at the first lambda, whose fields have no official offsets.
    System.setProperty("jol.magicFieldOffset", "true");
    ManualTime time = ManualTime.create();
    try (Resilience resilience = Resilience.builder()
        .logTransitions(System.Logger.Level.OFF)
        .timeSource(time)
        .build()) {
      double byLayout = byLayout(resilience, time);
      double byHeap = byHeap(resilience, time);
      System.out.printf(
          Locale.ROOT,
          "an idle key, used before: %.0f bytes by its objects, %.0f by the heap with %,d of them; limit %d, heap %d MB%n",
          byLayout,
          byHeap,
          KEYS,
          LIMIT_BYTES,
          Runtime.getRuntime().maxMemory() >> 20);
      System.exit(byLayout <= LIMIT_BYTES && byHeap <= LIMIT_BYTES ? 0 : 1);
    }
  }

  private static double byLayout(Resilience resilience, ManualTime time) {
    KeyedCircuitBreaker keyed = keyed(resilience, "sample");
    use(keyed, 0, SAMPLE);
    time.advance(PAUSE);
    long half = GraphLayout.parseInstance(keyed).totalSize();
    use(keyed, SAMPLE, 2 * SAMPLE);
    time.advance(PAUSE);
    return (double) (GraphLayout.parseInstance(keyed).totalSize() - half) / SAMPLE;
  }

  private static double byHeap(Resilience resilience, ManualTime time) {
    KeyedCircuitBreaker keyed = keyed(resilience, "million");
    long before = Heap.used();
    for (int key = 0; key < KEYS; key += PORTION) {
      use(keyed, key, key + PORTION);
      time.advance(PAUSE);
    }
    double perKey = (double) (Heap.used() - before) / KEYS;
    if (keyed.size() != KEYS || keyed.evictions() != 0 || keyed.overflows() != 0) {
      throw new IllegalStateException("not all keys are there: " + keyed.size());
    }
    return perKey;
  }

  private static KeyedCircuitBreaker keyed(Resilience resilience, String name) {
    return resilience.keyedCircuitBreaker(
        name,
        KeyedCircuitBreakerConfig.builder()
            .maxKeys(KEYS)
            .breaker(CircuitBreakerConfig.builder().failureRateThreshold(80).build())
            .build());
  }

  /** Records successes for each key, and a failure for every tenth. */
  private static void use(KeyedCircuitBreaker keyed, int from, int to) {
    for (int key = from; key < to; key++) {
      CircuitBreaker breaker = keyed.forKey("tenant-" + key);
      for (int call = 0; call < 3; call++) {
        breaker.call(() -> "answer");
      }
      if (key % 10 == 0) {
        breaker.recordFailure(breaker.acquirePermit(), null);
      }
    }
  }
}
