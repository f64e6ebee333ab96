package io.aragora.resilience.jmh;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What an opening and a closing by hand cost together, nobody listening. Claim: that they are saved costs the calling thread at
 * most 100 ns for each change, and no bytes. The store is one in memory, since the calling thread never meets it; what its
 * thread allocates, a state for each batch, is among the bytes.
 */
public class TransitionBenchmark extends PolicyBenchmark {
  private CircuitBreaker breaker;
  private CircuitBreaker kept;
  private Resilience keeping;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4j;
  private dev.failsafe.CircuitBreaker<Integer> failsafe;

  /** Makes the breakers. */
  @Setup
  public void setUp() throws StateStoreException {
    breaker = resilience.circuitBreaker("transition");
    keeping = Resilience.builder().stateStore(StateStore.open("memory:")).build();
    kept = keeping.circuitBreaker("transition");
    resilience4j = Peers.timeLocked();
    failsafe = Peers.failsafeTime();
  }

  /** Makes sure that what was measured was saved. */
  @TearDown
  public void closeKeeping() {
    keeping.close();
    if (keeping.storeStatus().saved() == 0) {
      throw new IllegalStateException("nothing was saved");
    }
  }

  @Benchmark
  public void ours() {
    breaker.forceOpen();
    breaker.reset();
  }

  @Benchmark
  public void oursKept() {
    kept.forceOpen();
    kept.reset();
  }

  @Benchmark
  public void resilience4j() {
    resilience4j.transitionToForcedOpenState();
    resilience4j.reset();
  }

  @Benchmark
  public void failsafe() {
    failsafe.open();
    failsafe.close();
  }
}
