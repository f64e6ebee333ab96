package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.testing.ManualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChangedBreakersTest {
  private final ManualTime time = ManualTime.create();
  private final Timer timer = new Timer("timer", time);
  private final BreakerRuntime runtime =
      BreakerRuntime.of(time, timer, new Dispatcher("r", time, null), BreakerStorage.NONE);
  private final ChangedBreakers changed = new ChangedBreakers();

  @AfterEach
  void close() {
    timer.close();
  }

  private StoredBreaker breaker(String name) {
    return new CoreCircuitBreaker(name, CircuitBreakerConfig.defaults(), runtime);
  }

  private List<StoredBreaker> taken() {
    List<StoredBreaker> taken = new ArrayList<>();
    changed.takeAll(taken::add);
    return taken;
  }

  @Test
  void takeAll_ofNone_isNone() {
    assertThat(taken()).isEmpty();
  }

  @Test
  void add_twice_isTakenOnce_andCanBeAddedAgainAfterwards() {
    StoredBreaker a = breaker("a");
    StoredBreaker b = breaker("b");
    StoredBreaker c = breaker("c");
    assertThat(changed.add(a)).isTrue();
    assertThat(changed.add(a)).isFalse();
    assertThat(changed.add(b)).isTrue();
    assertThat(changed.add(c)).isTrue();
    assertThat(changed.add(a)).isFalse();
    assertThat(taken()).containsExactlyInAnyOrder(a, b, c);
    assertThat(taken()).isEmpty();
    assertThat(changed.add(a)).isTrue();
    assertThat(taken()).containsExactly(a);
  }

  @Test
  void takeAll_aBreakerChangesWhileItIsTaken_isInTheNext() {
    StoredBreaker a = breaker("a");
    StoredBreaker b = breaker("b");
    changed.add(a);
    changed.add(b);
    changed.takeAll(taken -> assertThat(changed.add(taken)).isTrue());
    assertThat(taken()).containsExactlyInAnyOrder(a, b);
  }
}
