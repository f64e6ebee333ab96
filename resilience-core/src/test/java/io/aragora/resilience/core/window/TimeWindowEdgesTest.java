package io.aragora.resilience.core.window;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.window.OutcomeWindow.Verdict;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * When outcomes leave a time window, which bucket late ones enter, and what it transfers when it
 * ends.
 */
class TimeWindowEdgesTest {
  private static final Duration LENGTH = Duration.ofSeconds(60);

  /** A bucket of a window of 60 s: the power of two between a 30th and a 15th of it. */
  private static final long BUCKET_NANOS = 1L << 31;

  private static final int RING = 32;

  private final ManualTime time = ManualTime.create();
  private final Timer timer = new Timer("test", time);
  private final CoarseClock clock = new CoarseClock(time, timer);
  private final Dispatcher dispatcher = new Dispatcher("test", time, null);
  private final WindowSweeper sweeper = new WindowSweeper(time, clock, timer, dispatcher);
  private final CountedTotals totals = new CountedTotals();
  private final TimeWindow window = window(LENGTH);

  private TimeWindow window(Duration length) {
    return window(CircuitBreakerConfig.builder()
        .noFailureThreshold()
        .failureRateThreshold(50)
        .window(length)
        .build());
  }

  private TimeWindow window(CircuitBreakerConfig rules) {
    return new TimeWindow(rules, time.nanoTime(), totals, sweeper);
  }

  @AfterEach
  void close() {
    timer.close();
    dispatcher.close();
  }

  private long now() {
    return time.nanoTime();
  }

  /** Advances to the beginning of a bucket that is neither the first nor one of the first lap. */
  private long atABucket() {
    time.advance(Duration.ofNanos(100 * BUCKET_NANOS - now() % BUCKET_NANOS));
    return now();
  }

  private long sumOfTotals(TimeWindow of) {
    long sum = totals.sum();
    for (int outcome = 0; outcome < OutcomeWindow.OUTCOMES; outcome++) {
      sum += of.total(outcome);
    }
    return sum;
  }

  static Stream<Duration> lengths() {
    return Stream.of(
        Duration.ofMillis(100),
        Duration.ofMillis(300).plusNanos(1),
        Duration.ofNanos(15L << 24),
        Duration.ofNanos((30L << 24) + 1),
        Duration.ofSeconds(1),
        Duration.ofSeconds(60),
        Duration.ofHours(1));
  }

  @ParameterizedTest
  @MethodSource("lengths")
  @DisplayName("an outcome stays for the length of the window, and at most two fifteenths longer")
  void outcome_staysForTheLength(Duration length) {
    TimeWindow any = window(length);
    long step = length.toNanos() / 7 + 1;
    for (int i = 0; i < 50; i++) {
      time.advance(Duration.ofNanos(step));
      long at = now();
      TimeWindow fresh = window(length);
      assertThat(fresh.count(OutcomeWindow.FAILURE, at)).isTrue();
      any.count(OutcomeWindow.SUCCESS, at);
      assertThat(fresh.counts(at + length.toNanos() - 1).failures()).isEqualTo(1);
      assertThat(fresh.counts(at + length.toNanos() * 17 / 15).failures()).isZero();
    }
    assertThat(any.counts(now()).calls())
        .as("seven steps are a little more than the length")
        .isBetween(7L, 8L);
    assertThat(sumOfTotals(any)).isGreaterThanOrEqualTo(50);
  }

  @Test
  void outcome_leavesAtTheEndOfItsBucket() {
    long at = atABucket();
    window.count(OutcomeWindow.FAILURE, at);
    long span = (LENGTH.toNanos() - 1) / BUCKET_NANOS + 2;
    assertThat(window.counts(at + span * BUCKET_NANOS - 1).failures()).isEqualTo(1);
    assertThat(window.counts(at + span * BUCKET_NANOS).failures()).isZero();
  }

