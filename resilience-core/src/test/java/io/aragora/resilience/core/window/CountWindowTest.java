package io.aragora.resilience.core.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CountWindowTest {
  private final CountedTotals totals = new CountedTotals();

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 23, 24, 25, 26, 100, 1000})
  void holdsExactlyTheLastOutcomes_asALoopWouldCountThem(int length) {
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    Deque<Integer> model = new ArrayDeque<>();
    Random random = new Random(length);
    for (int i = 0; i < 5 * length + 50; i++) {
      int outcome = random.nextInt(OutcomeWindow.OUTCOMES);
      assertThat(window.count(outcome, i)).isTrue();
      model.add(outcome);
      if (model.size() > length) {
        model.remove();
      }
      WindowCounts counts = window.counts(i);
      assertThat(counts.calls()).isEqualTo(model.size());
      assertThat(counts.failures())
          .isEqualTo(model.stream().filter(OutcomeWindow::isFailure).count());
      assertThat(counts.slowCalls())
          .isEqualTo(model.stream().filter(OutcomeWindow::isSlow).count());
    }
    assertThat(totals.sum()).isEqualTo(5L * length + 50);
  }

  @Test
  void ticketsComeRound_andTheWindowStaysExact() {
    // 2^24 tickets and more, so that they go back to the second lap at least once.
    OutcomeWindow window = CountWindow.of(25, 0, totals);
    int count = (1 << 24) + 1000;
    for (int i = 0; i < count; i++) {
      window.count(i % 5 == 0 ? OutcomeWindow.FAILURE : OutcomeWindow.SUCCESS, i);
    }
    assertThat(window.counts(count)).isEqualTo(new WindowCounts(25, 5, 0, 0));
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 100})
  void retired_takesNothing(int length) {
    OutcomeWindow window = CountWindow.of(length, 0, totals);
    window.count(OutcomeWindow.FAILURE, 1);
    window.retire(null);
    assertThat(window.count(OutcomeWindow.FAILURE, 2)).isFalse();
    assertThat(window.counts(2)).isEqualTo(WindowCounts.NONE);
    assertThat(totals.sum()).isEqualTo(1);
  }
}
