package io.aragora.resilience.core.window;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TimeWindowTest {
  private static final Duration LENGTH = Duration.ofSeconds(60);
  private static final CircuitBreakerConfig RULES =
      CircuitBreakerConfig.builder().window(LENGTH).build();
  private static final Duration LONGEST_STAY = Duration.ofSeconds(68);

  private final ManualTime time = ManualTime.create();
  private final Timer timer = new Timer("test", time);
  private final CoarseClock clock = new CoarseClock(time, timer);
  private final Dispatcher dispatcher = new Dispatcher("test", time, null);
  private final WindowSweeper sweeper = new WindowSweeper(time, clock, timer, dispatcher);
  private final CountedTotals totals = new CountedTotals();
  private final TimeWindow window = new TimeWindow(RULES, time.nanoTime(), totals, sweeper);

  @AfterEach
  void close() {
    timer.close();
    dispatcher.close();
  }

  private WindowCounts counts() {
    return window.counts(time.nanoTime());
  }

  private void count(int outcome) {
    assertThat(window.count(outcome, time.nanoTime())).isTrue();
  }

  @Test
  void outcomes_haveTheirOwnCounts_andCallsAreTheirSum() {
    for (int outcome = 0; outcome < OutcomeWindow.OUTCOMES; outcome++) {
      for (int i = 0; i <= outcome; i++) {
        count(outcome);
      }
    }
    assertThat(counts()).isEqualTo(new WindowCounts(1 + 2 + 3 + 4, 2 + 4, 3 + 4, 4));
  }

  @Test
  @Tag("V2-22")
  @DisplayName("an outcome stays for the length of the window, and little longer")
  void outcome_leavesAfterTheWindow() {
    count(OutcomeWindow.FAILURE);
    time.advance(LENGTH);
    assertThat(counts().failures()).isEqualTo(1);
    time.advance(LONGEST_STAY.minus(LENGTH));
    assertThat(counts()).isEqualTo(WindowCounts.NONE);
    assertThat(window.total(OutcomeWindow.FAILURE) + totals.of(OutcomeWindow.FAILURE))
        .isEqualTo(1);
  }

  @Test
  void outcomesOverALongTime_areAllInTheTotals() {
    for (int i = 0; i < 10_000; i++) {
      count(i % 3 == 0 ? OutcomeWindow.FAILURE : OutcomeWindow.SUCCESS);
      time.advance(Duration.ofMillis(i % 700));
    }
    long sum = totals.sum();
    for (int outcome = 0; outcome < OutcomeWindow.OUTCOMES; outcome++) {
      sum += window.total(outcome);
    }
    assertThat(sum).isEqualTo(10_000);
  }

  @Test
  void idle_givesItsRowsBack_andGoesOnWhereItWas() {
    count(OutcomeWindow.SUCCESS);
    count(OutcomeWindow.SLOW_FAILURE);
    assertThat(window.idleSince()).isEqualTo(Long.MAX_VALUE);
    long used = time.nanoTime();
    time.advance(LONGEST_STAY.plusSeconds(11));
    assertThat(window.idleSince()).isBetween(used - 3_000_000_000L, used);
    assertThat(window.total(OutcomeWindow.SUCCESS)).isZero();
    assertThat(totals.of(OutcomeWindow.SUCCESS)).isEqualTo(1);
    assertThat(totals.of(OutcomeWindow.SLOW_FAILURE)).isEqualTo(1);
    assertThat(totals.succeededAt).isBetween(used - 3_000_000_000L, used);
    count(OutcomeWindow.SUCCESS);
    assertThat(counts()).isEqualTo(new WindowCounts(1, 0, 0, 0));
  }

  @Test
  void inUse_keepsItsRows() {
    for (int i = 0; i < 100; i++) {
      count(OutcomeWindow.SUCCESS);
      time.advance(Duration.ofSeconds(5));
    }
    assertThat(window.idleSince()).isEqualTo(Long.MAX_VALUE);
    assertThat(counts().calls()).isBetween(12L, 14L);
  }

  @Test
  void aSweepThatFindsAnOutcomeAtTheLastMoment_losesNothing() {
    count(OutcomeWindow.FAILURE);
    time.advance(LONGEST_STAY);
    // The sweeper has not come yet; the outcome comes between its look and its drop, which is what
    // retiring into itself is for.
    TimeWindow heir = new TimeWindow(RULES, time.nanoTime(), totals, sweeper);
    count(OutcomeWindow.SUCCESS);
    window.retire(heir);
    assertThat(heir.counts(time.nanoTime())).isEqualTo(new WindowCounts(1, 0, 0, 0));
    assertThat(totals.of(OutcomeWindow.FAILURE)).isEqualTo(1);
  }

  @Test
  void afterTheTimersEnd_theSweeperHoldsNoWindow() {
    count(OutcomeWindow.SUCCESS);
    assertThat(sweeper.isWatching()).isTrue();
    timer.close();
    assertThat(sweeper.isWatching()).isFalse();
    TimeWindow another = new TimeWindow(RULES, time.nanoTime(), totals, sweeper);
    assertThat(another.count(OutcomeWindow.SUCCESS, time.nanoTime())).isTrue();
    assertThat(sweeper.isWatching()).isFalse();
  }

  @Test
  void threads_countExactly() throws InterruptedException {
    int threads = 8;
    int each = 20_000;
    CountDownLatch start = new CountDownLatch(1);
    Thread[] all = new Thread[threads];
    for (int t = 0; t < threads; t++) {
      int outcome = t % OutcomeWindow.OUTCOMES;
      all[t] = new Thread(() -> {
        try {
          start.await();
        } catch (InterruptedException e) {
          return;
        }
        for (int i = 0; i < each; i++) {
          window.count(outcome, 1);
        }
      });
      all[t].start();
    }
    start.countDown();
    for (Thread thread : all) {
      thread.join();
    }
    assertThat(counts().calls()).isEqualTo((long) threads * each);
    assertThat(counts().failures()).isEqualTo((long) threads / 2 * each);
    for (int outcome = 0; outcome < OutcomeWindow.OUTCOMES; outcome++) {
      assertThat(window.total(outcome)).isEqualTo(2L * each);
    }
  }
}
