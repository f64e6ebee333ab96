package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.window.Stripes;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/** Counts calls under way by their age, so that a breaker sees calls that are slow while they hang. Lock-free. */
final class CallsInFlight {
  /*
   * A ring of words by the time at which a call began:  epoch:28 | count:36, the count signed. A beginning adds one and an end
   * takes one away, each in the stripe of its own thread, so that a word alone may be negative and only the sum over the
   * stripes means something.
   *
   * The limit is six to twelve buckets long, and the ring has sixteen, so whatever leaves the ring is older than the limit: the
   * CAS that begins a bucket anew moves what was left there to `ancient`, and the end of such a call, which finds a younger
   * epoch in its place, takes it away there. A caller that read the clock, stalled, and finds a younger epoch reads the clock
   * again and begins then.
   *
   * A stripe is the upper half of an array, behind padding, except the first one, which most breakers never outgrow. Stripes
   * are added when a CAS fails; growing copies references.
   */
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle STRIPES = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "stripes", VarHandle.class, CallsInFlight.class, long[][].class);

  private static final int RING = 16;
  private static final int PAD = 16;
  private static final int COUNT_BITS = 36;
  private static final int EPOCH_BITS = Long.SIZE - COUNT_BITS;
  private static final int EPOCH_MASK = (1 << EPOCH_BITS) - 1;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
  private static final int SIGN_SHIFT = Integer.SIZE - EPOCH_BITS;

  private final long limitNanos;
  private final int shift;
  private final AtomicLong ancient = new AtomicLong();
  private volatile long[][] stripes = {new long[RING]};

  CallsInFlight(long limitNanos) {
    this.limitNanos = limitNanos;
    int bits = 0;
    while (limitNanos >> bits > 12) {
      bits++;
    }
    this.shift = bits;
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

  /** Gives false if the bucket of that time is gone. */
  private boolean add(long at, int amount) {
    int hash = Stripes.hashOfThread();
    int epoch = epochOf(at);
    while (true) {
      long[][] all = stripes;
      long[] stripe = all[hash & (all.length - 1)];
      int index = stripe.length - RING + (epoch & (RING - 1));
      long word = (long) WORDS.getAcquire(stripe, index);
      long count = count(word);
      int age = age(epoch, word);
      if (age < 0 && word != 0) {
        return false;
      }
      boolean same = age == 0;
      if (WORDS.compareAndSet(stripe, index, word, word(epoch, same ? count + amount : amount))) {
        if (!same && count != 0) {
          ancient.addAndGet(count);
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

  private void grow(long[][] all) {
    long[][] grown = Arrays.copyOf(all, all.length * 2);
    for (int i = all.length; i < grown.length; i++) {
      grown[i] = new long[PAD + RING];
    }
    STRIPES.compareAndSet(this, all, grown);
  }

  /** Counts calls that are under way for at least the limit; up to a sixth of the limit late to see one. */
  long slow(long now) {
    int last = epochOf(Math.max(0, now - limitNanos));
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

  private int epochOf(long nanos) {
    return (int) (nanos >>> shift) & EPOCH_MASK;
  }

  private static long word(int epoch, long count) {
    return ((long) epoch << COUNT_BITS) | (count & COUNT_MASK);
  }

  private static long count(long word) {
    return word << EPOCH_BITS >> EPOCH_BITS;
  }

  private static int age(int epoch, long word) {
    int difference = epoch - (int) (word >>> COUNT_BITS);
    return (difference << SIGN_SHIFT) >> SIGN_SHIFT;
  }
}
