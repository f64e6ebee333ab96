package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerEvent;
import io.aragora.resilience.core.persistence.RecordedLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Events and totals of a keyed breaker whose keys have no room. */
class KeyNumbersTest extends BreakerFixture {
  private static final Duration IDLE = Duration.ofMinutes(10);

  private final KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker(
      "agents",
      KeyedCircuitBreakerConfig.builder()
          .breaker(config().failureThreshold(2).build())
          .maxKeys(1)
          .build());
  private final List<String> events = new ArrayList<>();

  private List<String> events() {
    time.runPending();
    return events;
  }

  private void listen() {
    keyed.subscribeKeys(
        (KeyedCircuitBreakerEvent event) -> events.add(event.kind() + " " + event.key()));
  }

  /** One outcome of each kind: late, success, ignored, rejected; two failures, which open. */
  private static void oneOfEach(CircuitBreaker breaker) {
    long late = breaker.acquirePermit();
    breaker.reset();
    breaker.recordSuccess(late);
    succeed(breaker);
    breaker.releasePermit(breaker.acquirePermit());
    times(2, () -> fail(breaker));
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    breaker.reset();
  }

  @Test
  void key_thatIsIdle_makesRoomForTheNext_andIsAnEvent() {
    listen();
    succeed(keyed.forKey("a"));
    time.advance(IDLE);
    keyed.forKey("b");
    assertThat(events()).containsExactly("EVICTED a");
    assertThat(keyed.evictions()).isEqualTo(1);
    assertThat(keyed.find("a")).isEmpty();
  }

  @Test
  void key_withoutRoom_sharesTheOverflowBreaker_andIsAnEvent_loggedOnce() {
    listen();
    keyed.forKey("a").forceOpen();
    try (RecordedLog log = RecordedLog.of(CoreKeyedCircuitBreaker.class)) {
      assertThat(keyed.forKey("b")).isSameAs(keyed.overflow());
      assertThat(keyed.forKey("c")).isSameAs(keyed.overflow());
      assertThat(log.messages())
          .singleElement()
          .satisfies(line -> assertThat(line)
              .startsWith("WARNING keyed breaker 'agents' reached maxKeys=1 and no key is idle"));
    }
    assertThat(events()).containsExactly("OVERFLOWED b", "OVERFLOWED c");
    assertThat(keyed.find("b")).as("no key of its own").isEmpty();
  }

  @Test
  void totals_countEachOutcomeOnce_afterAKeyWasEvictedAndReturned() {
    CircuitBreaker a = keyed.forKey("a");
    oneOfEach(a);
    CircuitBreakerTotals once = a.snapshot().totals();
    assertThat(once)
        .isEqualTo(CircuitBreakerTotals.builder()
            .successes(2)
            .failures(2)
            .ignored(1)
            .rejected(1)
            .late(1)
            .build());
    assertThat(keyed.totals()).isEqualTo(once);
    time.advance(IDLE);
    keyed.forKey("b");
    assertThat(keyed.totals()).as("evicted").isEqualTo(once);
    time.advance(IDLE);
    assertThat(keyed.forKey("a")).as("its caller has held it").isSameAs(a);
    assertThat(keyed.totals()).as("returned").isEqualTo(once);
    oneOfEach(a);
    assertThat(keyed.totals()).isEqualTo(once.plus(once));
    time.advance(IDLE);
    keyed.forKey("b");
    assertThat(keyed.totals()).as("evicted again").isEqualTo(once.plus(once));
  }
}
