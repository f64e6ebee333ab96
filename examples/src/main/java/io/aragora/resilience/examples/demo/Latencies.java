package io.aragora.resilience.examples.demo;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A histogram of latencies with eight cells for each power of two, so that a percentile is off by at most one sixteenth. Immutable.
 */
final class Latencies {
  static final Latencies NONE = new Latencies(new long[Recorder.CELLS]);

  private final long[] counts;

  private Latencies(long[] counts) {
    this.counts = counts;
  }

  long count() {
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    return sum;
  }

  /**
   * Returns the latency that a share of the calls did not exceed.
   *
   * @param percent 0 to 100
   * @return the middle of the cell that holds it; zero if no call was counted
   */
  Duration percentile(double percent) {
    long rank = Math.max(1, (long) Math.ceil(count() * percent / 100));
    long seen = 0;
    for (int cell = 0; cell < counts.length; cell++) {
      seen += counts[cell];
      if (seen >= rank) {
        return Duration.ofNanos(Recorder.middleOf(cell));
      }
    }
    return Duration.ZERO;
  }

  Duration median() {
    return percentile(50);
  }

  Latencies plus(Latencies other) {
    long[] sum = counts.clone();
    for (int cell = 0; cell < sum.length; cell++) {
      sum[cell] += other.counts[cell];
    }
    return new Latencies(sum);
  }

  /** Returns the difference to an earlier reading of the same recorder. */
  Latencies since(Latencies earlier) {
    long[] difference = counts.clone();
    for (int cell = 0; cell < difference.length; cell++) {
      difference[cell] -= earlier.counts[cell];
    }
    return new Latencies(difference);
  }

  /** Counts latencies. Thread-safe; never blocks. */
  static final class Recorder {
    private static final int SUB_BITS = 3;
    private static final int SUB_CELLS = 1 << SUB_BITS;
    static final int CELLS = (Long.SIZE - SUB_BITS) * SUB_CELLS;

    private final AtomicLongArray counts = new AtomicLongArray(CELLS);

    void record(long nanos) {
      counts.incrementAndGet(cellOf(Math.max(0, nanos)));
    }

    Latencies read() {
      long[] copy = new long[CELLS];
      for (int cell = 0; cell < CELLS; cell++) {
        copy[cell] = counts.get(cell);
      }
      return new Latencies(copy);
    }

    /** Values below eight have a cell each; above, the cell is the exponent and the three bits that follow. */
    static int cellOf(long nanos) {
      if (nanos < SUB_CELLS) {
        return (int) nanos;
      }
      int shift = Long.SIZE - 1 - SUB_BITS - Long.numberOfLeadingZeros(nanos);
      return ((shift + 1) << SUB_BITS) + (int) (nanos >>> shift) - SUB_CELLS;
    }

    static long middleOf(int cell) {
      if (cell < SUB_CELLS) {
        return cell;
      }
      int shift = (cell >>> SUB_BITS) - 1;
      long lowest = (long) (SUB_CELLS + (cell & (SUB_CELLS - 1))) << shift;
      return lowest + ((1L << shift) >>> 1);
    }
  }
}
