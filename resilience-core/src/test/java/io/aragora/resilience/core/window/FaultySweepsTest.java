package io.aragora.resilience.core.window;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.Faults;
import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fails each step of the sweeps in turn. In each case, idle windows free their rings, now and
 * later.
 */
class FaultySweepsTest {
  private static final CircuitBreakerConfig RULES =
      CircuitBreakerConfig.builder().window(Duration.ofSeconds(60)).build();

  /** Here, because JUnit can call only what is in the package of a test that runs alone. */
  static Stream<Throwable> everyKind() {
    return Faults.everyKind();
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void sweep_stepFails_windowsAreSwept(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      ForwardingTime time = faults.time();
      Timer timer = new Timer("faulty", time);
      Dispatcher dispatcher = new Dispatcher("faulty", time, null);
      dispatcher.useTimer(timer);
      CoarseClock clock = new CoarseClock(time, timer);
      WindowSweeper sweeper = new WindowSweeper(time, clock, timer, dispatcher);
      TimeWindow first = window(time, sweeper);
      TimeWindow second = window(time, sweeper);

      first.count(OutcomeWindow.SUCCESS, time.nanoTime());
      second.count(OutcomeWindow.SUCCESS, time.nanoTime());
      faults.advance(Duration.ofSeconds(150));
      faults.recover(Duration.ofSeconds(30));
      assertThat(sweeper.isWatching()).isFalse();

      first.count(OutcomeWindow.SUCCESS, time.nanoTime());
      assertThat(sweeper.isWatching()).isTrue();
      faults.recover(Duration.ofSeconds(150));
      assertThat(sweeper.isWatching()).isFalse();
      timer.close();
      dispatcher.close();
    });
    assertThat(steps).isGreaterThan(5);
  }

  /** The clock fails when a call creates a window's first ring; the next call arms the sweep. */
  @ParameterizedTest
  @MethodSource("everyKind")
  void aCallThatCouldNotArmTheSweep_leavesThatToTheNext(Throwable kind) throws Exception {
    Faults.eachInTurn(kind, faults -> {
      ForwardingTime time = faults.time();
      Timer timer = new Timer("faulty", time);
      Dispatcher dispatcher = new Dispatcher("faulty", time, null);
      CoarseClock clock = new CoarseClock(time, timer);
      WindowSweeper sweeper = new WindowSweeper(time, clock, timer, dispatcher);
      TimeWindow first = window(time, sweeper);
      TimeWindow second = window(time, sweeper);
      long now = time.nanoTime();
      faults.whileArmed(() -> first.count(OutcomeWindow.SUCCESS, now));
      second.count(OutcomeWindow.SUCCESS, now);
      faults.recover(Duration.ofSeconds(180));
      assertThat(sweeper.isWatching()).isFalse();
      timer.close();
      dispatcher.close();
    });
  }

  private static TimeWindow window(ForwardingTime time, WindowSweeper sweeper) {
    return new TimeWindow(RULES, time.nanoTime(), new CountedTotals(), sweeper);
  }
}