  @Test
  @DisplayName("an outcome whose clock is a little ahead of the reader's is counted, one further "
      + "ahead is not")
  void outcome_ofTheNextBucket_isSeen() {
    long at = atABucket();
    window.count(OutcomeWindow.FAILURE, at);
    assertThat(window.counts(at - 1).failures()).isEqualTo(1);
    assertThat(window.counts(at - BUCKET_NANOS - 1).failures()).isZero();
  }

  @Test
  @DisplayName("an outcome whose bucket was dropped counts now, and displaces no other")
  void lateWriter_countsNow() {
    long at = atABucket();
    window.count(OutcomeWindow.FAILURE, at);
    window.count(OutcomeWindow.FAILURE, at - RING * BUCKET_NANOS);
    assertThat(window.counts(at)).isEqualTo(new WindowCounts(2, 2, 0, 0));
    assertThat(totals.sum()).isZero();
    assertThat(window.counts(at + LENGTH.toNanos() - 1).failures()).isEqualTo(2);
  }

  @Test
  void lateWriter_whoseBucketIsThere_countsThen() {
    long at = atABucket();
    window.count(OutcomeWindow.FAILURE, at);
    window.count(OutcomeWindow.FAILURE, at - 1);
    assertThat(window.counts(at).failures()).isEqualTo(2);
    long span = (LENGTH.toNanos() - 1) / BUCKET_NANOS + 2;
    assertThat(window.counts(at + span * BUCKET_NANOS - 1).failures()).isEqualTo(1);
  }

  @Test
  void aLapLater_theBucketBeginsAnew_andTheOldCountIsInTheTotal() {
    long at = atABucket();
    for (int i = 0; i < 3; i++) {
      window.count(OutcomeWindow.SUCCESS, at);
    }
    long lapLater = at + RING * BUCKET_NANOS;
    window.count(OutcomeWindow.SUCCESS, lapLater);
    assertThat(window.counts(lapLater).calls()).isEqualTo(1);
    assertThat(window.total(OutcomeWindow.SUCCESS)).isEqualTo(4);
    assertThat(window.total(OutcomeWindow.FAILURE)).isZero();
    assertThat(totals.sum()).as("before the window ends").isZero();
    window.retire(null);
    assertThat(totals.of(OutcomeWindow.SUCCESS)).isEqualTo(4);
    assertThat(totals.sum()).isEqualTo(4);
  }

  @Test
  void judge_countsEachKind() {
    CircuitBreakerConfig slow = CircuitBreakerConfig.builder()
        .noFailureThreshold()
        .slowCallRateThreshold(50)
        .minimumNumberOfCalls(4)
        .build();
    CircuitBreakerConfig failed = CircuitBreakerConfig.builder()
        .noFailureThreshold()
        .failureRateThreshold(50)
        .minimumNumberOfCalls(4)
        .build();
    assertThat(window.judge(slow, 3, now())).isEqualTo(Verdict.TOO_FEW_CALLS);
    assertThat(window.judge(slow, 4, now())).isEqualTo(Verdict.SLOW_CALL_RATE);
    window.count(OutcomeWindow.SUCCESS, now());
    window.count(OutcomeWindow.SUCCESS, now());
    window.count(OutcomeWindow.SLOW_FAILURE, now());
    assertThat(window.judge(slow, 0, now())).isEqualTo(Verdict.BELOW);
    assertThat(window.judge(slow, 1, now())).isEqualTo(Verdict.SLOW_CALL_RATE);
    assertThat(window.judge(failed, 0, now())).isEqualTo(Verdict.BELOW);
    window.count(OutcomeWindow.FAILURE, now());
    assertThat(window.judge(failed, 0, now())).isEqualTo(Verdict.FAILURE_RATE);
    assertThat(window.judge(slow, 0, now())).isEqualTo(Verdict.BELOW);
    window.count(OutcomeWindow.SLOW_SUCCESS, now());
    window.count(OutcomeWindow.SLOW_SUCCESS, now());
    assertThat(window.judge(slow, 0, now())).isEqualTo(Verdict.SLOW_CALL_RATE);
    assertThat(window.judge(failed, 0, now())).isEqualTo(Verdict.BELOW);
  }

