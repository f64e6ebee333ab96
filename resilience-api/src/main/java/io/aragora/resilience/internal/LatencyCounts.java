package io.aragora.resilience.internal;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongConsumer;

/** A histogram of durations. Thread-safe: counting is wait-free and allocates nothing. */
public final class LatencyCounts implements LongConsumer {
  /*
   * Four buckets for each power of two, from 1 µs to about an hour; the middle of a bucket is off by at most an eighth. Each
   * stripe has all buckets, so that concurrent threads seldom write the same cache line. A sum includes a concurrent count, or
   * the next sum does.
   */
  /** The number of buckets. */
  public static final int BUCKETS = 128;

  private static final int PART_BITS = 2;
  private static final int PARTS = 1 << PART_BITS;
  private static final int LEAST_BITS = 10; // durations below 2^10 ns are in bucket 0
  private static final int STRIPES =
      Math.min(8, Integer.highestOneBit(Runtime.getRuntime().availableProcessors()));

  private final AtomicLongArray counts = new AtomicLongArray(STRIPES * BUCKETS);

  /** Creates a histogram without durations. */
  public LatencyCounts() {}

  /**
   * Counts a duration.
   *
   * @param nanos the duration, in nanoseconds
   */
  @Override
  @SuppressWarnings("deprecation") // Thread.threadId() needs a newer JDK than 17
  public void accept(long nanos) {
    int stripe = (int) Thread.currentThread().getId() & (STRIPES - 1);
    counts.getAndIncrement(stripe * BUCKETS + bucket(nanos));
  }

  /** {@return the number of durations in each bucket} */
  public long[] sum() {
    long[] sum = new long[BUCKETS];
    for (int i = 0; i < counts.length(); i++) {
      sum[i % BUCKETS] += counts.get(i);
    }
    return sum;
  }

  /**
   * Returns the bucket of a duration.
   *
   * @param nanos the duration, in nanoseconds
   * @return an index into {@link #sum()}
   */
  public static int bucket(long nanos) {
    if (nanos < 1 << LEAST_BITS) {
      return 0;
    }
    int bits = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos);
    int part = (int) (nanos >>> (bits - PART_BITS)) & (PARTS - 1);
    return Math.min(BUCKETS - 1, 1 + (bits - LEAST_BITS) * PARTS + part);
  }

  /**
   * Returns the middle of a bucket.
   *
   * @param bucket its index
   * @return the duration, in nanoseconds
   */
  public static long middle(int bucket) {
    return (least(bucket) + least(bucket + 1)) / 2;
  }

  /**
   * Returns what was counted between two sums.
   *
   * @param before the earlier one
   * @param now the later one
   * @return the number of durations in each bucket
   */
  public static long[] between(long[] before, long[] now) {
    long[] between = new long[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) {
      between[i] = now[i] - before[i];
    }
    return between;
  }

  /**
   * Returns the number of durations.
   *
   * @param counts the number of durations in each bucket
   * @return their sum
   */
  public static long total(long[] counts) {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    return total;
  }

  /**
   * Returns a percentile, as if the durations of a bucket were spread evenly over it.
   *
   * @param counts the number of durations in each bucket
   * @param all their sum, at least 1
   * @param percent in (0, 100]
   * @return a duration, in nanoseconds
   */
  public static double percentile(long[] counts, long all, double percent) {
    double rank = all * percent / 100;
    double before = 0;
    int bucket = 0;
    while (bucket < BUCKETS - 1 && before + counts[bucket] < rank) {
      before += counts[bucket];
      bucket++;
    }
    double part = counts[bucket] == 0 ? 0 : (rank - before) / counts[bucket];
    return least(bucket) + part * (least(bucket + 1) - least(bucket));
  }

  private static long least(int bucket) {
    if (bucket == 0) {
      return 0;
    }
    int bits = LEAST_BITS + (bucket - 1) / PARTS;
    return (long) (PARTS + (bucket - 1) % PARTS) << (bits - PART_BITS);
  }
}
