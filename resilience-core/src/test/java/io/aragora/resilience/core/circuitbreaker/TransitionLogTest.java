package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.testing.ManualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TransitionLogTest {
  private final ManualTime time = ManualTime.create();
  private final Dispatcher dispatcher = new Dispatcher("r", time, null);
  private final BreakerRuntime runtime =
      BreakerRuntime.of(time, new Timer("timer", time), dispatcher, BreakerStorage.NONE);
  private final TransitionLog log = new TransitionLog(null);

  /** A breaker in a phase. */
  private record Owner(BreakerRuntime runtime, Supplier<Phase> present) implements PhaseOwner {
    @Override
    public String name() {
      return "b";
    }

    @Override
    public Phase phase() {
      return present.get();
    }

    @Override
    public void add(int outcome, long count) {}

    @Override
    public void succeededAt(long nanos) {}

    @Override
    public long successes() {
      return 0;
    }

    @Override
    public void movedWithin(io.aragora.resilience.core.window.OutcomeWindow window) {}
  }

  @Test
  @DisplayName(
      "a listener that is added while a change is noted is not called by the thread that changed"
          + " the breaker")
  void phaseChanged_listenerComesMeanwhile_isCalledInTheBackground() {
    List<CircuitBreakerTransition> seen = new ArrayList<>();
    List<Phase> phases = new ArrayList<>();
    Owner plain = new Owner(runtime, () -> phases.get(0));
    phases.add(Transitions.created(CircuitBreakerConfig.defaults(), plain));
    Phase opened = Transitions.openedByHand(phases.get(0), 1_000_000, plain);
    Owner breaker = new Owner(runtime, () -> {
      if (phases.size() == 1) {
        phases.add(opened);
        log.subscribe(plain, seen::add);
      }
      return opened;
    });

    log.phaseChanged(breaker);

    assertThat(phases).as("the listener was added meanwhile").hasSize(2);
    assertThat(seen).isEmpty();
    time.runPending();
    assertThat(seen).hasSize(1);
    assertThat(opened.previous).isNull();
  }
}
