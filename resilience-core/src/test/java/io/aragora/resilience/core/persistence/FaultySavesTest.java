package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.Faults;
import io.aragora.resilience.persistence.StateStore;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fails each step of the saving thread in turn. In each case, present and later changes are saved.
 */
class FaultySavesTest {
  /** Here, because JUnit can call only what is in the package of a test that runs alone. */
  static Stream<Throwable> everyKind() {
    return Faults.everyKind();
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void saves_stepFails_continue(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      MemoryStateStore kept = new MemoryStateStore(1_000);
      try (Resilience resilience = Resilience.builder()
          .name("faulty")
          .timeSource(faults.time())
          .stateStore(stepping(kept, faults))
          .saveInterval(Duration.ofSeconds(10))
          .build()) {
        CircuitBreaker breaker = resilience.circuitBreaker(
            "db", CircuitBreakerConfig.builder().failureThreshold(1).build());
        breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
        faults.advance(Duration.ofSeconds(25));
        faults.recover(Duration.ofSeconds(5));
        assertThat(saved(kept)).isEqualTo(CircuitBreakerState.OPEN);

        breaker.forceOpen();
        faults.recover(Duration.ofSeconds(1));
        assertThat(saved(kept)).isEqualTo(CircuitBreakerState.FORCED_OPEN);
        assertThat(resilience.status().stateStore().lastError()).isNull();
      }
    });
    assertThat(steps).isGreaterThan(15);
  }

  private static CircuitBreakerState saved(MemoryStateStore kept) throws Exception {
    return kept.load().states().stream()
        .filter(state -> state.id().toString().equals("db"))
        .map(SavedBreaker::state)
        .findFirst()
        .orElseThrow();
  }

  /** A store whose calls are steps, before and after their work. */
  private static StateStore stepping(StateStore store, Faults faults) {
    return (StateStore) Proxy.newProxyInstance(
        StateStore.class.getClassLoader(),
        new Class<?>[] {StateStore.class},
        (self, method, arguments) -> {
          if (method.getDeclaringClass() == Object.class) {
            return method.getName().equals("equals")
                ? (Object) (self == arguments[0])
                : method.invoke(store, arguments);
          }
          faults.step();
          try {
            Object result = method.invoke(store, arguments);
            faults.step();
            return result;
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }
}
