package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claim of {@link ImpairedKeys}. */
public class ImpairedKeysStress {
  private static BreakerRuntime runtime(Set<CircuitBreaker> told) {
    return StressRuntime.handDriven(changed -> {
      CoreCircuitBreaker breaker = (CoreCircuitBreaker) changed;
      if (breaker.phase().state.code() == 0) {
        told.remove(breaker);
      } else {
        told.add(breaker);
      }
    });
  }

  /** One thread opens a key and another closes it: the final count matches the final state. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Closed and not counted, or open and counted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Counted although closed, or open but not counted.")
  @State
  public static class AgreesWithTheState {
    private final CoreKeyedCircuitBreaker keyed = new CoreKeyedCircuitBreaker(
        "stress",
        KeyedCircuitBreakerConfig.of(CircuitBreakerConfig.defaults()),
        runtime(ConcurrentHashMap.newKeySet()));
    private final CircuitBreaker breaker = keyed.forKey("key");

    @Actor
    public void open() {
      breaker.forceOpen();
    }

    @Actor
    public void close() {
      breaker.forceClosed();
      breaker.forceOpen();
      breaker.forceClosed();
    }

    @Arbiter
    public void compare(II_Result result) {
      result.r1 = breaker.state().code();
      result.r2 = keyed.impairedCount();
    }
  }

  /** A read and a write in two steps: shows that the test detects a change that is reported late. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Closed and not counted, or open and counted.")
  @Outcome(
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc =
          "Counted although it is closed, or not counted although open, which the single step must prevent.")
  @State
  public static class BrokenAgreesWithTheState {
    private final Set<CircuitBreaker> told = ConcurrentHashMap.newKeySet();
    private final CircuitBreaker breaker =
        new CoreCircuitBreaker("stress", CircuitBreakerConfig.defaults(), runtime(told));

    @Actor
    public void open() {
      breaker.forceOpen();
    }

    @Actor
    public void close() {
      breaker.forceClosed();
      breaker.forceOpen();
      breaker.forceClosed();
    }

    @Arbiter
    public void compare(II_Result result) {
      result.r1 = breaker.state().code();
      result.r2 = told.size();
    }
  }
}
