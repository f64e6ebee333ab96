package io.aragora.resilience.core.window;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts outcomes of the last while, in buckets of time. Any thread counts, without a lock, each in a stripe of its own when
 * there are many; a sum is taken now and then.
 */
public final class TimeWindow {
  /*
   * A stripe is one long[]: for each outcome a ring of 32 words, and one word with what left the ring. A word is
   *
   *   epoch:28 | count:36
   *
   * where the epoch numbers the bucket of time that the count belongs to. Counting is one CAS on the word just loaded. If
   * its epoch is an older one, the same CAS begins the new bucket, and its winner moves the old count to the folded word: so
   * no thread turns the ring, and no late writer can wipe a bucket, because a CAS on a word that changed fails. A writer
   * whose own clock reading is older than the word's epoch reads the clock again and never goes back.
   *
   * Outcomes have words of their own, and calls are their sum: a reader can never see more failures than calls.
   *
   * Retiring: when the breaker leaves the state that a window belongs to, every word is exchanged for RETIRED and its count
   * goes to the lifetime totals. A straggler's CAS then fails, its next look finds RETIRED, and it reports a late outcome.
   * The folded words become negative, so a straggler between its CAS and its fold notices too.
   *
   * Stripes: a CAS that fails although the epoch was right means two writers; then the stripes are doubled, up to four for
   * each core, and beyond that the writer goes to another one for this once. Growing copies references of stripes, never
   * counts. 128 bytes on both sides keep a stripe off its neighbours' lines (two lines, because of adjacent-line prefetch).
   *
   * Progress: counting and summing are lock-free.
   */
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle STRIPES = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "stripes", VarHandle.class, TimeWindow.class, long[][].class);

  /** Index of the outcome "success". */
  public static final int SUCCESS = 0;

  /** Index of the outcome "failure". */
  public static final int FAILURE = 1;

  private static final int OUTCOMES = 2;
  private static final int RING = 32;
  private static final int PAD = 16;
  private static final int FOLDED = PAD + OUTCOMES * RING;
  private static final int STRIPE_LENGTH = FOLDED + OUTCOMES + PAD;

  private static final int EPOCH_BITS = 28;
  private static final int COUNT_BITS = 64 - EPOCH_BITS;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
  private static final int SIGN_SHIFT = Integer.SIZE - EPOCH_BITS;

  private static final long RETIRED = -1;
  private static final long[][] NONE = new long[0][];
  private static final long[][] ALL_RETIRED = new long[0][];
  private static final int MAX_STRIPES = maxStripes();

  /** Reads the time again for a writer that finds itself behind. */
  @FunctionalInterface
  public interface Clock {
    /**
     * Reads the time.
     *
     * @return nanoseconds
     */
    long nanoTime();
  }

  /** Takes what a window counted when it is retired, and what came too late for that. */
  public interface Totals {
    /**
     * Adds to the lifetime totals.
     *
     * @param outcome {@link #SUCCESS} or {@link #FAILURE}
     * @param count how many
     */
    void add(int outcome, long count);
  }

  private final int shift;
  private final int span;
  private final Clock clock;
  private final Totals totals;

  /** Replaced by CAS, to grow and to retire; the stripes in it stay the same objects. */
  @SuppressWarnings("unused")
  private volatile long[][] stripes = NONE;

  /**
   * Makes an empty window without stripes.
   *
   * @param lengthNanos how long an outcome counts; a bucket is between a 30th and a 15th of it
   * @param clock reads the time
   * @param totals takes what is counted in the end
   */
  public TimeWindow(long lengthNanos, Clock clock, Totals totals) {
    int bits = 0;
    while ((lengthNanos - 1) >> bits >= RING - 2) {
      bits++;
    }
    this.shift = bits;
    this.span = (int) ((lengthNanos - 1) >> bits) + 2;
    this.clock = clock;
    this.totals = totals;
  }

  private static int maxStripes() {
    int limit = Runtime.getRuntime().availableProcessors() * 4;
    return Integer.highestOneBit(Math.max(1, limit - 1)) << 1;
  }

  /**
   * Counts an outcome.
   *
   * @param outcome {@link #SUCCESS} or {@link #FAILURE}
   * @return false if the window is retired: the outcome is late, and not counted here
   */
  public boolean count(int outcome) {
    long now = clock.nanoTime();
    int hash = hashOfThread();
    while (true) {
      long[][] all = stripes;
      if (all.length == 0) {
        if (all == ALL_RETIRED) {
          return false;
        }
        grow(all);
        continue;
      }
      long[] stripe = all[hash & (all.length - 1)];
      int epoch = epochOf(now);
      int index = PAD + outcome * RING + (epoch & (RING - 1));
      // Acquire: pairs with the CAS of whoever began the bucket or retired it.
      long word = (long) WORDS.getAcquire(stripe, index);
      if (word == RETIRED) {
        return false;
      }
      int age = age(epoch, word);
      if (age < 0) {
        now = clock.nanoTime();
        epoch = epochOf(now);
        // Still behind after reading the clock again: the word is so old that its epoch came round.
        // Begin anew.
        if (age(epoch, word) >= 0 || index != PAD + outcome * RING + (epoch & (RING - 1))) {
          continue;
        }
      }
      long next = age == 0 ? word + 1 : first(epoch);
      if (WORDS.compareAndSet(stripe, index, word, next)) {
        if (age != 0 && (word & COUNT_MASK) != 0) {
          fold(stripe, outcome, word & COUNT_MASK);
        }
        return true;
      }
      if (age == 0) {
        if (all.length < MAX_STRIPES) {
          grow(all);
        } else {
          hash = rehash(hash);
        }
      }
    }
  }

  private void fold(long[] stripe, int outcome, long count) {
    if ((long) WORDS.getAndAdd(stripe, FOLDED + outcome, count) < 0) {
      totals.add(outcome, count);
    }
  }

  private void grow(long[][] all) {
    long[][] grown = new long[Math.max(1, all.length * 2)][];
    System.arraycopy(all, 0, grown, 0, all.length);
    for (int i = all.length; i < grown.length; i++) {
      grown[i] = new long[STRIPE_LENGTH];
    }
    // If this fails, somebody else has grown or retired it; the caller looks again.
    STRIPES.compareAndSet(this, all, grown);
  }

  /** Ends this window: moves every count to the totals, and makes later outcomes late. Called once. */
  public void retire() {
    long[][] all = (long[][]) STRIPES.getAndSet(this, ALL_RETIRED);
    for (long[] stripe : all) {
      for (int outcome = 0; outcome < OUTCOMES; outcome++) {
        long count = 0;
        for (int slot = 0; slot < RING; slot++) {
          count +=
              (long) WORDS.getAndSet(stripe, PAD + outcome * RING + slot, RETIRED) & COUNT_MASK;
        }
        count += (long) WORDS.getAndSet(stripe, FOLDED + outcome, Long.MIN_VALUE);
        if (count != 0) {
          totals.add(outcome, count);
        }
      }
    }
  }

  /**
   * Sums what is in the window.
   *
   * @param outcome {@link #SUCCESS} or {@link #FAILURE}
   * @return how many
   */
  public long sum(int outcome) {
    int epoch = epochOf(clock.nanoTime());
    long sum = 0;
    for (long[] stripe : stripes) {
      for (int slot = 0; slot < RING; slot++) {
        long word = (long) WORDS.getAcquire(stripe, PAD + outcome * RING + slot);
        // A little ahead is a writer whose clock reading is later than ours.
        int age = age(epoch, word);
        if (word != RETIRED && age < span && age >= -1) {
          sum += word & COUNT_MASK;
        }
      }
    }
    return sum;
  }

  /**
   * Sums everything counted since the window began, what has left it included.
   *
   * @param outcome {@link #SUCCESS} or {@link #FAILURE}
   * @return how many; for the moment between a CAS and its fold, fewer by one bucket
   */
  public long total(int outcome) {
    long sum = 0;
    for (long[] stripe : stripes) {
      for (int slot = 0; slot < RING; slot++) {
        long word = (long) WORDS.getAcquire(stripe, PAD + outcome * RING + slot);
        sum += word == RETIRED ? 0 : word & COUNT_MASK;
      }
      sum += Math.max(0, (long) WORDS.getAcquire(stripe, FOLDED + outcome));
    }
    return sum;
  }

  private int epochOf(long nanos) {
    return (int) (nanos >>> shift) & ((1 << EPOCH_BITS) - 1);
  }

  private static long first(int epoch) {
    return ((long) epoch << COUNT_BITS) | 1;
  }

  /** How many buckets a word is behind an epoch, as a signed number of 28 bits. */
  private static int age(int epoch, long word) {
    int difference = epoch - (int) (word >>> COUNT_BITS);
    return (difference << SIGN_SHIFT) >> SIGN_SHIFT;
  }

  @SuppressWarnings("deprecation") // Thread.threadId() is younger than our bytecode
  private static int hashOfThread() {
    return rehash((int) Thread.currentThread().getId());
  }

  /** Fibonacci hashing. From these bits, thread ids that differ by 1 to 8, as in a pool, never share one of 8 stripes. */
  private static int rehash(int hash) {
    return ((hash + 1) * 0x9E3779B9) >>> 20;
  }
}
