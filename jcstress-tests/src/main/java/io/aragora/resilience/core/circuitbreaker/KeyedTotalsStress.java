package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claim of {@link CoreKeyedCircuitBreaker#totals}: a key that is removed meanwhile is counted once, or missing from this reading. */
public class KeyedTotalsStress {
  /** A key with one success is removed while the totals are read. */
  @JCStressTest
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Counted with the keys or with the evicted ones.")
  @Outcome(
      id = "0, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Not counted yet: the next reading has it.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Counted twice, or lost.")
  @State
  public static class RemovalCountsOnce {
    // A window of the last calls, since the sweep would hold each sample's time window for a
    // minute.
    private static final CircuitBreakerConfig LAST_CALLS =
        CircuitBreakerConfig.builder().countWindow(10).build();

    private final CoreKeyedCircuitBreaker keyed = new CoreKeyedCircuitBreaker(
        "stress", KeyedCircuitBreakerConfig.of(LAST_CALLS), StressRuntime.SYSTEM_TIME);

    public RemovalCountsOnce() {
      CircuitBreaker breaker = keyed.forKey("key");
      breaker.recordSuccess(breaker.acquirePermit());
    }

    @Actor
    public void remove() {
      keyed.remove("key");
    }

    @Actor
    public void read(II_Result result) {
      result.r1 = (int) keyed.totals().successes();
    }

    @Arbiter
    public void readAgain(II_Result result) {
      result.r2 = (int) keyed.totals().successes();
    }
  }

  /** The totals of evicted keys are read after the keys: shows that the test detects a key that is counted twice. */
  @JCStressTest
  @Outcome(
      id = {"0, 1", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Counted once, or not yet.")
  @Outcome(id = "2, 1", expect = Expect.ACCEPTABLE_INTERESTING, desc = "Counted twice.")
  @State
  public static class BrokenRemovalCountsOnce {
    private final Map<String, Integer> keys = new ConcurrentHashMap<>(Map.of("key", 1));
    private volatile int left;

    @Actor
    public void remove() {
      Integer counted = keys.remove("key");
      left += counted;
    }

    private int sum() {
      int sum = 0;
      for (int counted : keys.values()) {
        sum += counted;
      }
      return sum + left;
    }

    @Actor
    public void read(II_Result result) {
      result.r1 = sum();
    }

    @Arbiter
    public void readAgain(II_Result result) {
      result.r2 = sum();
    }
  }
}
