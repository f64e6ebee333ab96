package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.core.AtOnce;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.core.window.TimeWindow;
import io.aragora.resilience.core.window.WindowSweeper;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LifetimeTotalsTest {
  private static final CircuitBreakerTotals SAVED = CircuitBreakerTotals.builder()
      .successes(100)
      .failures(20)
      .ignored(3000)
      .rejected(40_000)
      .late(500_000)
      .build();

  private final ManualTime time = ManualTime.create();
  private final Timer timer = new Timer("test", time);
  private final CoarseClock clock = new CoarseClock(time, timer);
  private final Dispatcher dispatcher = new Dispatcher("test", time, null);
  private final LifetimeTotals totals = new LifetimeTotals();
  private final WindowSweeper sweeper = new WindowSweeper(time, clock, timer, dispatcher);
  private TimeWindow window = newWindow();

  private TimeWindow newWindow() {
    return new TimeWindow(
        CircuitBreakerConfig.builder().window(Duration.ofSeconds(60)).build(),
        time.nanoTime(),
        new ForWindow(totals),
        sweeper);
  }

  /** The totals of a window. */
  private record ForWindow(LifetimeTotals totals) implements OutcomeWindow.Totals {
    @Override
    public void add(int outcome, long count) {
      totals.add(outcome, count);
    }

    @Override
    public long successes() {
      return totals.successes(null);
    }

    @Override
    public void succeededAt(long nanos) {
      totals.succeededAt(nanos);
    }

    @Override
    public void movedWithin(OutcomeWindow window) {
      throw new AssertionError("nothing moves in these tests");
    }
  }

  @AfterEach
  void close() {
    timer.close();
    dispatcher.close();
  }

  @ParameterizedTest
  @CsvSource({"0,0", "7,7", "100,100", "110,110", "120,120", "121,120", "9000,120"})
  @DisplayName("saved totals are restored, with at most as many slow calls as calls")
  void restore_addsEveryTotal(long slowCalls, long expected) {
    totals.restore(SAVED, slowCalls);
    assertThat(totals.with(null)).isEqualTo(SAVED);
    assertThat(totals.slowCalls(null)).isEqualTo(expected);
    assertThat(totals.successes(null)).isEqualTo(100);
  }

  @Test
  void restore_addsToWhatWasCountedHere() {
    totals.add(OutcomeWindow.SUCCESS, 1);
    totals.add(OutcomeWindow.FAILURE, 2);
    totals.add(OutcomeWindow.SLOW_FAILURE, 4);
    totals.add(LifetimeTotals.IGNORED, 8);
    totals.add(LifetimeTotals.REJECTED, 16);
    totals.add(LifetimeTotals.LATE, 32);
    totals.restore(SAVED, 10);
    assertThat(totals.with(null))
        .isEqualTo(CircuitBreakerTotals.builder()
            .successes(101)
            .failures(26)
            .ignored(3008)
            .rejected(40_016)
            .late(500_032)
            .build());
    assertThat(totals.slowCalls(null)).isEqualTo(14);
  }

  @Test
  @DisplayName(
      "outcomes in a window are part of the totals, and are not counted twice when it ends")
  void with_addsWhatTheWindowStillHolds() {
    totals.restore(SAVED, 10);
    CircuitBreakerTotals expected = CircuitBreakerTotals.builder()
        .successes(104)
        .failures(26)
        .ignored(3000)
        .rejected(40_000)
        .late(500_000)
        .build();
    for (int outcome = 0; outcome < OutcomeWindow.OUTCOMES; outcome++) {
      for (int i = 0; i <= outcome; i++) {
        window.count(outcome, time.nanoTime());
      }
    }
    assertThat(totals.with(window)).isEqualTo(expected);
    assertThat(totals.slowCalls(window)).isEqualTo(17);
    assertThat(totals.successes(window)).isEqualTo(104);
    window.retire(null);
    assertThat(totals.with(window)).isEqualTo(expected);
    assertThat(totals.with(null)).isEqualTo(expected);
  }

  @Test
  void threads_countExactly_alsoWhatWasCountedBeforeTheyMet() throws InterruptedException {
    int threads = 8;
    int each = 20_000;
    totals.add(LifetimeTotals.REJECTED, 5);
    totals.add(LifetimeTotals.LATE, 7);
    AtOnce.run(threads, thread -> {
      for (int i = 0; i < each; i++) {
        totals.add(LifetimeTotals.REJECTED, 1);
      }
    });
    totals.add(LifetimeTotals.LATE, 2);
    assertThat(totals.sum(LifetimeTotals.REJECTED)).isEqualTo(5L + (long) threads * each);
    assertThat(totals.sum(LifetimeTotals.LATE)).isEqualTo(9);
    assertThat(totals.sum(LifetimeTotals.IGNORED)).isZero();
  }

  @Test
  void times_areUnknownAtFirst() {
    assertThat(totals.lastFailure()).isEqualTo(-1);
    assertThat(totals.lastSuccess(null, 0)).isEqualTo(-1);
    totals.failedAt(0);
    totals.succeededAt(0);
    assertThat(totals.lastFailure()).isZero();
    assertThat(totals.lastSuccess(null, 0)).isZero();
  }

  @Test
  void lastSuccess_isTheLaterOfBoth() {
    time.advance(Duration.ofMinutes(10));
    long now = time.nanoTime();
    window.count(OutcomeWindow.SUCCESS, now);
    long inTheWindow = totals.lastSuccess(window, now);
    assertThat(inTheWindow).isBetween(now - Duration.ofSeconds(4).toNanos(), now);
    totals.succeededAt(5);
    assertThat(totals.lastSuccess(window, now)).isEqualTo(inTheWindow);
    assertThat(totals.lastSuccess(null, now)).isEqualTo(5);
    totals.succeededAt(now + 1);
    assertThat(totals.lastSuccess(window, now)).isEqualTo(now + 1);
  }

  @Test
  @DisplayName("consecutive successes begin after a failure, a new phase, or a restart")
  void consecutiveSuccesses_areCountedFromTheirBeginning() {
    count(OutcomeWindow.SUCCESS, 3);
    assertThat(totals.successesSinceFailure(window)).isEqualTo(3);
    window.fail(OutcomeWindow.FAILURE, time.nanoTime());
    assertThat(totals.successesSinceFailure(window)).isZero();
    window.endConsecutiveFailures();
    count(OutcomeWindow.SUCCESS, 2);
    count(OutcomeWindow.SLOW_SUCCESS, 2);
    assertThat(totals.successesSinceFailure(window)).isEqualTo(4);
    window.count(OutcomeWindow.FAILURE, time.nanoTime());
    assertThat(totals.successesSinceFailure(window))
        .as("a failure that decides nothing")
        .isEqualTo(4);
    totals.beginPhase(window);
    assertThat(totals.successesSinceFailure(window)).isZero();
    window.retire(null);
    window = newWindow();
    totals.goOnAfter(9, window);
    count(OutcomeWindow.SUCCESS, 1);
    assertThat(totals.successesSinceFailure(window)).isEqualTo(10);
    window.fail(OutcomeWindow.SLOW_FAILURE, time.nanoTime());
    assertThat(totals.successesSinceFailure(window)).isZero();
    count(OutcomeWindow.SUCCESS, 1);
    window.fail(OutcomeWindow.FAILURE, time.nanoTime());
    assertThat(totals.successesSinceFailure(window))
        .as("a failure that ends no successes")
        .isEqualTo(1);
    window = newWindow();
    totals.goOnAfter(-1, window);
    assertThat(totals.successesSinceFailure(window)).as("never less than none").isZero();
  }

  private void count(int outcome, int times) {
    for (int i = 0; i < times; i++) {
      window.count(outcome, time.nanoTime());
    }
  }
}
