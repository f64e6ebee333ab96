package io.aragora.resilience.core.hedge;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.retry.RetryBudget;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The delay that follows the latencies. */
class HedgeDelayTest extends HedgeFixture {
  private Hedge fromLatency() {
    return hedge(c -> c.delayFromLatency(95, millis(5), Duration.ofSeconds(1)));
  }

  /** Calls one after the other; each call takes a time. */
  private void calls(Hedge hedge, int count, long millis) {
    for (int i = 0; i < count; i++) {
      hedge.callAsync(this::attempt);
      time.advance(millis(millis));
      attempts.get(attempts.size() - 1).complete("a");
    }
  }

  @Test
  @Tag("HG-10")
  void until100CallsHaveEnded_theDelayIsTheLongest() {
    Hedge hedge = fromLatency();
    calls(hedge, 99, 10);
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.delay()).isEqualTo(Duration.ofSeconds(1));
    calls(hedge, 1, 10);
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.delay()).isBetween(millis(8), millis(12));
  }

  @Test
  @Tag("HG-10")
  void delay_isThePercentileOfTheLastMinuteWithinItsBounds() {
    Hedge hedge = fromLatency();
    calls(hedge, 180, 1);
    calls(hedge, 20, 400);
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.delay()).isBetween(millis(350), millis(450));
    // A minute later only the fast ones count.
    time.advance(Duration.ofSeconds(65));
    calls(hedge, 200, 1);
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.delay()).isEqualTo(millis(5));
  }

  /** Calls once in each second; each call is fast. */
  private void fastCallEachSecond(Hedge hedge, int seconds) {
    for (int i = 0; i < seconds; i++) {
      calls(hedge, 1, 1);
      time.advance(millis(999));
    }
  }

  @Test
  @Tag("HG-10")
  void delay_oneSlowMinuteAmongManyFastOnes_countsForThatMinuteOnly() {
    Hedge hedge = fromLatency();
    // More minutes than sums are kept for, so that old sums are replaced.
    fastCallEachSecond(hedge, 150);
    assertThat(hedge.delay()).isEqualTo(millis(5));
    calls(hedge, 100, 400);
    for (int second = 5; second <= 15; second += 5) {
      fastCallEachSecond(hedge, 5);
      assertThat(hedge.delay())
          .as("%d s after slow calls", second)
          .isBetween(millis(350), millis(450));
    }
    // More than half of all calls that ever ran took 400 ms, but none of the last minute.
    fastCallEachSecond(hedge, 56);
    assertThat(hedge.delay()).isEqualTo(millis(5));
  }

  @Test
  @Tag("HG-10")
  void noCalls_noTimer() {
    Hedge hedge = fromLatency();
    time.advance(Duration.ofSeconds(20));
    assertThat(resilience.status().timer().fired()).isZero();
    calls(hedge, 1, 10);
    time.advance(Duration.ofSeconds(20));
    long fired = resilience.status().timer().fired();
    assertThat(fired).isBetween(5L, 12L);
    time.advance(Duration.ofSeconds(20));
    assertThat(resilience.status().timer().fired()).isEqualTo(fired);
  }

  @Test
  @Tag("HG-11")
  void hedges_doNotCount() {
    RetryBudget budget = resilience.retryBudget("b", c -> c.capacity(1000));
    Hedge hedge =
        hedge(c -> c.delayFromLatency(95, millis(5), Duration.ofSeconds(1)).budget(budget));
    // Every first attempt fails at once; its hedge takes 500 ms, and wins.
    for (int i = 0; i < 100; i++) {
      hedge.callAsync(this::attempt);
      attempts.get(2 * i).completeExceptionally(new IOException("down"));
      time.advance(millis(500));
      attempts.get(2 * i + 1).complete("hedge");
      time.runPending();
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.totals().won()).isEqualTo(100);
    assertThat(hedge.delay()).isEqualTo(millis(5));
  }

  @Test
  @Tag("HG-11")
  void firstAttemptThatLost_countsWithItsAge() {
    Hedge hedge = fromLatency();
    calls(hedge, 100, 40);
    time.advance(Duration.ofSeconds(2));
    long before = hedge.delay().toMillis();
    assertThat(before).isBetween(35L, 45L);
    // Every first attempt hangs, and each hedge answers 30 ms after it began.
    for (int i = 0; i < 10; i++) {
      hedge.callAsync(this::attempt);
      time.advance(millis(before + 2));
      time.advance(millis(30));
      attempts.get(attempts.size() - 1).complete("b");
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.totals().won()).isEqualTo(10);
    assertThat(hedge.delay().toMillis()).isGreaterThanOrEqualTo(60L);
  }
}
