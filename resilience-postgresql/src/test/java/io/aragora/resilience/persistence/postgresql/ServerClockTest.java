package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerClockTest {
  @ParameterizedTest
  @CsvSource({
    "7, 7, 0",
    "250000, 0, 0",
    "250001, 0, 250001",
    "0, 250000, 0",
    "0, 250001, -250001",
    "3600000000, -3600000000, 7200000000"
  })
  @DisplayName(
      "clocks that differ by a quarter of a second are equal, others are converted exactly")
  void shiftMicros_offsets_areSubtracted(long there, long here, long expected) {
    assertThat(ServerClock.shiftMicros(there, here)).isEqualTo(expected);
  }

  @Test
  void shiftMicros_offsetOfAnotherApplication_isNoTime() {
    assertThatExceptionOfType(ArithmeticException.class)
        .isThrownBy(() -> ServerClock.shiftMicros(Long.MIN_VALUE, 1));
  }
}
