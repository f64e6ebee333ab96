package io.aragora.resilience.health.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import org.junit.jupiter.api.Test;

class RateMeterTest {
  private static final long SECOND = 1_000_000_000L;

  private final RateMeter meter = new RateMeter(totals(100, 10, 5), 7);

  @Test
  void read_once_nothingIsKnown() {
    meter.read(totals(100, 10, 5), 7);

    assertThat(meter.calls()).isNaN();
    assertThat(meter.failures()).isNaN();
    assertThat(meter.rejections()).isNaN();
  }

  @Test
  void read_later_ratesASecond() {
    meter.read(totals(140, 20, 6), 7 + 2 * SECOND);

    assertThat(meter.calls()).isEqualTo(25);
    assertThat(meter.failures()).isEqualTo(5);
    assertThat(meter.rejections()).isEqualTo(0.5);
  }

  @Test
  void read_soonAgain_theOldRateUntilThereIsTimeEnough() {
    meter.read(totals(110, 10, 5), 7 + SECOND);
    meter.read(totals(999, 10, 5), 7 + SECOND + RateMeter.LEAST_NANOS - 1);
    assertThat(meter.calls()).isEqualTo(10);

    meter.read(totals(120, 10, 5), 7 + 2 * SECOND);

    assertThat(meter.calls()).isEqualTo(10);
  }

  @Test
  void read_afterTheLeastInterval_theNewRate() {
    meter.read(totals(110, 10, 5), 7 + RateMeter.LEAST_NANOS);

    assertThat(meter.calls()).isEqualTo(20);
  }

  @Test
  void read_ignoredCalls_areCalls() {
    meter.read(
        CircuitBreakerTotals.builder().successes(100).failures(10).ignored(6).build(), 7 + SECOND);

    assertThat(meter.calls()).isEqualTo(6);
  }

  @Test
  void read_totalsWentBack_zero() {
    meter.read(totals(0, 0, 0), 7 + SECOND);

    assertThat(meter.calls()).isZero();
    assertThat(meter.rejections()).isZero();
  }

  private static CircuitBreakerTotals totals(long successes, long failures, long rejected) {
    return CircuitBreakerTotals.builder()
        .successes(successes)
        .failures(failures)
        .rejected(rejected)
        .build();
  }
}
