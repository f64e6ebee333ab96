package io.aragora.resilience.core.window;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.window.OutcomeWindow.Verdict;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The limit below which failures judge nothing: what takes it back, and what a judgement has to look at. */
class TimeWindowLimitTest {
  private static final long BUCKET_NANOS = 1L << 31;

  private final ManualTime time = ManualTime.create();
  private final Timer timer = new Timer("test", time);
  private final CoarseClock clock = new CoarseClock(time, timer);
  private final Dispatcher dispatcher = new Dispatcher("test", time, null);
  private final WindowSweeper sweeper = new WindowSweeper(time, clock, timer, dispatcher);
  private final CountedTotals totals = new CountedTotals();
  private final CircuitBreakerConfig half = CircuitBreakerConfig.builder()
      .noFailureThreshold()
      .failureRateThreshold(50)
      .minimumNumberOfCalls(1)
      .window(Duration.ofSeconds(60))
      .build();

  @AfterEach
  void close() {
    timer.close();
    dispatcher.close();
  }

  private TimeWindow window(CircuitBreakerConfig rules) {
    return new TimeWindow(rules, time.nanoTime(), totals, sweeper);
  }

  private static void count(TimeWindow window, int outcome, int times, long at) {
    for (int i = 0; i < times; i++) {
      assertThat(window.count(outcome, at)).isTrue();
    }
  }

  /** A window with a hundred successes, in whose present bucket dozens of failures judge nothing. */
  private TimeWindow quiet() {
    time.advance(Duration.ofNanos(100 * BUCKET_NANOS - time.nanoTime() % BUCKET_NANOS));
    TimeWindow quiet = window(half);
    count(quiet, OutcomeWindow.SUCCESS, 100, time.nanoTime());
    assertThat(asks(quiet)).isTrue();
    assertThat(quiet.judge(half, 0, time.nanoTime())).isEqualTo(Verdict.BELOW);
    assertThat(asks(quiet)).isFalse();
    return quiet;
  }

  private boolean asks(TimeWindow window) {
    return OutcomeWindow.asksForRates(window.fail(OutcomeWindow.FAILURE, time.nanoTime()));
  }

  private void assertReached(TimeWindow window) {
    assertThat(asks(window)).isTrue();
    assertThat(window.judge(half, 0, time.nanoTime())).isEqualTo(Verdict.FAILURE_RATE);
  }

  @Test
  void failures_ofAnEarlierBucket_takeTheLimitBack() {
    TimeWindow quiet = quiet();
    count(quiet, OutcomeWindow.FAILURE, 110, time.nanoTime() - BUCKET_NANOS);
    assertReached(quiet);
  }

  @Test
  void slowFailures_takeTheLimitBack() {
    TimeWindow quiet = quiet();
    count(quiet, OutcomeWindow.SLOW_FAILURE, 110, time.nanoTime());
    assertReached(quiet);
  }

  @Test
  void failures_ofAPredecessor_takeTheLimitBack() {
    TimeWindow quiet = quiet();
    TimeWindow before = window(half);
    count(before, OutcomeWindow.FAILURE, 110, time.nanoTime() - BUCKET_NANOS);
    before.retire(quiet);
    assertReached(quiet);
  }

  @Test
  void failures_asManyAsTheLimit_askAgain() {
    TimeWindow quiet = quiet();
    int failures = 2;
    while (!asks(quiet)) {
      failures++;
    }
    assertThat(failures).isBetween(50, 100);
    while (failures + 1 < 100) {
      asks(quiet);
      failures++;
    }
    assertReached(quiet);
  }

  @Test
  void limit_longIdle_isForgottenBeforeItsEpochComesRound() {
    TimeWindow quiet = quiet();
    time.advance(Duration.ofNanos(BUCKET_NANOS << 28));
    assertThat(quiet.counts(time.nanoTime())).isEqualTo(WindowCounts.NONE);
    assertReached(quiet);
  }

  @Test
  void failures_everySixtyFourth_moveAClockWhoseTimerHangs() {
    ManualTime source = ManualTime.create();
    CoarseClock hanging = new CoarseClock(source, timer);
    WindowSweeper ofHanging = new WindowSweeper(source, hanging, timer, dispatcher);
    TimeWindow window = new TimeWindow(half, source.nanoTime(), totals, ofHanging);
    hanging.read();
    hanging.read();
    long stuck = hanging.read();
    source.advance(Duration.ofSeconds(1));
    for (int i = 1; i < 64; i++) {
      window.fail(OutcomeWindow.FAILURE, stuck);
    }
    assertThat(hanging.read()).isEqualTo(stuck);
    window.fail(OutcomeWindow.FAILURE, stuck);
    assertThat(hanging.read()).isEqualTo(source.nanoTime());
  }

  private final CircuitBreakerConfig throttled = CircuitBreakerConfig.builder()
      .throttle(2)
      .minimumNumberOfCalls(1)
      .window(Duration.ofSeconds(60))
      .build();

  @Test
  void throttleShare_countsSlowFailures() {
    TimeWindow window = window(throttled);
    count(window, OutcomeWindow.SLOW_FAILURE, 3, time.nanoTime());
    assertThat(window.throttleShare(throttled, time.nanoTime())).isEqualTo(0.75);
    count(window, OutcomeWindow.FAILURE, 1, time.nanoTime());
    assertThat(window.throttleShare(throttled, time.nanoTime())).isEqualTo(0.8);
  }

  @Test
  void throttleShare_countsSuccessesOfEarlierBuckets() {
    TimeWindow window = window(throttled);
    count(window, OutcomeWindow.SUCCESS, 10, time.nanoTime());
    time.advance(Duration.ofNanos(2 * BUCKET_NANOS));
    count(window, OutcomeWindow.SUCCESS, 4, time.nanoTime());
    count(window, OutcomeWindow.FAILURE, 10, time.nanoTime());
    assertThat(window.throttleShare(throttled, time.nanoTime())).isZero();
    count(window, OutcomeWindow.FAILURE, 10, time.nanoTime());
    assertThat(window.throttleShare(throttled, time.nanoTime())).isEqualTo(6.0 / 35);
  }
}
