package io.aragora.resilience.core.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExactRingTest {
  private static final long SECOND = 1_000_000_000;

  private final ManualTime time = ManualTime.create();

  private ExactRing ring(int limit, long period) {
    return new ExactRing(limit, period, true, time.nanoTime());
  }

  private long wait(ExactRing ring, long from, long before, int permits) {
    return ring.readyAt(time, from, before, permits) - time.nanoTime();
  }

  private boolean take(ExactRing ring) {
    return ring.tryTake(1, time);
  }

  @Test
  @Tag("RL-07")
  @DisplayName("no period has more than the limit, wherever it begins")
  void slots_areFreeAPeriodAfterTheirAdmission() {
    ExactRing ring = ring(3, 10 * SECOND);
    assertThat(take(ring)).isTrue();
    time.advance(Duration.ofSeconds(4));
    assertThat(take(ring)).isTrue();
    time.advance(Duration.ofSeconds(1));
    assertThat(take(ring)).isTrue();
    time.advance(Duration.ofMillis(4900));
    assertThat(take(ring)).isFalse();
    assertThat(wait(ring, 0, 0, 1)).isEqualTo(SECOND / 10);
    assertThat(wait(ring, 0, 1, 1)).isEqualTo(41 * SECOND / 10);
    assertThat(wait(ring, 0, 3, 1)).isEqualTo(101 * SECOND / 10);
    time.advance(Duration.ofMillis(100).minusNanos(1));
    assertThat(take(ring)).isFalse();
    time.advance(Duration.ofNanos(1));
    assertThat(take(ring)).isTrue();
    time.advance(Duration.ofMillis(3900));
    assertThat(take(ring)).isFalse();
    assertThat(ring.available(time)).isZero();
    time.advance(Duration.ofMillis(1100));
    assertThat(ring.available(time)).isEqualTo(2);
  }

  @ParameterizedTest
  @Tag("RL-03")
  @DisplayName(
      "no period of any sequence has more than the limit, and a call that comes when it was told to is admitted")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void anySequence_isBounded(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 30; round++) {
      int limit = 1 + random.nextInt(1 << random.nextInt(7));
      long period = 1000 + (long) (random.nextDouble() * (1L << (10 + random.nextInt(36))));
      ExactRing ring = ring(limit, period);
      List<Long> all = new ArrayList<>();
      for (int step = 0; step < 400; step++) {
        long wait = wait(ring, 0, 0, 1);
        long pause =
            random.nextInt(3) == 0 ? wait : (long) (random.nextDouble() * 3 * period / limit);
        if (pause > 0) {
          time.advance(Duration.ofNanos(pause));
        }
        boolean taken = take(ring);
        assertThat(taken).isEqualTo(pause >= wait);
        if (taken) {
          all.add(time.nanoTime());
        }
      }
      for (int i = limit; i < all.size(); i++) {
        assertThat(all.get(i) - all.get(i - limit)).isGreaterThanOrEqualTo(period);
      }
    }
  }

  @Test
  void idleForYears_isFull() {
    ExactRing ring = ring(3, SECOND);
    assertThat(ring.isFull(time)).isTrue();
    for (int i = 0; i < 3; i++) {
      assertThat(take(ring)).isTrue();
    }
    assertThat(ring.isFull(time)).isFalse();
    time.advance(Duration.ofDays(365 * 5));
    assertThat(ring.isFull(time)).isTrue();
    assertThat(ring.available(time)).isEqualTo(3);
    ring.lower(1, time);
    assertThat(ring.available(time)).isEqualTo(1);
    ring.lower(2, time);
    assertThat(ring.available(time)).isEqualTo(1);
  }

  @Test
  void emptyStart_isFullAfterAPeriod() {
    ExactRing ring = new ExactRing(2, SECOND, false, time.nanoTime());
    assertThat(take(ring)).isFalse();
    assertThat(wait(ring, 0, 0, 1)).isEqualTo(SECOND);
    time.advance(Duration.ofSeconds(1));
    assertThat(ring.available(time)).isEqualTo(2);
  }

  @Test
  @Tag("RL-22")
  @DisplayName("an exact limiter keeps its newest admissions when its limit changes")
  void change_keepsTheNewestAdmissions() {
    ExactRing ring = ring(3, 10 * SECOND);
    for (int i = 0; i < 3; i++) {
      time.advance(Duration.ofSeconds(1));
      assertThat(take(ring)).isTrue();
    }
    ring.change(4, 10 * SECOND, time);
    assertThat(ring.available(time)).isEqualTo(1);
    assertThat(take(ring)).isTrue();
    assertThat(wait(ring, 0, 0, 1)).as("the oldest").isEqualTo(8 * SECOND);
    ring.change(2, 10 * SECOND, time);
    assertThat(wait(ring, 0, 0, 1)).as("the third").isEqualTo(10 * SECOND);
    ring.change(2, SECOND, time);
    time.advance(Duration.ofSeconds(1));
    assertThat(ring.available(time)).isEqualTo(2);
  }
}
