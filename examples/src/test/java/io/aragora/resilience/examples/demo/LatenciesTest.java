package io.aragora.resilience.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatenciesTest {
  private final Latencies.Recorder recorder = new Latencies.Recorder();

  @Test
  void percentile_nothingCounted_isZero() {
    assertThat(recorder.read().count()).isZero();
    assertThat(recorder.read().median()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        7,
        8,
        9,
        15,
        16,
        17,
        1_000,
        123_456,
        200_000_000,
        3_600_000_000_000L,
        Long.MAX_VALUE
      })
  void percentile_oneValue_isOffByASixteenthAtMost(long nanos) {
    recorder.record(nanos);

    double median = recorder.read().median().toNanos();
    assertThat(median).isCloseTo(nanos, within(nanos / 16.0));
  }

  @Test
  void cells_followEachOtherWithoutGapOrStep() {
    long previousMiddle = -1;
    for (int cell = 0; cell < Latencies.Recorder.CELLS; cell++) {
      long middle = Latencies.Recorder.middleOf(cell);
      assertThat(middle).isGreaterThan(previousMiddle);
      assertThat(Latencies.Recorder.cellOf(middle)).isEqualTo(cell);
      previousMiddle = middle;
    }
    assertThat(Latencies.Recorder.cellOf(Long.MAX_VALUE)).isEqualTo(Latencies.Recorder.CELLS - 1);
  }

  @Test
  void percentile_manyValues_splitsThem() {
    for (int i = 1; i <= 100; i++) {
      recorder.record(i * 1_000_000L);
    }

    Latencies latencies = recorder.read();
    assertThat(latencies.count()).isEqualTo(100);
    assertThat(latencies.median().toMillis()).isBetween(47L, 53L);
    assertThat(latencies.percentile(99).toMillis()).isBetween(93L, 105L);
    assertThat(latencies.percentile(0)).isLessThan(Duration.ofMillis(2));
    assertThat(latencies.percentile(100).toMillis()).isBetween(94L, 106L);
  }

  @Test
  void since_earlierReading_leavesWhatCameAfter() {
    recorder.record(1_000_000_000);
    Latencies earlier = recorder.read();
    recorder.record(5);
    recorder.record(5);

    Latencies news = recorder.read().since(earlier);
    assertThat(news.count()).isEqualTo(2);
    assertThat(news.percentile(100)).isEqualTo(Duration.ofNanos(5));
    assertThat(news.plus(earlier).count()).isEqualTo(3);
  }

  @Test
  void record_clockThatWentBack_countsAsZero() {
    recorder.record(-5);

    assertThat(recorder.read().count()).isOne();
    assertThat(recorder.read().median()).isZero();
  }
}
