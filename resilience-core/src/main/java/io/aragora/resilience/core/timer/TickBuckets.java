package io.aragora.resilience.core.timer;

import io.aragora.resilience.core.agrona.collections.Long2ObjectHashMap;
import io.aragora.resilience.time.TimeSource;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Operations by the tick in which they are due. For one thread at a time. */
final class TickBuckets {
  /*
   * Operations that are due in the same tick hang in one bucket, an intrusive list, and a map has one entry for each tick that
   * has work: so a hundred thousand equal delays cost a hundred thousand links and one entry, and an operation comes and goes
   * in constant time. A wheel of a fixed size would have to look through what else hangs in a spoke.
   *
   * The first tick that has work is remembered, and looked for only after its bucket has gone: near ones by asking for each,
   * far ones by looking through all, which happens at most once in each of the driving thread's rounds.
   *
   * Source: G. Varghese, A. Lauck, Hashed and Hierarchical Timing Wheels, SOSP 1987 (scheme 5, with a table that grows); the
   * map is Agrona's.
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

  /** UNKNOWN when its bucket has gone and nobody has asked since. */
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

  /** Takes out an operation that was added. */
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

  /** Gives the first operation of a tick, whose followers hang from it; null where there is none. The tick is empty then. */
  @Nullable
  TimerOperation take(long tick) {
    Bucket bucket = buckets.get(tick);
    if (bucket == null) {
      // An addition to it failed, of a full heap for instance.
      firstTick = firstTick == tick ? UNKNOWN : firstTick;
      return null;
    }
    TimerOperation first = bucket.head;
    bucket.head = null;
    release(bucket);
    return first;
  }

  /** Takes all out, and gives each. */
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
   * Gives the first tick that has work.
   *
   * @param present the present tick, before which there is none
   * @return the tick; {@link TimeSource#NEVER} where none has
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
