package io.aragora.resilience.core.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.testing.ManualTime;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CellLevelTest {
  private final ManualTime time = ManualTime.create();

  private PaddedLevel level(int limit, Duration period, int burst) {
    CellRate rate = CellRate.of(limit, period.toNanos(), burst);
    return new PaddedLevel(rate, rate.full(time.nanoTime()));
  }

  private long wait(PaddedLevel level, long from, long before, int permits) {
    return level.readyAt(time, from, before, permits) - time.nanoTime();
  }

  private int takeAll(PaddedLevel level) {
    int taken = 0;
    while (level.tryTake(1, time)) {
      taken++;
    }
    return taken;
  }

  @ParameterizedTest
  @Tag("RL-02")
  @DisplayName("a level that was idle for hours or years is full, and no more than full")
  @CsvSource({
    "10, PT1S, 3, PT1H",
    "10, PT1S, 3, P73000D",
    "5000, PT1S, 5000, P105D",
    "5000, PT1S, 5000, P150D",
    "5000, PT1S, 5000, P207D",
    "3, PT0.000001S, 3, P207D",
    "1, P30D, 2, P73000D"
  })
  void idleLevel_isFull(int limit, Duration period, int burst, Duration idle) {
    PaddedLevel level = level(limit, period, burst);
    assertThat(takeAll(level)).isEqualTo(burst);
    time.advance(idle);
    assertThat(level.isFull(time)).isTrue();
    assertThat(level.available(time)).isEqualTo(burst);
    assertThat(takeAll(level)).isEqualTo(burst);
  }

  @ParameterizedTest
  @Tag("RL-04")
  @DisplayName("over a million permits the rate is never above the declared one, and hardly below")
  @CsvSource({
    "5000, PT1S, 1",
    "1, PT720H, 1",
    "7, PT1S, 1",
    "3, PT0.000001S, 3",
    "1000000000, PT1S, 1",
    "999999999, PT1S, 1100"
  })
  void rate_isThatDeclared(int limit, Duration period, int millionths) {
    int permits = 1_000_000;
    int burst = 2; // keeps what a call is late by, since the clock has whole nanoseconds
    CellRate rate = CellRate.of(limit, period.toNanos(), burst);
    // One permit after the other, each as early as possible, on a clock of any length.
    BigInteger exact = BigInteger.valueOf(period.toNanos()).multiply(BigInteger.valueOf(permits));
    long now = 0;
    long word = rate.full(now);
    BigInteger took = BigInteger.ZERO;
    for (int i = 0; i < permits + burst; i++) {
      long wait = rate.waitNanos(word, now, now, 1);
      took = took.add(BigInteger.valueOf(wait));
      now += wait;
      word = rate.taken(word, now, 1);
      assertThat(word).isNotEqualTo(CellRate.NONE);
      if (now > Long.MAX_VALUE / 2) {
        now -= Long.MAX_VALUE / 2 + 1;
        word -= Long.MAX_VALUE / 2 + 1; // of a rate in whole nanoseconds
      }
    }
    BigInteger periods = took.multiply(BigInteger.valueOf(limit));
    assertThat(periods).as("never faster").isGreaterThanOrEqualTo(exact);
    assertThat(periods.subtract(exact).multiply(BigInteger.valueOf(1_000_000)))
        .as("hardly slower")
        .isLessThanOrEqualTo(exact.multiply(BigInteger.valueOf(millionths)));
  }

  private record Taken(long at, int permits) {}

  @ParameterizedTest
  @Tag("RL-03")
  @DisplayName(
      "no time w has more than burst + rate × w, and a call that comes when it was told to is admitted")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void anyIntervalOfAnySequence_isBounded(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 40; round++) {
      int limit = 1 + random.nextInt(1 << random.nextInt(17));
      long period = limit + (long) (random.nextDouble() * (1L << (10 + random.nextInt(36))));
      int burst = 1 + random.nextInt(1 << random.nextInt(10));
      CellRate rate = CellRate.of(limit, period, burst);
      ManualTime clock = ManualTime.create();
      PaddedLevel level = new PaddedLevel(
          rate, random.nextBoolean() ? rate.full(clock.nanoTime()) : rate.empty(clock.nanoTime()));
      List<Taken> all = new ArrayList<>();
      for (int step = 0; step < 300; step++) {
        int permits = 1 + random.nextInt(burst);
        long wait = level.readyAt(clock, 0, 0, permits) - clock.nanoTime();
        boolean isTold = random.nextInt(3) == 0;
        long pause = isTold ? wait : (long) (random.nextDouble() * 2 * period / limit * burst);
        if (pause > 0) {
          clock.advance(Duration.ofNanos(pause));
        }
        boolean taken = level.tryTake(permits, clock);
        assertThat(taken)
            .as("told to come in %s ns, came in %s", wait, pause)
            .isEqualTo(pause >= wait);
        if (taken) {
          all.add(new Taken(clock.nanoTime(), permits));
        }
      }
      assertBounded(all, limit, period, burst);
    }
  }

  private static void assertBounded(List<Taken> all, int limit, long period, int burst) {
    for (int first = 0; first < all.size(); first++) {
      long permits = 0;
      for (int last = first; last < all.size(); last++) {
        permits += all.get(last).permits();
        BigInteger w = BigInteger.valueOf(all.get(last).at() - all.get(first).at());
        // permits <= burst + limit * w / period
        assertThat(BigInteger.valueOf(permits - burst).multiply(BigInteger.valueOf(period)))
            .isLessThanOrEqualTo(BigInteger.valueOf(limit).multiply(w));
      }
    }
  }

  @Test
  void waitsOfAQueue_addUp() {
    PaddedLevel level = level(10, Duration.ofSeconds(1), 3);
    long tenth = Duration.ofMillis(100).toNanos();
    takeAll(level);
    assertThat(wait(level, 0, 0, 1)).isEqualTo(tenth);
    assertThat(wait(level, 0, 7, 2)).isEqualTo(9 * tenth);
    assertThat(wait(level, time.nanoTime() + 2 * tenth, 0, 1)).isEqualTo(2 * tenth);
    assertThat(wait(level, time.nanoTime() + 30 * tenth, 0, 3))
        .as("full when the pause ends")
        .isEqualTo(30 * tenth);
    assertThat(wait(level, time.nanoTime() + 30 * tenth, 3, 1)).isEqualTo(31 * tenth);
    assertThat(wait(level, 0, Long.MAX_VALUE / 4, 1))
        .isGreaterThan(Duration.ofDays(36_500).toNanos());
    assertThat(wait(level, time.nanoTime() + Duration.ofDays(365).toNanos(), 0, 1))
        .isEqualTo(Duration.ofDays(365).toNanos());
  }

  @Test
  void lower_neverRaises() {
    PaddedLevel level = level(10, Duration.ofSeconds(1), 8);
    level.lower(20, time);
    assertThat(level.available(time)).isEqualTo(8);
    level.lower(5, time);
    assertThat(level.available(time)).isEqualTo(5);
    level.lower(6, time);
    assertThat(level.available(time)).isEqualTo(5);
    level.lower(0, time);
    assertThat(level.available(time)).isZero();
    assertThat(wait(level, 0, 0, 1)).isEqualTo(Duration.ofMillis(100).toNanos());
  }

  @Test
  void change_keepsTheShareOfTheBurst() {
    PaddedLevel level = level(10, Duration.ofSeconds(1), 8);
    level.tryTake(6, time);
    level.change(CellRate.of(5000, Duration.ofSeconds(1).toNanos(), 4000), time);
    assertThat(level.available(time)).as("a quarter").isEqualTo(1000);
    level.lower(0, time);
    level.change(CellRate.of(5, Duration.ofMinutes(1).toNanos(), 2), time);
    assertThat(level.available(time)).isZero();
    assertThat(wait(level, 0, 0, 2)).isEqualTo(Duration.ofSeconds(24).toNanos());
  }

  @Test
  void change_hasItsRateAndAnotherMark() {
    PaddedLevel level = level(10, Duration.ofSeconds(1), 8);
    CellRate next = CellRate.of(20, Duration.ofSeconds(1).toNanos(), 4);
    long before = level.mark();
    level.change(next, time);
    assertThat(level.rate()).isSameAs(next);
    level.tryTake(1, time);
    assertThat(level.mark()).isNotEqualTo(before);
    long taken = level.mark();
    assertThat(level.available(time)).isEqualTo(3);
    assertThat(level.mark()).as("nothing was taken since").isEqualTo(taken);
  }

  @Test
  void refill_ofALevelThatIsEmpty_isFullAtTheNewRate() {
    PaddedLevel level = level(10, Duration.ofSeconds(1), 8);
    takeAll(level);
    CellRate next = CellRate.of(20, Duration.ofSeconds(1).toNanos(), 4);

    level.refill(next, time);

    assertThat(level.rate()).isSameAs(next);
    assertThat(takeAll(level)).isEqualTo(4);
    assertThat(wait(level, 0, 0, 1)).isEqualTo(Duration.ofMillis(50).toNanos());
  }

  @Test
  void untilFull_isTheTimeOfThePermitsThatAreTaken() {
    PaddedLevel level = level(10, Duration.ofSeconds(1), 8);
    assertThat(level.untilFullNanos(time)).isZero();
    level.tryTake(3, time);
    assertThat(level.untilFullNanos(time)).isEqualTo(Duration.ofMillis(300).toNanos());
    time.advance(Duration.ofMillis(300));
    assertThat(level.untilFullNanos(time)).isZero();
    assertThat(level.isFull(time)).isTrue();
  }

  @Test
  void owe_delaysTheTimeAtWhichTheLevelIsFull() {
    PaddedLevel level = level(10, Duration.ofSeconds(1), 8);
    level.owe(Duration.ofMillis(250).toNanos(), time);
    assertThat(level.untilFullNanos(time)).isEqualTo(Duration.ofMillis(250).toNanos());
    assertThat(level.available(time)).isEqualTo(5);

    level.owe(Duration.ofDays(1).toNanos(), time);
    assertThat(level.available(time)).isZero();
    assertThat(wait(level, 0, 0, 1))
        .as("no more than all permits are missing")
        .isEqualTo(Duration.ofMillis(100).toNanos());
  }
}
