package io.aragora.resilience.core.hedge;

import io.aragora.resilience.core.timer.SharedOperation;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.LatencyCounts;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.Arrays;

/** The delay of a hedge, as a percentile of the latencies in the last minute. Thread-safe; calls only count. */
final class HedgeDelay extends SharedOperation {
  /*
   * Counting: a call adds its latency to a histogram that only grows. The timer looks once a second while calls come: what was
   * added since a minute ago is the difference of two sums, so nothing is ever cleared. Every five seconds it keeps the sum. If
   * nothing was added in such a time, it stops, and the next call arms it again.
   *
   * Memory order: a call looks whether this is armed after it has counted. A call that does so just before the timer stops is seen
   * at the next call, so plain races only delay a look.
   */
  private static final int LEAST_CALLS = 100;
  private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long KEEP_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long WINDOW_NANOS = Duration.ofSeconds(60).toNanos();
  private static final int KEPT = (int) (WINDOW_NANOS / KEEP_NANOS) + 2;

  private final double percent;
  private final long leastNanos;
  private final long mostNanos;
  private final TimeSource time;
  private final Timer timer;
  private final LatencyCounts latencies = new LatencyCounts();
  private volatile long nanos;

  // The fields below belong to the thread that fires.
  private final long[][] sums = new long[KEPT][];
  private final long[] keptAt = new long[KEPT];
  private int newest = -1;

  HedgeDelay(double percent, Duration least, Duration most, TimeSource time, Timer timer) {
    this.percent = percent;
    this.leastNanos = Nanos.of(least);
    this.mostNanos = Nanos.of(most);
    this.time = time;
    this.timer = timer;
    this.nanos = mostNanos;
  }

  /** Returns the present delay, in nanoseconds. */
  long nanos() {
    return nanos;
  }

  /** Counts the latency of a first attempt; the age of one that was cancelled. */
  void count(long latencyNanos) {
    latencies.accept(latencyNanos);
    armUnlessArmed(timer);
  }

  @Override
  protected long nextDeadline() {
    return Nanos.after(time.nanoTime(), LOOK_NANOS);
  }

  @Override
  protected void onFire(long arming) {
    long now = time.nanoTime();
    long[] sum = latencies.sum();
    look(now, sum);
    if (newest < 0 || now - keptAt[newest] >= KEEP_NANOS) {
      if (newest >= 0 && Arrays.equals(sum, sums[newest])) {
        rest();
        return;
      }
      newest = (newest + 1) % KEPT;
      sums[newest] = sum;
      keptAt[newest] = now;
    }
    timer.arm(this, now + LOOK_NANOS);
  }

  private void look(long now, long[] sum) {
    if (LatencyCounts.total(sum) < LEAST_CALLS) {
      return;
    }
    long[] window = LatencyCounts.between(sumBefore(now - WINDOW_NANOS), sum);
    long count = LatencyCounts.total(window);
    if (count > 0) {
      long found = Math.round(LatencyCounts.percentile(window, count, percent));
      nanos = Math.max(leastNanos, Math.min(mostNanos, found));
    }
  }

  /** Returns the newest sum that is at least as old as an instant; an empty one if there is none. */
  private long[] sumBefore(long instant) {
    for (int i = 0; i < KEPT && newest >= 0; i++) {
      int index = Math.floorMod(newest - i, KEPT);
      if (sums[index] == null) {
        break;
      }
      if (keptAt[index] - instant <= 0) {
        return sums[index];
      }
    }
    return new long[LatencyCounts.BUCKETS];
  }

  @Override
  protected void onTimerClosed(long arming) {}

  @Override
  protected boolean isUsedOnce() {
    return false;
  }
}
