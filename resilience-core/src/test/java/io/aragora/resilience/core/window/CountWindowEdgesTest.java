package io.aragora.resilience.core.window;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.window.OutcomeWindow.Verdict;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What count windows report at the edges of their rules, and what they transfer when they end. */
class CountWindowEdgesTest {
  private static final long SECOND = 1_000_000_000;

  private final CountedTotals totals = new CountedTotals();

  private static void count(OutcomeWindow window, int outcome, int times) {
    for (int i = 0; i < times; i++) {
      assertThat(window.count(outcome, 0)).isTrue();
    }
  }

  private static CircuitBreakerConfig.Builder rates(int minimum) {
    return CircuitBreakerConfig.builder().noFailureThreshold().minimumNumberOfCalls(minimum);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 20, 24, 25, 40})
  void counts_ofEachKind_areThoseOfTheLastOutcomes(int length) {
    Random random = new Random(length);
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    Deque<Integer> last = new ArrayDeque<>();
    for (int i = 0; i < 500; i++) {
      int outcome = random.nextInt(OutcomeWindow.OUTCOMES);
      count(window, outcome, 1);
      last.add(outcome);
      if (last.size() > length) {
        last.remove();
      }
      assertThat(window.counts(0))
          .isEqualTo(new WindowCounts(
              last.size(),
              last.stream().filter(OutcomeWindow::isFailure).count(),
              last.stream().filter(OutcomeWindow::isSlow).count(),
              last.stream().filter(each -> each == OutcomeWindow.SLOW_FAILURE).count()));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 40})
  void fail_retired_isCountedElsewhere(int length) {
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    window.retire(null);
    assertThat(window.fail(OutcomeWindow.FAILURE, 0)).isEqualTo(OutcomeWindow.RETIRED);
    assertThat(totals.sum()).isZero();
  }

  @Test
  void giveWay_afterEachLostRace_waitsTwiceAsLong_upToABound() {
    assertThat(CountWindow.giveWay(CountWindow.FEWEST_SPINS))
        .isEqualTo(2 * CountWindow.FEWEST_SPINS);
    assertThat(CountWindow.giveWay(1024)).isEqualTo(1024);
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 40})
  @DisplayName("a rate is reached at its threshold, not before")
  void judge_failureRate_isReachedAtTheThreshold(int length) {
    CircuitBreakerConfig half = rates(10).failureRateThreshold(50).build();
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    count(window, OutcomeWindow.SUCCESS, 6);
    count(window, OutcomeWindow.FAILURE, 5);
    assertThat(window.judge(half, 0, 0)).isEqualTo(Verdict.BELOW);
    count(window, OutcomeWindow.FAILURE, 1);
    assertThat(window.judge(half, 0, 0)).isEqualTo(Verdict.FAILURE_RATE);
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 40})
  void judge_minimum_isReachedAtTheNumber(int length) {
    CircuitBreakerConfig all = rates(10).failureRateThreshold(100).build();
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    assertThat(window.judge(all, 0, 0)).as("of nothing").isEqualTo(Verdict.BELOW);
    count(window, OutcomeWindow.FAILURE, 9);
    assertThat(window.judge(all, 0, 0)).isEqualTo(Verdict.TOO_FEW_CALLS);
    count(window, OutcomeWindow.FAILURE, 1);
    assertThat(window.judge(all, 0, 0)).isEqualTo(Verdict.FAILURE_RATE);
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 40})
  void judge_slowCalls_andThoseUnderWay_countAsCalls(int length) {
    CircuitBreakerConfig half = rates(4).slowCallRateThreshold(50).build();
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    count(window, OutcomeWindow.SUCCESS, 2);
    count(window, OutcomeWindow.SLOW_SUCCESS, 1);
    assertThat(window.judge(half, 0, 0)).isEqualTo(Verdict.BELOW);
    assertThat(window.judge(half, 1, 0)).as("one of four").isEqualTo(Verdict.SLOW_CALL_RATE);
    count(window, OutcomeWindow.SLOW_FAILURE, 1);
    assertThat(window.judge(half, 0, 0)).isEqualTo(Verdict.SLOW_CALL_RATE);

    OutcomeWindow hanging = CountWindow.of(length, 0, totals);
    assertThat(hanging.judge(half, 3, 0)).isEqualTo(Verdict.TOO_FEW_CALLS);
    assertThat(hanging.judge(half, 4, 0)).isEqualTo(Verdict.SLOW_CALL_RATE);
  }

  @Test
  void judge_both_namesTheFailures() {
    CircuitBreakerConfig both =
        rates(1).failureRateThreshold(50).slowCallRateThreshold(50).build();
    OutcomeWindow window = CountWindow.of(10, 0, totals);
    count(window, OutcomeWindow.SLOW_FAILURE, 1);
    assertThat(window.judge(both, 0, 0)).isEqualTo(Verdict.FAILURE_RATE);
  }

  @Test
  void judge_withoutARateRule_isBelow() {
    CircuitBreakerConfig none =
        CircuitBreakerConfig.builder().failureThreshold(3).build();
    OutcomeWindow window = CountWindow.of(10, 0, totals);
    count(window, OutcomeWindow.SLOW_FAILURE, 10);
    assertThat(window.judge(none, 10, 0)).isEqualTo(Verdict.BELOW);
  }

  @ParameterizedTest
  @CsvSource({"10,10", "24,7", "7,24", "30,30", "40,26", "26,40", "24,30", "30,24", "30,5", "5,30"})
  @DisplayName("an heir holds the last outcomes in their order, and counts none of them twice")
  void retire_handsTheLastOutcomesOn(int length, int lengthOfHeir) {
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    OutcomeWindow heir = CountWindow.of(lengthOfHeir, 0, totals);
    Deque<Integer> model = new ArrayDeque<>();
    Random random = new Random(length * 31L + lengthOfHeir);
    for (int i = 0; i < 3 * length + 1; i++) {
      int outcome = random.nextInt(OutcomeWindow.OUTCOMES);
      window.count(outcome, 0);
      model.add(outcome);
      if (model.size() > length) {
        model.remove();
      }
    }
    window.retire(heir);

    // Pushing the old ones out, one by one, shows in which order they are there.
    while (model.size() > lengthOfHeir) {
      model.remove();
    }
    for (int left = 0; left <= lengthOfHeir; left++) {
      WindowCounts counts = heir.counts(0);
      assertThat(counts.calls()).isEqualTo(model.size());
      assertThat(counts.failures())
          .isEqualTo(model.stream().filter(OutcomeWindow::isFailure).count());
      assertThat(counts.slowCalls())
          .isEqualTo(model.stream().filter(OutcomeWindow::isSlow).count());
      heir.count(OutcomeWindow.SUCCESS, 0);
      model.add(OutcomeWindow.SUCCESS);
      if (model.size() > lengthOfHeir) {
        model.remove();
      }
    }
    assertThat(totals.sum()).isEqualTo(3L * length + 1 + lengthOfHeir + 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 30})
  void retired_judgesNothing(int length) {
    CircuitBreakerConfig one =
        rates(1).failureRateThreshold(1).slowCallRateThreshold(1).build();
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    count(window, OutcomeWindow.SLOW_FAILURE, 5);
    window.retire(null);
    assertThat(window.judge(one, 3, 0)).isEqualTo(Verdict.BELOW);
    assertThat(window.total(OutcomeWindow.SLOW_FAILURE)).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 30})
  @DisplayName("consecutive failures continue in the heir, and late callers see it there")
  void retire_movesTheConsecutiveFailures(int length) {
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    OutcomeWindow heir = CountWindow.of(length, 0, totals);
    window.beginConsecutiveFailures(4);
    assertThat(window.addConsecutiveFailure()).isEqualTo(5);
    heir.awaitConsecutiveFailures();
    assertThat(heir.addConsecutiveFailure()).isEqualTo(1);
    assertThat(heir.addConsecutiveFailure()).isEqualTo(2);
    assertThat(heir.consecutiveFailures()).isEqualTo(2);

    window.retire(heir);

    assertThat(heir.consecutiveFailures()).isEqualTo(7);
    assertThat(window.consecutiveFailures()).isZero();
    assertThat(window.addConsecutiveFailure()).isEqualTo(OutcomeWindow.MOVED);
    assertThat(window.endConsecutiveFailures()).isFalse();
    assertThat(heir.endConsecutiveFailures()).isTrue();
    assertThat(heir.consecutiveFailures()).isZero();
    assertThat(heir.endConsecutiveFailures()).as("of no row").isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  @DisplayName("a success that the heir counts before it has the older failures ends those, too")
  void retire_intoAnHeirWithASuccess_movesNoConsecutiveFailures(int failuresOfHeir) {
    OutcomeWindow window = CountWindow.of(10, 0, totals);
    OutcomeWindow heir = CountWindow.of(10, 0, totals);
    window.beginConsecutiveFailures(4);
    heir.awaitConsecutiveFailures();
    heir.addConsecutiveFailure();
    assertThat(heir.endConsecutiveFailures()).isTrue();
    for (int i = 0; i < failuresOfHeir; i++) {
      heir.addConsecutiveFailure();
    }

    window.retire(heir);

    assertThat(heir.consecutiveFailures()).isEqualTo(failuresOfHeir);
  }

  @Test
  void retire_beforeItHasOlderFailures_movesItsOwn() {
    OutcomeWindow window = CountWindow.of(10, 0, totals);
    OutcomeWindow heir = CountWindow.of(10, 0, totals);
    window.awaitConsecutiveFailures();
    window.addConsecutiveFailure();
    heir.awaitConsecutiveFailures();

    window.retire(heir);

    assertThat(window.consecutiveFailures()).isZero();
    assertThat(heir.consecutiveFailures()).isEqualTo(1);
  }

  @Test
  void consecutiveFailures_areBounded() {
    OutcomeWindow window = CountWindow.of(10, 0, totals);
    OutcomeWindow heir = CountWindow.of(10, 0, totals);
    window.beginConsecutiveFailures(Integer.MAX_VALUE - 1);
    assertThat(window.addConsecutiveFailure()).isEqualTo(Integer.MAX_VALUE);
    assertThat(window.addConsecutiveFailure()).isEqualTo(Integer.MAX_VALUE);
    heir.awaitConsecutiveFailures();
    heir.addConsecutiveFailure();
    window.retire(heir);
    assertThat(heir.consecutiveFailures())
        .as("a sum that would overflow")
        .isEqualTo(Integer.MAX_VALUE);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 30})
  @DisplayName("a window records, to the second, its last use and its last success")
  void times_areNotedToTheSecond(int length) {
    OutcomeWindow window = CountWindow.of(length, 5 * SECOND, totals);
    assertThat(window.idleSince()).as("since it was made").isEqualTo(5 * SECOND);
    assertThat(window.lastSuccess(9 * SECOND)).isEqualTo(-1);

    window.count(OutcomeWindow.FAILURE, 7 * SECOND);
    assertThat(window.idleSince()).isEqualTo(7 * SECOND);
    assertThat(window.lastSuccess(9 * SECOND)).as("a failure is none").isEqualTo(-1);

    window.count(OutcomeWindow.SUCCESS, 7 * SECOND + 1);
    assertThat(window.idleSince()).as("within a second").isEqualTo(7 * SECOND);
    assertThat(window.lastSuccess(9 * SECOND)).isEqualTo(7 * SECOND + 1);

    window.count(OutcomeWindow.SLOW_SUCCESS, 8 * SECOND);
    assertThat(window.idleSince()).as("a second later").isEqualTo(8 * SECOND);
    assertThat(window.lastSuccess(9 * SECOND)).isEqualTo(7 * SECOND + 1);

    window.count(OutcomeWindow.SUCCESS, 8 * SECOND + 1);
    assertThat(window.lastSuccess(9 * SECOND)).isEqualTo(8 * SECOND + 1);

    window.retire(null);
    assertThat(totals.succeededAt).isEqualTo(8 * SECOND + 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 30})
  void times_beginAtZero(int length) {
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    window.count(OutcomeWindow.SUCCESS, 0);
    assertThat(window.lastSuccess(0)).isZero();
    window.retire(null);
    assertThat(totals.succeededAt).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 30})
  void retire_withoutASuccess_notesNone(int length) {
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    window.count(OutcomeWindow.FAILURE, 3 * SECOND);
    window.retire(null);
    assertThat(totals.succeededAt).isEqualTo(-1);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 30})
  void fits_itsOwnLengthOnly(int length) {
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    assertThat(window.fits(rates(1).failureRateThreshold(50).countWindow(length).build()))
        .isTrue();
    assertThat(window.fits(
            rates(1).failureRateThreshold(50).countWindow(length + 1).build()))
        .isFalse();
    assertThat(window.fits(rates(1).failureRateThreshold(50).build())).isFalse();
  }

  @Test
  void theFlagOfTheMinimum_isWhatWasSaid() {
    OutcomeWindow window = CountWindow.of(10, 0, totals);
    assertThat(window.awaitsMinimum()).isFalse();
    window.awaitMinimum(true);
    assertThat(window.awaitsMinimum()).isTrue();
    window.awaitMinimum(false);
    assertThat(window.awaitsMinimum()).isFalse();
  }
}
