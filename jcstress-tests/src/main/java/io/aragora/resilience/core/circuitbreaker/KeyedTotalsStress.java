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

/** The claim of {@link KeyedBreakers#totals}: a key that is removed meanwhile is counted once, or not by this reading. */
public class KeyedTotalsStress {
  /** A key with one success is removed while the totals are read. */
  @JCStressTest
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Counted among the keys or what is left.")
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "On its way: the next reading has it.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Counted twice, or lost.")
  @State
  public static class RemovalCountsOnce {
    // The last calls, since the sweep would hold a window of time of each sample for a minute.
    private static final CircuitBreakerConfig LAST_CALLS =
        CircuitBreakerConfig.builder().countWindow(10).build();

    private final KeyedBreakers keyed = new KeyedBreakers(
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

  /** What is left is read after the keys: shows that a key that is counted twice would be seen. */
  @JCStressTest
  @Outcome(
      id = {"0, 1", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Counted once, or on its way.")
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
