package io.aragora.resilience.health.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.aragora.resilience.internal.LatencyCounts;
import org.junit.jupiter.api.Test;

class LatencyMeterTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long MILLI = 1_000_000L;

  private final LatencyCounts counts = new LatencyCounts();
  private final LatencyMeter meter = new LatencyMeter(counts, 7);

  @Test
  void read_withoutCalls_nothingIsKnown() {
    meter.read(7 + SECOND);

    assertThat(meter.median()).isNaN();
    assertThat(meter.most()).isNaN();
  }

  @Test
  void read_calls_theirMiddleAndTheSlowest() {
    for (int i = 1; i <= 100; i++) {
      counts.accept(i * MILLI);
    }
    meter.read(7 + SECOND);

    assertThat(meter.median()).isCloseTo(50, within(50 / 8.0));
    assertThat(meter.most()).isCloseTo(95, within(95 / 8.0));
  }

  @Test
  void read_again_onlyCallsSince() {
    counts.accept(SECOND);
    meter.read(7 + SECOND);
    counts.accept(MILLI);
    meter.read(7 + 2 * SECOND);

    assertThat(meter.most()).isCloseTo(1, within(1 / 8.0));
  }

  @Test
  void read_soonAgain_theOldFigureUntilThereIsTimeEnough() {
    counts.accept(SECOND);
    meter.read(7 + SECOND);
    meter.read(7 + SECOND + RateMeter.LEAST_NANOS - 1);

    assertThat(meter.median()).isCloseTo(1000, within(125.0));
  }

  @Test
  void read_afterTheLeastInterval_theNewFigure() {
    counts.accept(SECOND);
    meter.read(7 + RateMeter.LEAST_NANOS);

    assertThat(meter.median()).isCloseTo(1000, within(125.0));
  }

  @Test
  void read_callsOfTheShortestDuration_areTheMedian() {
    counts.accept(0);
    counts.accept(0);
    counts.accept(SECOND);
    meter.read(7 + SECOND);

    assertThat(meter.median()).isCloseTo(0, within(0.001));
    assertThat(meter.most()).isCloseTo(1000, within(125.0));
  }
}
