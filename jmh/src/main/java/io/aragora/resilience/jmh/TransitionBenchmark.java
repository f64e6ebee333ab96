package io.aragora.resilience.jmh;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/** What an opening and a closing by hand cost together, nobody listening. No claim: a breaker seldom does it. */
public class TransitionBenchmark extends PolicyBenchmark {
  private CircuitBreaker breaker;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4j;
  private dev.failsafe.CircuitBreaker<Integer> failsafe;

  /** Makes the breakers. */
  @Setup
  public void setUp() {
    breaker = resilience.circuitBreaker("transition");
    resilience4j = Peers.timeLocked();
    failsafe = Peers.failsafeTime();
  }

  @Benchmark
  public void ours() {
    breaker.forceOpen();
    breaker.reset();
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
