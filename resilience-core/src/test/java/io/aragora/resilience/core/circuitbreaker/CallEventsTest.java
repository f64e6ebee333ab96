package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall.Kind;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The event of one call, of each kind. */
class CallEventsTest extends BreakerFixture {
  private static final IOException DOWN = new IOException("down");

  private static List<CircuitBreakerCall> callsOf(CircuitBreaker breaker, EnumSet<Kind> kinds) {
    List<CircuitBreakerCall> calls = new CopyOnWriteArrayList<>();
    breaker.subscribeCalls(kinds, calls::add);
    return calls;
  }

  /** One call that ends as each kind says, in the order of the kinds. */
  private void oneOfEach(CircuitBreaker breaker) {
    long late = breaker.acquirePermit();
    breaker.reset();
    succeed(breaker);
    breaker.recordFailure(breaker.acquirePermit(), DOWN);
    breaker.releasePermit(breaker.acquirePermit());
    breaker.recordFailure(late, DOWN);
    breaker.forceOpen();
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    time.runPending();
  }

  @Test
  void eachKind_isSentOnce_withStateAndFailure() {
    CircuitBreaker breaker = opensAfter(5);
    List<CircuitBreakerCall> calls = callsOf(breaker, EnumSet.allOf(Kind.class));
    oneOfEach(breaker);
    assertThat(calls)
        .extracting(CircuitBreakerCall::kind)
        .containsExactly(Kind.SUCCESS, Kind.FAILURE, Kind.IGNORED, Kind.LATE, Kind.REJECTED);
    assertThat(calls)
        .extracting(CircuitBreakerCall::failure)
        .containsExactly(null, DOWN, null, DOWN, null);
    assertThat(calls)
        .extracting(CircuitBreakerCall::sequence)
        .as("a reset, then a state that was forced")
        .containsExactly(1L, 1L, 1L, 1L, 2L);
    assertThat(calls.get(4).state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    assertThat(calls.subList(0, 4)).allSatisfy(call -> {
      assertThat(call.state()).isEqualTo(CircuitBreakerState.CLOSED);
      assertThat(call.duration()).as("nothing measured it").isNull();
      assertThat(call.slow()).isFalse();
      assertThat(call.breaker()).isEqualTo("b");
      assertThat(call.at()).isEqualTo(time.wallTime());
    });
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void oneKind_isSentAlone(Kind kind) {
    CircuitBreaker breaker = opensAfter(5);
    List<CircuitBreakerCall> calls = callsOf(breaker, EnumSet.of(kind));
    oneOfEach(breaker);
    assertThat(calls).extracting(CircuitBreakerCall::kind).containsExactly(kind);
  }

  @Test
  void watchedCall_saysByItsPermitHowLongItTook() {
    CircuitBreaker breaker = breaker(config()
        .failureThreshold(5)
        .slowCallRateThreshold(100)
        .slowCallDuration(Duration.ofSeconds(2)));
    List<CircuitBreakerCall> calls = callsOf(breaker, EnumSet.of(Kind.FAILURE));
    long permit = breaker.acquirePermit();
    time.advance(Duration.ofSeconds(3));
    breaker.recordFailure(permit, DOWN);
    time.runPending();
    assertThat(calls).singleElement().satisfies(call -> {
      assertThat(call.duration()).isEqualTo(Duration.ofSeconds(3));
      assertThat(call.slow()).isTrue();
    });
  }
}