  @Test
  @DisplayName("the verdict is that of all counts, wherever the successes are")
  void judge_saysWhatAllCountsSay() {
    CircuitBreakerConfig rates = CircuitBreakerConfig.builder()
        .noFailureThreshold()
        .failureCountThreshold(35)
        .failureRateThreshold(30)
        .slowCallRateThreshold(40)
        .minimumNumberOfCalls(10)
        .build();
    Random random = new Random(7);
    Map<Verdict, Integer> said = new EnumMap<>(Verdict.class);
    for (int i = 0; i < 20_000; i++) {
      time.advance(Duration.ofNanos((long) (random.nextDouble() * BUCKET_NANOS / 2)));
      if (random.nextInt(200) == 0) {
        time.advance(Duration.ofNanos(random.nextInt(2 * RING) * BUCKET_NANOS));
      }
      boolean bad = random.nextInt(100) < i / 50 % 100;
      window.count(bad ? 1 + random.nextInt(3) : OutcomeWindow.SUCCESS, now());
      int underWay = random.nextInt(3);
      WindowCounts counts = window.counts(now());
      Verdict verdict = window.judge(rates, underWay, now());
      assertThat(verdict)
          .isEqualTo(OutcomeWindow.judge(
              rates, counts.calls() + underWay, counts.failures(), counts.slowCalls() + underWay));
      said.merge(verdict, 1, Integer::sum);
    }
    assertThat(said).as("each of them").containsOnlyKeys(Verdict.values());
  }

  @Test
  @DisplayName(
      "a failure that asks for nothing reaches no rate, and most of a healthy window ask for nothing")
  void fail_asksForRates_whereOneIsReached() {
    for (int percent : new int[] {1, 30, 50, 99, 100}) {
      CircuitBreakerConfig rules = CircuitBreakerConfig.builder()
          .noFailureThreshold()
          .failureRateThreshold(percent)
          .minimumNumberOfCalls(10)
          .build();
      TimeWindow of = window(rules);
      Random random = new Random(percent);
      int asked = 0;
      int reached = 0;
      int failures = 0;
      for (int i = 0; i < 20_000; i++) {
        time.advance(Duration.ofNanos((long) (random.nextDouble() * BUCKET_NANOS / 50)));
        if (random.nextInt(2000) == 0) {
          time.advance(Duration.ofNanos(random.nextInt(2 * RING) * BUCKET_NANOS));
        }
        long late = random.nextInt(50) == 0 ? random.nextInt(3) * BUCKET_NANOS : 0;
        long at = now() - late;
        // From none to twice the threshold, and down again.
        if (random.nextInt(100) >= percent * 2 * Math.abs(Math.sin(i / 3000.0))) {
          assertThat(of.countSuccess(at)).isTrue();
          of.endConsecutiveFailures();
          continue;
        }
        failures++;
        long failed = of.fail(late == 0 ? OutcomeWindow.FAILURE : 1 + 2 * random.nextInt(2), at);
        WindowCounts counts = of.counts(now());
        Verdict verdict = OutcomeWindow.judge(rules, counts.calls(), counts.failures(), 0);
        if (OutcomeWindow.asksForRates(failed)) {
          asked++;
          assertThat(of.judge(rules, 0, now())).isEqualTo(verdict);
        } else {
          assertThat(verdict).isEqualTo(Verdict.BELOW);
        }
        reached += verdict == Verdict.BELOW ? 0 : 1;
      }
      assertThat(asked).as("at %s %%", percent).isBetween(reached, failures);
      if (percent >= 50) {
        assertThat(asked - reached).as("at %s %%", percent).isLessThan(failures / 2);
      }
    }
  }

