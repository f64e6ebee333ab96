package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.policy.Subscription;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Listeners of a whole runtime. */
class RuntimeListenersTest extends BreakerFixture {

  private List<String> codes(Subscription... opened) {
    List<String> heard = new ArrayList<>();
    opened[0] = resilience
        .policies()
        .subscribe(
            CircuitBreakerListener.ofCodes((breaker, code) -> heard.add(breaker + " " + code)));
    return heard;
  }

  @Test
  @Tag("ME-01")
  @DisplayName("a callback receives name and number, and nothing once it is closed")
  void codes_areReceived_untilClosed() {
    CircuitBreaker test = resilience.circuitBreaker(
        "test", config().failureThreshold(1).successThreshold(1).build());
    Subscription[] subscription = new Subscription[1];
    List<String> heard = codes(subscription);

    fail(test);
    time.advance(COOLDOWN);
    succeed(test);
    test.disable();
    test.forceOpen();
    time.runPending();
    assertThat(heard).containsExactly("test 1", "test 2", "test 0", "test 0", "test 1");

    subscription[0].close();
    subscription[0].close();
    test.reset();
    time.runPending();
    assertThat(heard).hasSize(5);
  }

  @Test
  @Tag("ME-01")
  @DisplayName("a callback that throws affects nothing, and without a callback everything works")
  void throwingCallback_affectsNothing_andNoneIsFine() {
    fail(opensAfter(1));
    time.runPending();
    resilience.policies().subscribe(CircuitBreakerListener.ofCodes((breaker, code) -> {
      throw new IllegalStateException("a faulty callback");
    }));
    List<String> heard = codes(new Subscription[1]);

    resilience.circuitBreaker("other").forceOpen();
    time.runPending();

    assertThat(heard).containsExactly("other 1");
  }

  @Test
  @Tag("fault-63")
  @DisplayName("closing one of several callbacks disconnects no other")
  void closingOne_disconnectsNoOther() {
    Subscription[] first = new Subscription[1];
    List<String> codesOfFirst = codes(first);
    List<String> codesOfSecond = codes(new Subscription[1]);
    List<CircuitBreakerTransition> ofOne = transitionsOf(resilience.circuitBreaker("a"));

    first[0].close();
    resilience.circuitBreaker("a").forceOpen();
    time.runPending();

    assertThat(codesOfFirst).isEmpty();
    assertThat(codesOfSecond).containsExactly("a 1");
    assertThat(ofOne).hasSize(1);
  }

  @Test
  void changes_ofPresentAndLaterBreakers_areReceivedOnceInOrder() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(1).successThreshold(1));
    CircuitBreaker before = keyed.forKey("before");
    List<CircuitBreakerTransition> heard = new ArrayList<>();
    List<CircuitBreakerTransition> byKeyed = new ArrayList<>();
    resilience.policies().subscribe(into(heard));
    keyed.subscribe(into(byKeyed));

    fail(before);
    fail(keyed.forKey("after"));
    resilience.circuitBreaker("later").forceOpen();
    time.advance(COOLDOWN);
    succeed(before);
    keyed.overflow().forceOpen();
    time.runPending();

    assertThat(heard)
        .extracting(transition -> transition.breaker() + " " + transition.to().text())
        .containsExactlyInAnyOrder(
            "agents:before open",
            "agents:after open",
            "later forced_open",
            "agents:before half_open",
            "agents:before closed",
            "agents:*overflow* forced_open");
    assertThat(heard)
        .filteredOn(transition -> transition.breaker().equals("agents:before"))
        .extracting(CircuitBreakerTransition::sequence)
        .containsExactly(1L, 2L, 3L);
    assertThat(byKeyed).hasSize(5);
  }

  @Test
  void listener_null_isRejected() {
    assertThatThrownBy(() -> resilience.policies().subscribe(null))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> CircuitBreakerListener.ofCodes(null))
        .isInstanceOf(NullPointerException.class);
  }
}
