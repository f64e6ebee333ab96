package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.core.stripe.Stripes;
import io.aragora.resilience.core.time.CoarseClock;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/** Counts calls under way by their age, so that a breaker sees calls that are slow while they hang. Lock-free. */
final class CallsInFlight {
  /*
   * A ring of words by the time at which a call began: epoch | count. A beginning adds one and an end takes one away, each in
   * the stripe of its own thread, so that a count alone may be negative and only the sum over the stripes means something. A
   * count of none is stored as `none`, half of what fits, so that the word of a bucket in use is added to as it is.
   *
   * The epoch is the time of the source less its lowest bits, all of it, so that none comes round, however long a breaker
   * rests. What those bits leave is the count's. They suffice: a bucket of 2^n nanoseconds has a count from -2^n to 2^n - 1,
   * and no line of memory takes a write each nanosecond. Epochs begin with 1, so a word of 0 was never written to.
   *
   * The limit is six to twelve buckets long (or shorter than twelve of the shortest), and the ring has sixteen, so whatever
   * leaves the ring is older than the limit: the CAS that begins a bucket anew moves what was left there to `ancient`, and
   * the end of such a call, which finds a younger epoch in its place, takes it away there. A caller that read the clock,
   * stalled, and finds a younger epoch reads the clock again and begins then.
   *
   * A stripe is the upper half of an array, behind padding, except the first one, which most breakers never outgrow. Stripes
   * are added when a CAS fails; growing copies references.
   *
   * Modes: a word is read with acquire and changed by a volatile CAS on what was read, which alone decides; were it a plain
   * add after the look, an end could take away from a bucket that was begun anew (stress:
   * CallsInFlightStress.EndAgainstRecycling). The array of stripes is read volatile and replaced by a CAS, so that a thread that finds
   * a stripe in it finds it padded and empty (stress: CallsInFlightStress.BeginsAndEndsCancelOut).
   */
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle STRIPES = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "stripes", VarHandle.class, CallsInFlight.class, long[][].class);

  private static final int RING = 16;
  private static final int PAD = 16;
  private static final int MOST_BUCKETS = 12;

  /** About a microsecond. */
  private static final int SHORTEST_BUCKET_BITS = 10;

  private final long limitNanos;
  private final int shift;
  private final int countBits;
  private final long none;
  private final AtomicLong ancient = new AtomicLong();
  private volatile long[][] stripes = {new long[RING]};

  CallsInFlight(long limitNanos) {
    this.limitNanos = limitNanos;
    int bits = SHORTEST_BUCKET_BITS;
    while (limitNanos >> bits > MOST_BUCKETS) {
      bits++;
    }
    this.shift = bits;
    this.countBits = bits + 1;
    this.none = 1L << bits;
  }

  long limitNanos() {
    return limitNanos;
  }

  /**
   * Counts a call that begins.
   *
   * @return the time at which it began, for {@link #end}; now, unless this thread stalled for long
   */
  long begin(long now, CoarseClock clock) {
    long at = now;
    while (!add(at, 1)) {
      at = clock.readPrecisely();
    }
    return at;
  }

  /** Counts a call that ends. */
  void end(long begun) {
    if (!add(begun, -1)) {
      ancient.decrementAndGet();
    }
  }

  /** Returns false if the bucket of that time has left the ring. */
  private boolean add(long at, int amount) {
    int hash = Stripes.hashOfThread();
    long epoch = epochOf(at);
    while (true) {
      long[][] all = stripes;
      long[] stripe = all[hash & (all.length - 1)];
      int index = stripe.length - RING + (int) (epoch & (RING - 1));
      long word = (long) WORDS.getAcquire(stripe, index);
      long age = age(epoch, word);
      if (age < 0) {
        return false;
      }
      long next = age == 0 ? word + amount : (epoch << countBits) + none + amount;
      if (WORDS.compareAndSet(stripe, index, word, next)) {
        if (age != 0) {
          leave(count(word));
        }
        return true;
      }
      if (all.length < Stripes.MAX) {
        grow(all);
      } else {
        hash = Stripes.rehash(hash);
      }
    }
  }

  private void leave(long count) {
    if (count != 0) {
      ancient.addAndGet(count);
    }
  }

  private void grow(long[][] all) {
    long[][] grown = Arrays.copyOf(all, all.length * 2);
    for (int i = all.length; i < grown.length; i++) {
      grown[i] = new long[PAD + RING];
    }
    STRIPES.compareAndSet(this, all, grown);
  }

  /** Counts calls that are under way for at least the limit; up to a sixth of the limit, or a microsecond, late. */
  long slow(long now) {
    long last = epochOf(Math.max(0, now - limitNanos));
    long sum = ancient.get();
    for (long[] stripe : stripes) {
      for (int i = stripe.length - RING; i < stripe.length; i++) {
        long word = (long) WORDS.getAcquire(stripe, i);
        // Its youngest call began before the limit.
        if (age(last, word) > 0) {
          sum += count(word);
        }
      }
    }
    return Math.max(0, sum);
  }

  boolean isAny() {
    long sum = ancient.get();
    for (long[] stripe : stripes) {
      for (int i = stripe.length - RING; i < stripe.length; i++) {
        sum += count((long) WORDS.getAcquire(stripe, i));
      }
    }
    return sum > 0;
  }

  private long epochOf(long nanos) {
    return (nanos >>> shift) + 1;
  }

  private long count(long word) {
    return word == 0 ? 0 : (word & (2 * none - 1)) - none;
  }

  private long age(long epoch, long word) {
    return epoch - (word >>> countBits);
  }
}
