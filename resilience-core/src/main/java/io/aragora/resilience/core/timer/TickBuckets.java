package io.aragora.resilience.core.timer;

import io.aragora.resilience.core.agrona.collections.Long2ObjectHashMap;
import io.aragora.resilience.time.TimeSource;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Operations by the tick in which they are due. One thread at a time may use it. */
final class TickBuckets {
  /*
   * Layout: operations that are due in the same tick hang in one bucket, an intrusive list. A map
   * has one entry for each tick that has work. So a hundred thousand equal delays cost a hundred
   * thousand links and one entry, and an operation is added and removed in constant time. A wheel
   * of a fixed size would have to scan the other operations of a spoke.
   *
   * First tick: the first tick that has work is cached, and searched for only after its bucket was
   * removed. Near ticks are looked up one by one; for far ones all entries are scanned, at most
   * once per round of the driving thread.
   *
   * Source: G. Varghese, A. Lauck, Hashed and Hierarchical Timing Wheels, SOSP 1987 (scheme 5, with
   * a table that grows); the map is Agrona's.
   */
  private static final int NEAR_TICKS = 512;
  private static final int SPARE_BUCKETS = 1024;
  private static final long UNKNOWN = Long.MIN_VALUE;

  private static final class Bucket {
    long tick;

    @Nullable
    TimerOperation head;

    @Nullable
    Bucket spare;
  }

  private final Long2ObjectHashMap<Bucket> buckets = new Long2ObjectHashMap<>();
  private @Nullable Bucket spare;
  private int spares;

  /** UNKNOWN if its bucket was removed and the first tick was not searched for since. */
  private long firstTick = TimeSource.NEVER;

  void add(TimerOperation operation, long tick) {
    Bucket bucket = buckets.get(tick);
    if (bucket == null) {
      bucket = newBucket(tick);
    }
    operation.linkedTick = tick;
    operation.previousInBucket = null;
    operation.nextInBucket = bucket.head;
    if (bucket.head != null) {
      bucket.head.previousInBucket = operation;
    }
    bucket.head = operation;
  }

  /** Removes an operation that was added. */
  void remove(TimerOperation operation) {
    Bucket bucket = buckets.get(operation.linkedTick);
    TimerOperation before = operation.previousInBucket;
    TimerOperation after = operation.nextInBucket;
    if (before != null) {
      before.nextInBucket = after;
    } else if (bucket != null) {
      bucket.head = after;
    }
    if (after != null) {
      after.previousInBucket = before;
    }
    operation.previousInBucket = null;
    operation.nextInBucket = null;
    if (bucket != null && bucket.head == null) {
      release(bucket);
    }
  }

  /**
   * Removes and returns the first operation of a tick, with its followers linked to it; null if
   * there is none.
   */
  @Nullable
  TimerOperation take(long tick) {
    Bucket bucket = buckets.get(tick);
    if (bucket == null) {
      // An addition to this tick failed, because the heap was full for instance.
      firstTick = firstTick == tick ? UNKNOWN : firstTick;
      return null;
    }
    TimerOperation first = bucket.head;
    bucket.head = null;
    release(bucket);
    return first;
  }

  /** Removes all operations, and passes each to the consumer. */
  void clear(Consumer<TimerOperation> taker) {
    for (Bucket bucket : buckets.values()) {
      for (TimerOperation one = bucket.head; one != null; one = one.nextInBucket) {
        taker.accept(one);
      }
    }
    buckets.clear();
    firstTick = TimeSource.NEVER;
  }

  /**
   * Returns the first tick that has work.
   *
   * @param present the present tick, before which no tick has work
   * @return the tick; {@link TimeSource#NEVER} if no tick has work
   */
  long firstTick(long present) {
    if (firstTick == UNKNOWN) {
      firstTick = findFirstTick(present);
    }
    return firstTick;
  }

  private long findFirstTick(long present) {
    for (long tick = present; tick < present + NEAR_TICKS; tick++) {
      if (buckets.containsKey(tick)) {
        return tick;
      }
    }
    long first = TimeSource.NEVER;
    Long2ObjectHashMap<Bucket>.KeyIterator ticks = buckets.keySet().iterator();
    while (ticks.hasNext()) {
      first = Math.min(first, ticks.nextLong());
    }
    return first;
  }

  private Bucket newBucket(long tick) {
    Bucket bucket = spare;
    if (bucket == null) {
      bucket = new Bucket();
    } else {
      spare = bucket.spare;
      bucket.spare = null;
      spares--;
    }
    if (firstTick != UNKNOWN) {
      firstTick = Math.min(firstTick, tick);
    }
    bucket.tick = tick;
    buckets.put(tick, bucket);
    return bucket;
  }

  private void release(Bucket bucket) {
    buckets.remove(bucket.tick);
    if (bucket.tick == firstTick) {
      firstTick = buckets.isEmpty() ? TimeSource.NEVER : UNKNOWN;
    }
    if (spares < SPARE_BUCKETS) {
      bucket.spare = spare;
      spare = bucket;
      spares++;
    }
  }
}