  @Test
  void fail_withoutARateRule_asksForNothing() {
    TimeWindow any = window(CircuitBreakerConfig.builder().window(LENGTH).build());
    for (int i = 1; i < 200; i++) {
      long failed = any.fail(OutcomeWindow.FAILURE, now());
      assertThat(OutcomeWindow.asksForRates(failed)).isFalse();
      assertThat(OutcomeWindow.consecutiveFailuresOf(failed)).isEqualTo(i);
    }
    any.retire(null);
    assertThat(any.fail(OutcomeWindow.FAILURE, now())).isEqualTo(OutcomeWindow.RETIRED);
  }

  @Test
  void fail_withASlowCallRule_asksEachTime() {
    TimeWindow any =
        window(CircuitBreakerConfig.builder().slowCallRateThreshold(50).build());
    for (int i = 0; i < 5; i++) {
      any.countSuccess(now());
      assertThat(OutcomeWindow.asksForRates(any.fail(OutcomeWindow.SLOW_FAILURE, now())))
          .isTrue();
    }
  }

  @Test
  void fail_whoseFailuresWereMoved_asksForRates() {
    CircuitBreakerConfig rules = CircuitBreakerConfig.builder().window(LENGTH).build();
    TimeWindow any = window(rules);
    TimeWindow heir = window(rules);
    any.fail(OutcomeWindow.FAILURE, now());
    heir.awaitConsecutiveFailures();
    any.moveConsecutiveFailures(heir);
    long failed = any.fail(OutcomeWindow.FAILURE, now());
    assertThat(OutcomeWindow.consecutiveFailuresOf(failed)).isEqualTo(OutcomeWindow.MOVED);
    assertThat(OutcomeWindow.asksForRates(failed)).isTrue();
    assertThat(heir.addConsecutiveFailure()).isEqualTo(2);
  }

  @Test
  @DisplayName("the mark is the number of successes of all times before the consecutive failures")
  void mark_ofOneThread_isExact() {
    Random random = new Random(3);
    long successes = 0;
    long expected = Long.MIN_VALUE;
    TimeWindow counting = window;
    for (int i = 0; i < 20_000; i++) {
      time.advance(Duration.ofNanos((long) (random.nextDouble() * BUCKET_NANOS / 20)));
      switch (random.nextInt(1000)) {
        case 0 -> time.advance(Duration.ofSeconds(100));
        case 1 -> {
          TimeWindow heir = window(Duration.ofSeconds(30 + random.nextInt(60)));
          heir.awaitConsecutiveFailures();
          counting.retire(heir);
          counting = heir;
        }
        case 2 -> {
          counting.count(OutcomeWindow.SLOW_SUCCESS, now());
          counting.endConsecutiveFailures();
          successes++;
        }
        default -> {
          if (random.nextInt(3) != 0) {
            counting.countSuccess(now());
            counting.endConsecutiveFailures();
            successes++;
          } else {
            expected =
                counting.consecutiveFailures() == 0 ? Math.max(expected, successes) : expected;
            counting.fail(OutcomeWindow.FAILURE, now());
          }
        }
      }
      assertThat(counting.mark()).isEqualTo(expected);
    }
  }

  @Test
  void retire_givesEveryCountToTheTotals_once() {
    for (int outcome = 0; outcome < OutcomeWindow.OUTCOMES; outcome++) {
      for (int i = 0; i <= outcome; i++) {
        window.count(outcome, now());
      }
    }
    window.beginConsecutiveFailures(3);
    long used = now();
    window.retire(null);
    for (int outcome = 0; outcome < OutcomeWindow.OUTCOMES; outcome++) {
      assertThat(totals.of(outcome)).isEqualTo(outcome + 1);
      assertThat(window.total(outcome)).isZero();
    }
    assertThat(totals.succeededAt).isBetween(used - BUCKET_NANOS, used);
    assertThat(window.count(OutcomeWindow.SUCCESS, now())).isFalse();
    assertThat(window.counts(now())).isEqualTo(WindowCounts.NONE);
    assertThat(window.consecutiveFailures()).as("without an heir it stays").isEqualTo(3);
  }

