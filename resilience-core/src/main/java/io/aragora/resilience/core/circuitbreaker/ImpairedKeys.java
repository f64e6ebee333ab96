package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** The keys of a keyed breaker that are not closed, so that a look-up need not go through a million others. */
final class ImpairedKeys {
  /*
   * Changes of one breaker may be reported out of order: the winner of the first may stall until the second was reported. So a
   * report is only the reason to look, and the look and what follows from it are one step of the map. Each change is told after its
   * CAS, so the last look sees the last change. Stress: ImpairedKeysStress.AgreesWithTheState.
   */
  private final ConcurrentHashMap<BreakerOfKey, Boolean> impaired = new ConcurrentHashMap<>();
  private final Predicate<BreakerOfKey> isKnown;

  ImpairedKeys(Predicate<BreakerOfKey> isKnown) {
    this.isKnown = isKnown;
  }

  /** Called after a change of the breaker, and after its key came or went. */
  void changed(BreakerOfKey breaker) {
    impaired.compute(
        breaker,
        (key, was) -> (isKnown.test(breaker) && isImpaired(breaker.phase().state)) ? true : null);
  }

  // By code: a breaker that is disabled, or counts only, admits every call as a closed one does,
  // and has its code.
  private static boolean isImpaired(CircuitBreakerState state) {
    return state.code() != CircuitBreakerState.CLOSED.code();
  }

  int size() {
    return impaired.size();
  }

  Map<String, CircuitBreakerState> states(int limit) {
    if (impaired.isEmpty()) {
      return Map.of(); // the usual case, and the map keeps the room that it once needed
    }
    Map<String, CircuitBreakerState> states = new HashMap<>();
    for (BreakerOfKey breaker : impaired.keySet()) {
      if (states.size() == limit) {
        break;
      }
      CircuitBreakerState state = breaker.state();
      if (isImpaired(state)) {
        states.put(breaker.key(), state);
      }
    }
    return Map.copyOf(states);
  }
}
