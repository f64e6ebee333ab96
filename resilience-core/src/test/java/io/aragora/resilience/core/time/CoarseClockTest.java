package io.aragora.resilience.core.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.core.FaultyWakes;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CoarseClockTest {
  private static final long TICK_NANOS = 10L << 20;

  private final ManualTime time = ManualTime.create();
  private final Timer timer = new Timer("test", time);
  private final CoarseClock clock = new CoarseClock(time, timer);

  @AfterEach
  void close() {
    timer.close();
  }

  private void wake() {
    clock.read();
    clock.read();
  }

  @Test
  void asleep_itIsPrecise_andACallNowAndThenDoesNotWakeIt() {
    for (int i = 0; i < 50; i++) {
      assertThat(clock.read()).isEqualTo(time.nanoTime());
      time.advance(Duration.ofMillis(3));
    }
    assertThat(timer.fired()).isZero();
  }

  @Test
  void awake_itIsAtMostTwoTicksBehind() {
    wake();
    for (int i = 0; i < 500; i++) {
      time.advance(Duration.ofMillis(1));
      assertThat(clock.read()).isBetween(time.nanoTime() - 2 * TICK_NANOS, time.nanoTime());
    }
    assertThat(timer.fired()).isBetween(40L, 50L);
  }

  @Test
  void unused_itFallsAsleepAfterASecond_andCostsNothing() {
    wake();
    time.advance(Duration.ofSeconds(2));
    long fired = timer.fired();
    assertThat(fired).isBetween(90L, 110L);
    time.advance(Duration.ofHours(1));
    assertThat(timer.fired()).isEqualTo(fired);
    assertThat(clock.read()).isEqualTo(time.nanoTime());
  }

  @Test
  void whoReadsPrecisely_raisesAClockThatHangs() {
    ManualTime source = ManualTime.create();
    // Its timer belongs to another source, which does not move: its thread gets no processor.
    CoarseClock hanging = new CoarseClock(source, timer);
    hanging.read();
    hanging.read();
    long stuck = hanging.read();
    source.advance(Duration.ofSeconds(5));
    assertThat(hanging.read()).isEqualTo(stuck);
    assertThat(hanging.readPrecisely()).isEqualTo(source.nanoTime());
    assertThat(hanging.read()).isEqualTo(source.nanoTime());
  }

  @Test
  void afterTheTimersEnd_itStaysPrecise() {
    wake();
    timer.close();
    time.advance(Duration.ofMinutes(1));
    for (int i = 0; i < 10; i++) {
      assertThat(clock.read()).isEqualTo(time.nanoTime());
      time.advance(Duration.ofNanos(100));
    }
  }

  @Test
  void usedEveryHalfSecond_itStaysAwake() {
    wake();
    for (int i = 0; i < 10; i++) {
      time.advance(Duration.ofMillis(500));
      clock.read();
    }
    long fired = timer.fired();
    assertThat(fired).isGreaterThan(400);
    time.advance(Duration.ofSeconds(2));
    assertThat(timer.fired()).isBetween(fired + 90, fired + 110);
    time.advance(Duration.ofHours(1));
    assertThat(timer.fired()).as("it fell asleep").isLessThanOrEqualTo(fired + 110);
  }

  @Test
  void woken_itTicksForTheFirstTimeAfterATick() {
    wake();
    time.advance(Duration.ofNanos(TICK_NANOS - 1));
    assertThat(timer.fired()).isZero();
    time.advance(Duration.ofNanos(TICK_NANOS));
    assertThat(timer.fired()).isEqualTo(1);
  }

  @Test
  void wake_timerCannotBeArmed_itSleepsOn_andTheNextCallTriesAgain() {
    boolean[] isFull = {true};
    TimeSource full = new FaultyWakes(time, () -> isFull[0]);
    try (Timer broken = new Timer("full", full)) {
      CoarseClock asleep = new CoarseClock(time, broken);
      asleep.read();
      assertThatThrownBy(asleep::read).isInstanceOf(OutOfMemoryError.class);
      isFull[0] = false;
      time.advance(Duration.ofMinutes(1));
      assertThat(asleep.read()).isEqualTo(time.nanoTime());
      asleep.read();
      time.advance(Duration.ofSeconds(1));
      assertThat(broken.fired()).isPositive();
    }
  }

  @Test
  void readPrecisely_awake_raisesItFromTwoTicksBehindOn() {
    ManualTime source = ManualTime.create();
    CoarseClock hanging = new CoarseClock(source, timer);
    hanging.read();
    hanging.read();
    long stuck = hanging.read();
    source.advance(Duration.ofNanos(CoarseClock.USUAL_LAG_NANOS - 1));
    assertThat(hanging.readPrecisely()).isEqualTo(source.nanoTime());
    assertThat(hanging.read()).isEqualTo(stuck);
    source.advance(Duration.ofNanos(1));
    hanging.readPrecisely();
    assertThat(hanging.read()).isEqualTo(source.nanoTime());
  }

  @Test
  void isWellBefore_leavesTheEdgeToThePreciseClock() {
    wake();
    long now = time.nanoTime();
    assertThat(clock.isWellBefore(now + 3 * TICK_NANOS)).isTrue();
    assertThat(clock.isWellBefore(now + 2 * TICK_NANOS)).isFalse();
    assertThat(clock.isWellBefore(now)).isFalse();
  }
}