  @Test
  void retired_countsNothing() {
    assertThat(window.countSuccess(now())).isTrue();
    window.retire(null);
    assertThat(window.countSuccess(now())).isFalse();
    assertThat(window.count(OutcomeWindow.FAILURE, now())).isFalse();
    assertThat(window.counts(now())).isEqualTo(WindowCounts.NONE);
    assertThat(totals.sum()).isEqualTo(1);
  }

  @Test
  void retire_withFailuresOnly_notesNoSuccess() {
    window.count(OutcomeWindow.SLOW_FAILURE, now());
    window.retire(null);
    assertThat(totals.succeededAt).isEqualTo(-1);
  }

  @Test
  @DisplayName("an heir of another length takes each outcome at its own time, and the rest goes to "
      + "the totals")
  void retire_handsOnWhatIsLive() {
    long at = atABucket();
    window.count(OutcomeWindow.FAILURE, at);
    time.advance(Duration.ofSeconds(40));
    window.count(OutcomeWindow.SLOW_SUCCESS, now());
    window.count(OutcomeWindow.SLOW_SUCCESS, now());
    window.beginConsecutiveFailures(2);
    long used = now();
    time.advance(Duration.ofSeconds(15));
    TimeWindow heir = window(Duration.ofSeconds(30));
    heir.awaitConsecutiveFailures();
    window.retire(heir);
    assertThat(heir.consecutiveFailures()).isEqualTo(2);
    assertThat(heir.counts(now())).isEqualTo(new WindowCounts(2, 0, 2, 0));
    assertThat(
            heir.counts(used + Duration.ofSeconds(30).toNanos() - BUCKET_NANOS).calls())
        .as("at the beginning of the bucket in which they were counted")
        .isEqualTo(2);
    assertThat(heir.counts(used + Duration.ofSeconds(34).toNanos()).calls()).isZero();
    assertThat(sumOfTotals(heir)).isEqualTo(3);
    assertThat(totals.succeededAt).isBetween(used - BUCKET_NANOS, used);
  }

  @Test
  void retire_intoAnHeirThatEnded_losesNothing() {
    window.count(OutcomeWindow.FAILURE, now());
    TimeWindow heir = window(LENGTH);
    heir.retire(null);
    window.retire(heir);
    assertThat(totals.of(OutcomeWindow.FAILURE)).isEqualTo(1);
  }

  @Test
  void retire_intoAnHeirThatCountedAlready_addsUp() {
    long at = atABucket();
    window.count(OutcomeWindow.FAILURE, at);
    window.count(OutcomeWindow.FAILURE, at);
    TimeWindow heir = window(LENGTH);
    heir.count(OutcomeWindow.FAILURE, at);
    window.retire(heir);
    assertThat(heir.counts(at).failures()).isEqualTo(3);
    assertThat(totals.sum()).isZero();
  }

  @Test
  void retire_intoACountWindow_movesConsecutiveFailuresOnly() {
    window.count(OutcomeWindow.FAILURE, now());
    window.beginConsecutiveFailures(1);
    OutcomeWindow heir = CountWindow.of(10, now(), totals);
    heir.awaitConsecutiveFailures();
    window.retire(heir);
    assertThat(heir.counts(now())).isEqualTo(WindowCounts.NONE);
    assertThat(heir.consecutiveFailures()).isEqualTo(1);
    assertThat(totals.of(OutcomeWindow.FAILURE)).isEqualTo(1);
  }

