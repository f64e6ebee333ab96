package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ForksTest {
  @Test
  void median_ofForks_isOfTheirMedians() {
    Forks forks = Forks.of(List.of(List.of(9.0, 1.0, 10.0), List.of(11.0, 11.0), List.of(90.0)));
    assertThat(forks.medians()).containsExactly(9.0, 11.0, 90.0);
    assertThat(forks.median()).isEqualTo(11);
    assertThat(Forks.median(List.of(4.0, 1.0, 3.0, 2.0))).isEqualTo(2.5);
  }

  @Test
  void agree_withinAFifthOfTheMedian() {
    assertThat(new Forks(List.of(10.0, 9.0, 11.0)).agree()).isTrue();
    assertThat(new Forks(List.of(10.0, 9.0, 11.1)).agree()).isFalse();
  }

  @Test
  void areEnough_fromThreeOn() {
    assertThat(new Forks(List.of(1.0, 1.0)).areEnough()).isFalse();
    assertThat(new Forks(List.of(1.0, 1.0, 1.0)).areEnough()).isTrue();
  }

  @Test
  void new_noFork_isRejected() {
    assertThatThrownBy(() -> new Forks(List.of())).isInstanceOf(IllegalArgumentException.class);
  }
}
