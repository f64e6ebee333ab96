package io.aragora.resilience.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MicrosTest {
  @ParameterizedTest
  @CsvSource({
    "1970-01-01T00:00:00Z, 0",
    "1970-01-01T00:00:01.000002999Z, 1000002",
    "1969-12-31T23:59:59.999999999Z, -1",
    "1969-12-31T23:59:59.999998999Z, -2"
  })
  void of_instant_isRoundedDown(Instant instant, long micros) {
    assertThat(Micros.of(instant)).isEqualTo(micros);
    assertThat(Micros.ofOrFarthest(instant)).isEqualTo(micros);
  }

  @Test
  void ofOrFarthest_instantThatDoesNotFit_isTheFarthest() {
    assertThat(Micros.ofOrFarthest(Instant.MAX)).isEqualTo(Long.MAX_VALUE);
    assertThat(Micros.ofOrFarthest(Instant.MIN)).isEqualTo(Long.MIN_VALUE);
    assertThatThrownBy(() -> Micros.of(Instant.MAX)).isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> Micros.of(Instant.MIN)).isInstanceOf(ArithmeticException.class);
  }

  @Test
  void of_farthestThatFits_isExact() {
    Instant last = Instant.EPOCH.plus(Long.MAX_VALUE, ChronoUnit.MICROS);
    assertThat(Micros.of(last)).isEqualTo(Long.MAX_VALUE);
  }
}