  @Test
  void lastSuccess_isTheBeginningOfItsBucket_orNow() {
    assertThat(window.lastSuccess(now())).isEqualTo(-1);
    long at = atABucket();
    window.count(OutcomeWindow.FAILURE, at);
    assertThat(window.lastSuccess(at)).isEqualTo(-1);
    window.count(OutcomeWindow.SUCCESS, at + 5);
    assertThat(window.lastSuccess(at + 7)).isEqualTo(at);
    assertThat(window.lastSuccess(at + 3 * BUCKET_NANOS)).isEqualTo(at);
    window.count(OutcomeWindow.SLOW_SUCCESS, at + 2 * BUCKET_NANOS + 1);
    assertThat(window.lastSuccess(at + 3 * BUCKET_NANOS)).isEqualTo(at + 2 * BUCKET_NANOS);
    assertThat(window.lastSuccess(at + BUCKET_NANOS + 1))
        .as("of a writer whose clock is ahead")
        .isEqualTo(at + BUCKET_NANOS + 1);
  }

  @Test
  void fits_whatItWouldCountInTheSameWay() {
    CircuitBreakerConfig.Builder config =
        CircuitBreakerConfig.builder().noFailureThreshold().failureRateThreshold(50);
    assertThat(window.fits(config.window(LENGTH).build())).isTrue();
    assertThat(window.fits(config.window(LENGTH.plusSeconds(3)).build())).isFalse();
    assertThat(window.fits(config.window(LENGTH.dividedBy(2)).build()))
        .as("as many buckets, of half the length")
        .isFalse();
    assertThat(window.fits(config.window(LENGTH).failureRateThreshold(51).build()))
        .isFalse();
    assertThat(window.fits(
            config.failureRateThreshold(50).slowCallRateThreshold(50).build()))
        .isFalse();
    assertThat(window.fits(config.countWindow(60).build())).isFalse();
  }

  @Test
  void idle_sinceItWasMade_orLastUsed() {
    long made = now();
    assertThat(window.idleSince()).isEqualTo(made);
    window.count(OutcomeWindow.FAILURE, now());
    assertThat(window.idleSince()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  @DisplayName("the sweeper rests when nothing is left, and runs again for each window")
  void sweeper_comesAgain() {
    TimeWindow second = window(LENGTH);
    TimeWindow third = window(LENGTH.multipliedBy(10));
    for (int round = 0; round < 3; round++) {
      for (TimeWindow each : new TimeWindow[] {window, second, third}) {
        each.count(OutcomeWindow.SUCCESS, now());
        assertThat(each.idleSince()).isEqualTo(Long.MAX_VALUE);
      }
      time.advance(Duration.ofSeconds(90));
      assertThat(window.idleSince()).isLessThan(now());
      assertThat(second.idleSince()).isLessThan(now());
      assertThat(third.idleSince()).isEqualTo(Long.MAX_VALUE);
      assertThat(sweeper.isWatching()).isTrue();
      time.advance(Duration.ofMinutes(15));
      assertThat(third.idleSince()).isLessThan(now());
      assertThat(sweeper.isWatching()).isFalse();
      assertThat(totals.of(OutcomeWindow.SUCCESS)).isEqualTo(3L * (round + 1));
      assertThat(totals.moves).isZero();
    }
  }

  @Test
  void sweeper_ofAWindowInUse_foldsWhatHasLeft() {
    window.count(OutcomeWindow.FAILURE, now());
    time.advance(Duration.ofSeconds(50));
    window.count(OutcomeWindow.SUCCESS, now());
    time.advance(Duration.ofSeconds(40));
    assertThat(window.idleSince()).isEqualTo(Long.MAX_VALUE);
    assertThat(window.counts(now())).isEqualTo(new WindowCounts(1, 0, 0, 0));
    assertThat(window.total(OutcomeWindow.FAILURE)).isEqualTo(1);
    assertThat(sumOfTotals(window)).isEqualTo(2);
  }

  @Test
  void aRetiredWindow_isSweptToNothing() {
    window.count(OutcomeWindow.FAILURE, now());
    window.retire(null);
    time.advance(Duration.ofSeconds(30));
    assertThat(sweeper.isWatching()).isFalse();
    assertThat(totals.sum()).isEqualTo(1);
    assertThat(window.count(OutcomeWindow.FAILURE, now())).isFalse();
  }
}
