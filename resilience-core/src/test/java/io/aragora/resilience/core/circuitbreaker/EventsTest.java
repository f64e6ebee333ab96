package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.AtOnce;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The events that listeners of a breaker receive. */
class EventsTest extends BreakerFixture {
  private static void subscribe(CircuitBreaker breaker, Runnable action) {
    breaker.subscribe(transition -> action.run());
  }

  @Test
  @Tag("CB-44")
  @Tag("CB-45")
  @Tag("V2-28")
  @Tag("fault-12")
  @DisplayName("every transition is one event, half-open and closing included")
  void everyChange_isOneEvent() {
    CircuitBreaker breaker = breaker(config().failureThreshold(1).successThreshold(1));
    List<CircuitBreakerTransition> seen = transitionsOf(breaker);
    fail(breaker);
    time.advance(COOLDOWN);
    breaker.state();
    time.runPending();
    assertThat(seen).as("reading is no change").hasSize(1);
    long probe = breaker.acquirePermit();
    time.runPending();
    breaker.recordSuccess(probe);
    time.runPending();
    assertThat(seen)
        .extracting(transition -> transition.to().code())
        .as("what a gauge shows")
        .containsExactly(1, 2, 0);
    assertThat(seen)
        .extracting(
            transition -> transition.from().text() + " -> " + transition.to().text())
        .containsExactly("closed -> open", "open -> half_open", "half_open -> closed");
    assertThat(seen).extracting(CircuitBreakerTransition::breaker).containsOnly("b");
    assertThat(seen).extracting(CircuitBreakerTransition::sequence).containsExactly(1L, 2L, 3L);
  }

  @Test
  @Tag("V2-24")
  @DisplayName("a reset is an event, whatever the state")
  void reset_isAnEvent() {
    CircuitBreaker breaker = opensAfter(1);
    List<CircuitBreakerTransition> seen = transitionsOf(breaker);
    breaker.reset();
    time.runPending();
    assertThat(seen).singleElement().satisfies(reset -> {
      assertThat(reset.from()).isEqualTo(CircuitBreakerState.CLOSED);
      assertThat(reset.to()).isEqualTo(CircuitBreakerState.CLOSED);
      assertThat(reset.cause()).isEqualTo(TransitionCause.MANUAL);
    });
    fail(breaker);
    breaker.reset();
    time.runPending();
    assertThat(seen).hasSize(3);
    assertThat(seen.get(2).from()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(seen.get(2).to()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("CB-44")
  @Tag("V2-29")
  @DisplayName("a listener that throws affects neither the breaker nor other listeners")
  void throwingListener_isIsolated() {
    CircuitBreaker breaker = opensAfter(1);
    subscribe(breaker, () -> {
      throw new IllegalStateException("a faulty listener");
    });
    List<CircuitBreakerTransition> seen = transitionsOf(breaker);
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(seen).as("never on the caller").isEmpty();
    time.runPending();
    assertThat(seen).hasSize(1);
  }

  @Test
  @Tag("V2-30")
  @Tag("fault-18")
  @DisplayName("a listener may read the breaker, call it and change it")
  void listener_mayUseTheBreaker() {
    CircuitBreaker breaker = opensAfter(1);
    List<CircuitBreakerState> states = new ArrayList<>();
    subscribe(breaker, () -> {
      states.add(breaker.state());
      if (breaker.state() == CircuitBreakerState.OPEN) {
        breaker.snapshot();
        breaker.reset();
        succeed(breaker);
      }
    });
    fail(breaker);
    time.runPending();
    assertThat(states).containsExactly(CircuitBreakerState.OPEN, CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
  }

  @Test
  @Tag("V2-30")
  @Tag("fault-18")
  @DisplayName("a listener may use the registry while all breakers are reset")
  void listener_mayUseTheRegistryDuringAResetOfAll() throws Exception {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    time.runPending();
    List<String> made = new ArrayList<>();
    subscribe(
        breaker, () -> made.add(resilience.circuitBreaker("made by a listener").name()));
    AtOnce.run(2, thread -> {
      if (thread == 0) {
        resilience.policies().resetCircuitBreakers();
      } else {
        resilience.circuitBreaker("meanwhile");
      }
    });
    time.runPending();
    assertThat(made).containsExactly("made by a listener");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("CB-46")
  @DisplayName("the events of a key name breaker and key")
  void keyEvents_nameBreakerAndKey() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(1));
    List<CircuitBreakerTransition> seen = new ArrayList<>();
    keyed.subscribe(into(seen));
    fail(keyed.forKey("agent-1"));
    fail(keyed.forKey("agent-2"));
    keyed.forKey("agent-1").reset();
    time.runPending();
    assertThat(seen)
        .extracting(CircuitBreakerTransition::breaker)
        .containsExactlyInAnyOrder("agents:agent-1", "agents:agent-2", "agents:agent-1");
  }

  @Test
  @Tag("CB-45")
  @Tag("fault-12")
  @DisplayName("a listener that keeps the last state shows what the breaker shows")
  void gauge_neverStaysBehind() {
    CircuitBreaker breaker = breaker(config().failureThreshold(1).successThreshold(1));
    List<CircuitBreakerTransition> seen = transitionsOf(breaker);
    List<Runnable> changes = List.of(
        () -> fail(breaker),
        breaker::reset,
        breaker::forceOpen,
        breaker::forceClosed,
        () -> fail(breaker),
        () -> {
          time.advance(COOLDOWN);
          succeed(breaker);
        },
        breaker::disable,
        breaker::metricsOnly,
        breaker::reset);
    for (Runnable change : changes) {
      change.run();
      time.runPending();
      assertThat(seen.get(seen.size() - 1).to()).isEqualTo(breaker.state());
    }
  }
}
