package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScaleTest {
  @Test
  void linear_valuesInProportion_andBeyondAtTheEnd() {
    Scale scale = Scale.linear(145);
    assertThat(scale.ticks()).containsExactly(0.0, 50.0, 100.0, 150.0);
    assertThat(scale.position(75)).isEqualTo(0.5);
    assertThat(scale.position(-1)).isZero();
    assertThat(scale.position(1000)).isEqualTo(1);
    assertThat(scale.contains(150)).isTrue();
    assertThat(scale.contains(151)).isFalse();
  }

  @Test
  void log_sameFactor_isTheSameDistance() {
    Scale scale = Scale.log(0.34, 45);
    assertThat(scale.ticks()).containsExactly(0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0);
    assertThat(scale.position(5) - scale.position(1))
        .isCloseTo(scale.position(50) - scale.position(10), within(1e-12));
    assertThat(scale.position(0.1)).isZero();
    assertThat(scale.position(-3)).isZero();
  }

  @Test
  void log_wide_namesPowersOfTenOnly() {
    assertThat(Scale.log(0.3, 1500).ticks()).containsExactly(1.0, 10.0, 100.0, 1000.0);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "0.07, 0.07", "2, 2", "3, 1000", "0.4999999, 17"})
  void log_whatHasToFit_fits(double least, double most) {
    Scale scale = Scale.log(least, most);
    assertThat(scale.contains(least)).isTrue();
    assertThat(scale.contains(most)).isTrue();
    assertThat(scale.ticks()).isSorted().allMatch(scale::contains);
  }

  @Test
  void counts_none_isAtTheLowerEnd() {
    Scale scale = Scale.counts(4097);
    assertThat(scale.ticks()).containsExactly(0.0, 10.0, 100.0, 1000.0, 10_000.0);
    assertThat(scale.position(0)).isZero();
    assertThat(scale.position(10_000)).isEqualTo(1);
    assertThat(scale.position(100)).isBetween(0.49, 0.51);
  }

  @Test
  void counts_millions_namesNoMoreThanThereIsRoomFor() {
    assertThat(Scale.counts(30_412_021).ticks()).containsExactly(0.0, 1e2, 1e4, 1e6, 1e8);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void scales_whatCannotBeOnThem_isRejected(double value) {
    assertThatThrownBy(() -> Scale.linear(value)).hasMessageContaining("most must be finite");
    assertThatThrownBy(() -> Scale.log(value, 1)).hasMessageContaining("least must be finite");
  }
}
