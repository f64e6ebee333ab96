package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import java.io.IOException;
import java.time.Duration;

/**
 * A runtime with a store that changes breakers, step after step, until it is killed or its output is closed, and prints
 * the number of each step once {@code flush()} has reported that all of it is saved. Takes the location of its store
 * and the first step.
 *
 * <p>Step n opens the key {@code n} and, every tenth time, the breaker {@code step-n}; and one of a few breakers that are opened
 * and reset in turns, so that a state which is older than an acknowledged one shows.
 */
final class AcknowledgingRuntime {
  static final Duration COOLDOWN = Duration.ofHours(1);
  static final int TAKING_TURNS = 7;

  /** The last step, if it is not killed. */
  private static final int MOST = 20_000;

  private final Resilience resilience;

  AcknowledgingRuntime(Resilience resilience) {
    this.resilience = resilience;
  }

  public static void main(String[] arguments) {
    AcknowledgingRuntime runtime = new AcknowledgingRuntime(open(arguments[0]));
    int first = Integer.parseInt(arguments[1]);
    for (int step = first; step < first + MOST && !System.out.checkError(); step++) {
      runtime.take(step);
      if (runtime.resilience.flush(Duration.ofSeconds(30))) {
        System.out.println(step);
      }
    }
  }

  static Resilience open(String location) {
    return Resilience.builder()
        .stateStore(location)
        .requireStateStore(true)
        .maxPolicies(10_000)
        .build();
  }

  private static CircuitBreakerConfig config() {
    return CircuitBreakerConfig.builder().failureThreshold(1).cooldown(COOLDOWN).build();
  }

  static boolean hasOwnBreaker(int step) {
    return step % 10 == 0;
  }

  /** Returns what the breaker of a step that takes turns is after it. */
  static CircuitBreakerState turn(int step) {
    return step / TAKING_TURNS % 2 == 0 ? CircuitBreakerState.OPEN : CircuitBreakerState.CLOSED;
  }

  CircuitBreaker key(int step) {
    KeyedCircuitBreaker keys = resilience.keyedCircuitBreaker(
        "keys",
        KeyedCircuitBreakerConfig.builder().breaker(config()).maxKeys(1_000_000).build());
    return keys.forKey(String.valueOf(step));
  }

  CircuitBreaker own(int step) {
    return resilience.circuitBreaker("step-" + step, config());
  }

  CircuitBreaker takingTurns(int step) {
    return resilience.circuitBreaker("turn-" + step % TAKING_TURNS, config());
  }

  private void take(int step) {
    trip(key(step));
    if (hasOwnBreaker(step)) {
      trip(own(step));
    }
    takingTurns(step).reset();
    if (turn(step) == CircuitBreakerState.OPEN) {
      trip(takingTurns(step));
    }
  }

  private static void trip(CircuitBreaker breaker) {
    breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
  }
}
