package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.AtOnce;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CallsInFlightTest {
  private static final long LIMIT = Duration.ofSeconds(2).toNanos();

  private final ManualTime time = ManualTime.create();
  private final Timer timer = new Timer("test", time);
  private final CoarseClock clock = new CoarseClock(time, timer);
  private final CallsInFlight calls = new CallsInFlight(LIMIT);

  @AfterEach
  void close() {
    timer.close();
  }

  private long begin() {
    return calls.begin(time.nanoTime(), clock);
  }

  private long slow() {
    return calls.slow(time.nanoTime());
  }

  static Stream<Duration> limits() {
    return Stream.of(
        Duration.ofMillis(1),
        Duration.ofNanos(12L << 20),
        Duration.ofNanos((12L << 20) + 1),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofMinutes(10));
  }

  @ParameterizedTest
  @MethodSource("limits")
  @DisplayName("a call is slow once it reaches the limit, and is seen at most a sixth of it late")
  void slow_isSeenAtTheLimit_orALittleLater(Duration limit) {
    CallsInFlight any = new CallsInFlight(limit.toNanos());
    assertThat(any.limitNanos()).isEqualTo(limit.toNanos());
    for (int i = 0; i < 40; i++) {
      time.advance(limit.dividedBy(9));
      long begun = any.begin(time.nanoTime(), clock);
      assertThat(any.slow(begun + limit.toNanos() - 1)).isZero();
      assertThat(any.slow(begun + limit.toNanos() * 7 / 6 + 1)).isEqualTo(1);
      any.end(begun);
      assertThat(any.slow(begun + limit.toNanos() * 2)).isZero();
      assertThat(any.isAny()).isFalse();
    }
  }

  @Test
  void isAny_whileOneIsUnderWay() {
    assertThat(calls.isAny()).isFalse();
    long first = begin();
    time.advance(Duration.ofSeconds(1));
    long second = begin();
    assertThat(calls.isAny()).isTrue();
    calls.end(first);
    assertThat(calls.isAny()).isTrue();
    calls.end(second);
    assertThat(calls.isAny()).isFalse();
  }

  @Test
  @DisplayName("calls older than the whole ring are slow, and end like others")
  void ancientCalls_areSlow_andEnd() {
    long[] hanging = {begin(), begin(), begin()};
    for (int i = 0; i < 100; i++) {
      time.advance(Duration.ofMillis(300));
      calls.end(begin());
    }
    assertThat(slow()).isEqualTo(3);
    calls.end(hanging[0]);
    assertThat(slow()).isEqualTo(2);
    assertThat(calls.isAny()).isTrue();
    calls.end(hanging[1]);
    calls.end(hanging[2]);
    assertThat(slow()).isZero();
    assertThat(calls.isAny()).isFalse();
  }

  @Test
  @DisplayName("a call whose bucket was dropped reads the clock again, and begins then")
  void stalledBeginning_beginsNow() {
    time.advance(Duration.ofMinutes(1));
    long stale = time.nanoTime();
    // Other calls fill every bucket after that.
    for (int i = 0; i < 32; i++) {
      time.advance(Duration.ofMillis(268));
      begin();
    }
    long begun = calls.begin(stale, clock);
    assertThat(begun).isEqualTo(time.nanoTime());
    long others = slow();
    time.advance(Duration.ofSeconds(3));
    assertThat(slow()).isEqualTo(33);
    calls.end(begun);
    assertThat(slow()).isEqualTo(32);
    assertThat(others).isLessThan(32);
  }

  @Test
  void manyCalls_areCountedAsAListWould() {
    Deque<Long> underWay = new ArrayDeque<>();
    Random random = new Random(7);
    for (int i = 0; i < 5_000; i++) {
      time.advance(Duration.ofMillis(random.nextInt(200)));
      if (underWay.isEmpty() || random.nextInt(100) < 51) {
        underWay.add(begin());
      } else {
        calls.end(random.nextBoolean() ? underWay.removeFirst() : underWay.removeLast());
      }
      long now = time.nanoTime();
      long certainly =
          underWay.stream().filter(b -> now - b >= LIMIT * 7 / 6 + 1).count();
      long atMost = underWay.stream().filter(b -> now - b >= LIMIT).count();
      assertThat(slow()).isBetween(certainly, atMost);
      assertThat(calls.isAny()).isEqualTo(!underWay.isEmpty());
    }
  }

  @Test
  void callsThatEndOnOtherThreads_areCountedOnce() throws InterruptedException {
    int threads = 8;
    int each = 2_000;
    long[][] begun = new long[threads][each];
    AtOnce.run(threads, thread -> {
      for (int i = 0; i < each; i++) {
        begun[thread][i] = calls.begin(1, clock);
      }
    });
    assertThat(calls.slow(LIMIT * 2)).isEqualTo((long) threads * each);
    AtOnce.run(threads, thread -> {
      for (int i = 0; i < each - 1; i++) {
        calls.end(begun[(thread + 1) % threads][i]);
      }
    });
    assertThat(calls.slow(LIMIT * 2)).isEqualTo(threads);
    for (long[] of : begun) {
      calls.end(of[each - 1]);
    }
    assertThat(calls.isAny()).isFalse();
  }
}
