package io.aragora.resilience.core.timeout;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every deadline that a limit can have is the one that its slot fires at. */
class LimitSlotTest {
  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);
  private static final long BITS_OF_A_SLOT = 1L << 59;

  private final ManualTime time = ManualTime.create();

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        15,
        16,
        17,
        1_000_000,
        BITS_OF_A_SLOT - 1,
        BITS_OF_A_SLOT,
        BITS_OF_A_SLOT + 1,
        Nanos.MOST,
        Nanos.MOST + 1_000_000_000,
        Nanos.LATEST
      })
  void anyDeadline_isArmed_notBeforeItAndLessThanATickAfter(long deadline) {
    LimitTable table =
        new LimitTable(time, new Timer("test", time), new Dispatcher("test", time, null));
    LimitSlot slot = new LimitSlot(table, null);
    assertThat(slot.tryClaim(deadline)).isTrue();
    assertThat(slot.armedDeadline()).isBetween(deadline, deadline + 15);
    assertThat(slot.hasFired()).isFalse();
    assertThat(slot.endInTime(deadline)).isTrue();
    assertThat(slot.inTime()).isEqualTo(1);

    assertThat(slot.tryClaim(deadline)).isTrue();
    assertThat(slot.expire(deadline + 16)).as("that of another call").isFalse();
    assertThat(slot.expire(slot.armedDeadline())).isTrue();
    assertThat(slot.hasFired()).isTrue();
    assertThat(slot.endInTime(deadline)).isFalse();
  }

  @Test
  void longestLimit_afterACallWithANearDeadline_doesNotFire() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      Timeout timeout = resilience.timeout("t", LONGEST);
      try (Deadline near = resilience.deadline("d", Duration.ofMillis(300))) {
        timeout.run(() -> assertThat(near.remaining()).isPositive());
      }
      timeout.run(() -> {
        time.advance(Duration.ofDays(1));
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
      });
      assertThat(timeout.totals().inTime()).isEqualTo(2);
    }
  }

  @Test
  void limitMadeTheLongest_whileThePatrolIsArmed_doesNotFire() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      Timeout timeout = resilience.timeout("t", Duration.ofMillis(500));
      timeout.run(() -> {});
      resilience.reconfigure(Map.of("resilience.timeout.t.limit", "106751d"));
      assertThat(timeout.config().limit()).isGreaterThan(Duration.ofDays(100_000));
      timeout.run(() -> {
        time.advance(Duration.ofDays(1));
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
      });
      assertThat(timeout.totals().inTime()).isEqualTo(2);
      assertThat(TimeoutConfig.builder().limit(LONGEST).build().limit()).isEqualTo(LONGEST);
    }
  }
}
