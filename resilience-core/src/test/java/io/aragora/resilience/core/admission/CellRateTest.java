package io.aragora.resilience.core.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a rate allows at one instant, on clocks on both sides of zero. */
class CellRateTest {
  private static final long NOW = -1_000_000_000;
  private static final long LONGEST = Duration.ofDays(36_525).toNanos();

  private static long wait(CellRate rate, long word, long permits) {
    return rate.waitNanos(word, NOW, NOW, permits);
  }

  private static void assertRate(CellRate rate, long burst, long intervalNanos) {
    assertThat(rate.available(rate.full(NOW), NOW)).as("burst").isEqualTo(burst);
    assertThat(rate.available(rate.empty(NOW), NOW)).as("when empty").isZero();
    // An interval is rounded up by less than a nanosecond.
    assertThat(wait(rate, rate.empty(NOW), 1))
        .as("interval")
        .isBetween(intervalNanos, intervalNanos + 1);
  }

  @ParameterizedTest
  @CsvSource({
    // limit in a second, burst, instances, largest call, burst of the share, its interval in
    // nanoseconds
    "100, 40, 1, 1, 40, 10000000",
    "100, 40, 4, 1, 10, 40000000",
    "100, 3, 4, 1, 1, 40000000",
    "100, 40, 4, 25, 25, 40000000",
    "5000, 40, 4, 1, 10, 800000",
    "6000, 9, 3, 1, 3, 500000",
  })
  void share_ofSeveralInstances_isThatPartOfTheRate_andHasRoomForTheLargestCall(
      int limit, int burst, int instances, int call, long expectedBurst, long intervalNanos) {
    long second = Duration.ofSeconds(1).toNanos();
    assertRate(CellRate.share(limit, second, burst, instances, call), expectedBurst, intervalNanos);
  }

  @Test
  void share_ofAThousandInstancesInOnePermitAYear_isOnePermitInAHundredYears() {
    CellRate rate = CellRate.share(1, Duration.ofDays(365).toNanos(), 5, 1000, 3);
    assertRate(rate, 1, LONGEST);
  }

  @ParameterizedTest
  @CsvSource({
    "3, 3, 333333333",
    "10, 10, 100000000",
    "2.5, 2, 400000000",
    "0.5, 1, 2000000000",
    "4000, 4000, 250000",
    "1e-12, 1, 3155760000000000000"
  })
  void perSecond_savesThePermitsOfASecond_atLeastOne(
      double permits, long burst, long intervalNanos) {
    assertRate(CellRate.perSecond(permits), burst, intervalNanos);
  }

  @ParameterizedTest
  @ValueSource(doubles = {2.5, 2500.5})
  void perSecond_permitsExpireAfterASecond(double permits) {
    assertThat(CellRate.perSecond(permits).fillNanos())
        .isEqualTo(Duration.ofSeconds(1).toNanos());
  }

  @ParameterizedTest
  @CsvSource({"10, 100000000", "5000, 200000"})
  void waitNanos_moreThanTheBurstAfterAPause_isThePauseAndTheIntervalsBeyondTheBurst(
      int limit, long intervalNanos) {
    CellRate rate = CellRate.of(limit, Duration.ofSeconds(1).toNanos(), 1);
    long pause = Duration.ofSeconds(3).toNanos();
    assertThat(rate.waitNanos(rate.empty(NOW), NOW, NOW + pause, 1)).isEqualTo(pause);
    assertThat(rate.waitNanos(rate.empty(NOW), NOW, NOW + pause, 3))
        .isEqualTo(pause + 2 * intervalNanos);
  }

  @ParameterizedTest
  @CsvSource({"10, 1000, 5, 500", "5000, 1000, 5000, 1000"})
  void fillNanos_isTheTimeFromEmptyToFull(
      int limit, long periodMillis, int burst, long fillMillis) {
    CellRate rate = CellRate.of(limit, Duration.ofMillis(periodMillis).toNanos(), burst);
    assertThat(rate.fillNanos()).isEqualTo(Duration.ofMillis(fillMillis).toNanos());
    assertThat(rate.untilFullNanos(rate.empty(NOW), NOW)).isEqualTo(rate.fillNanos());
  }

  @ParameterizedTest
  @CsvSource({
    // limit in a second, burst, nanoseconds that are owed, permits that are left
    "10, 5, 0, 5",
    "10, 5, 300000000, 2",
    "10, 5, 500000000, 0",
    "10, 5, 9000000000000000000, 0",
    "5000, 10, 1000000, 5",
    "5000, 10, 3000000, 0",
  })
  void owing_takesWhatTheTimeEarns_andNoMoreThanAll(int limit, int burst, long nanos, long left) {
    CellRate rate = CellRate.of(limit, Duration.ofSeconds(1).toNanos(), burst);
    long word = rate.owing(rate.full(NOW), NOW, nanos);
    assertThat(rate.available(word, NOW)).isEqualTo(left);
    if (left == 0) {
      assertThat(wait(rate, word, 1)).isEqualTo(Duration.ofSeconds(1).toNanos() / limit);
    }
  }

  @Test
  void lowered_toMorePermitsThanTheBurst_changesNothing() {
    CellRate rate = CellRate.of(10, Duration.ofSeconds(1).toNanos(), 5);
    for (long word : new long[] {rate.full(NOW), rate.taken(rate.full(NOW), NOW, 3)}) {
      assertThat(rate.lowered(word, NOW, 5)).isEqualTo(word);
      assertThat(rate.lowered(word, NOW, Long.MAX_VALUE)).isEqualTo(word);
    }
  }

  @Test
  void isFull_onceAPermitIsTaken_isFalse() {
    CellRate rate = CellRate.of(10, Duration.ofSeconds(1).toNanos(), 5);
    long word = rate.full(NOW);
    assertThat(rate.isFull(word, NOW)).isTrue();
    assertThat(rate.isFull(rate.taken(word, NOW, 1), NOW)).isFalse();
  }
}
