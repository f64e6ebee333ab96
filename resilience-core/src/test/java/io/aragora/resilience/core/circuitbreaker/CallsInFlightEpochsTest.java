package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallsInFlightEpochsTest {
  private static final Duration AT_MOST = Duration.ofSeconds(20);

  private final ManualTime time = ManualTime.create();
  private final Timer timer = new Timer("timer", time);
  private final CoarseClock clock = new CoarseClock(time, timer);

  @AfterEach
  void close() {
    timer.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0.000000001S", "PT0.00001S", "PT0.001S", "PT1S", "PT24H", "P365D"})
  void aCall_isSlowFromItsLimitOn_untilItEnds(String limit) {
    CallsInFlight calls = new CallsInFlight(Duration.parse(limit).toNanos());
    long nanos = calls.limitNanos();
    long now = time.nanoTime();
    long begun = calls.begin(now, clock);
    assertThat(begun).isEqualTo(now);
    assertThat(calls.slow(now + nanos - 1)).isZero();
    assertThat(calls.slow(now + nanos + nanos / 6 + 2_000)).isEqualTo(1);
    assertThat(calls.isAny()).isTrue();
    calls.end(begun);
    assertThat(calls.slow(now + 2 * nanos)).isZero();
    assertThat(calls.isAny()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT5H", "PT8H", "PT9H46M", "P1D", "P365D"})
  void aCallAfterALongRest_beginsAsAnyOther(String rest) {
    CallsInFlight calls = new CallsInFlight(Duration.ofMillis(1).toNanos());
    // Every bucket of the ring has been used.
    for (int i = 0; i < 32; i++) {
      calls.end(calls.begin(time.nanoTime(), clock));
      time.advance(Duration.ofNanos(100_000));
    }
    time.advance(Duration.parse(rest));
    long now = time.nanoTime();
    long begun = assertTimeoutPreemptively(AT_MOST, () -> calls.begin(now, clock));
    assertThat(begun).isEqualTo(now);
    assertThat(calls.slow(now)).isZero();
    assertThat(calls.slow(now + 2_000_000)).isEqualTo(1);
    calls.end(begun);
    assertThat(calls.slow(now + 2_000_000)).isZero();
  }
}
