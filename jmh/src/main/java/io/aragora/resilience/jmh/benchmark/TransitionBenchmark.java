package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The cost of a forced opening and closing together, without a listener. Claim: saving them costs the calling thread at most
 * 100 ns for each change, and no bytes. The store is in memory, because the calling thread never uses it. The bytes include
 * those that the store's thread allocates: one state for each batch.
 */
public class TransitionBenchmark extends PolicyBenchmark {
  private CircuitBreaker breaker;
  private CircuitBreaker kept;
  private Resilience keeping;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4j;
  private dev.failsafe.CircuitBreaker<Integer> failsafe;

  /** Creates the breakers. */
  @Setup
  public void setUp() throws StateStoreException {
    breaker = resilience.circuitBreaker("transition");
    keeping = Resilience.builder()
        .logTransitions(System.Logger.Level.OFF)
        .stateStore(StateStore.open("memory:"))
        .build();
    kept = keeping.circuitBreaker("transition");
    resilience4j = Peers.timeLocked();
    failsafe = Peers.failsafeTime();
  }

  /** Checks that the measured transitions were saved. */
  @TearDown
  public void closeKeeping() {
    keeping.close();
    if (keeping.status().stateStore().saved() == 0) {
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
