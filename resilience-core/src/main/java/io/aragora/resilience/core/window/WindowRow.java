package io.aragora.resilience.core.window;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The ring of one stripe of a {@link TimeWindow} for one outcome. A row is an array and nothing around it, since there may be
 * a million windows; here is what one does with it.
 */
final class WindowRow {
  /*
   * 32 words, one for each bucket of time, and one word with what left them, called folded. A word is
   *
   *   epoch:28 | count:36
   *
   * where the epoch numbers the bucket of time that the count belongs to, and begins with 1, so that a word of 0 was never
   * written to. Epochs come round; the sweep removes each before it grows so old, and ages are signed.
   *
   * 128 bytes on both sides keep a row off its neighbours' lines (two lines, because of adjacent-line prefetch). The first row
   * of a window has none before it: while it is the only one, one thread at a time counts there, and a call on a breaker that
   * is not in the caches touches fewer pages. The row after it is kept off by what follows.
   */
  static final int RING = 32;

  /** The value of each word of a retired row. */
  static final long RETIRED = -1;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int PAD = 16;
  private static final int PADDED_LENGTH = PAD + RING + 1 + PAD;
  private static final int FIRST_LENGTH = RING + 1 + PAD;

  private static final int EPOCH_BITS = 28;
  private static final int COUNT_BITS = 64 - EPOCH_BITS;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
  private static final int SIGN_SHIFT = Integer.SIZE - EPOCH_BITS;

  private WindowRow() {}

  /** Creates a row with room on both sides. */
  static long[] padded() {
    return new long[PADDED_LENGTH];
  }

  /** Creates a row with room after it only. */
  static long[] first() {
    return new long[FIRST_LENGTH];
  }

  /** Returns the index at which the ring begins. The two lengths differ in the bit that is the size of a pad. */
  private static int begin(long[] row) {
    return PAD - (row.length & PAD);
  }

  private static int folded(long[] row) {
    return begin(row) + RING;
  }

  static int epochOf(long nanos, int shift) {
    return (int) ((nanos >>> shift) + 1) & ((1 << EPOCH_BITS) - 1);
  }

  static int indexOf(long[] row, int epoch) {
    return begin(row) + (epoch & (RING - 1));
  }

  static int epochOf(long word) {
    return (int) (word >>> COUNT_BITS);
  }

  static boolean isSameEpoch(long word, long other) {
    return (word ^ other) >>> COUNT_BITS == 0;
  }

  /** The word of an epoch; a count that is too large for it becomes the largest. */
  static long limit(int epoch, long count) {
    return word(epoch, Math.min(count, COUNT_MASK));
  }

  static long emptied(long word) {
    return word & ~COUNT_MASK;
  }

  static long word(int epoch, long count) {
    return ((long) epoch << COUNT_BITS) | count;
  }

  static long count(long word) {
    return word & COUNT_MASK;
  }

  /** Returns the number of buckets by which a word is behind an epoch, as a signed number of 28 bits. */
  static int age(int epoch, long word) {
    int difference = epoch - (int) (word >>> COUNT_BITS);
    return (difference << SIGN_SHIFT) >> SIGN_SHIFT;
  }

  /** A little ahead is a writer whose clock reading is later than ours. */
  static boolean isLive(int age, int span) {
    return age < span && age >= -1;
  }

  static long read(long[] row, int index) {
    return (long) WORDS.getAcquire(row, index);
  }

  static boolean cas(long[] row, int index, long expected, long next) {
    return WORDS.compareAndSet(row, index, expected, next);
  }

  /** Ends the word of a place; gives what it was. */
  static long retire(long[] row, int place) {
    return (long) WORDS.getAndSet(row, begin(row) + place, RETIRED);
  }

  /** Empties the word if it is still this one, and leaves its epoch. */
  static boolean empty(long[] row, int index, long word) {
    return WORDS.compareAndSet(row, index, word, emptied(word));
  }

  /** Adds to what left the ring. Returns whether the row is retired, so that the count must go elsewhere. */
  static boolean fold(long[] row, long count) {
    return (long) WORDS.getAndAdd(row, folded(row), count) < 0;
  }

  /** Returns what left the ring, and marks the row for threads that fold later. */
  static long retireFolded(long[] row) {
    return (long) WORDS.getAndSet(row, folded(row), Long.MIN_VALUE);
  }

  /** Sums what is in the window. */
  static long live(long[] row, int present, int span) {
    return elsewhere(row, present, span) + atAge(row, present, 0);
  }

  /** Sums what is in the window outside the bucket of the epoch. */
  static long elsewhere(long[] row, int present, int span) {
    long sum = 0;
    for (int index = begin(row), end = index + RING; index < end; index++) {
      long word = read(row, index);
      int age = age(present, word);
      if (word != RETIRED && age != 0 && isLive(age, span)) {
        sum += count(word);
      }
    }
    return sum;
  }

  /** Sums what is in the window, the newest first, until it is more than enough. */
  static long live(long[] row, int present, int span, long enough) {
    long sum = 0;
    for (int age = -1; age < span && sum <= enough; age++) {
      sum += atAge(row, present, age);
    }
    return sum;
  }

  /** Returns the count of the bucket that is some buckets older than the epoch. */
  static long atAge(long[] row, int present, int age) {
    long word = read(row, indexOf(row, present - age));
    return word != RETIRED && age(present, word) == age ? count(word) : 0;
  }

  /** Sums all of it, what left the ring included. */
  static long total(long[] row) {
    // Acquire, before the words: a bucket that is begun anew meanwhile is in neither, and shows
    // again with the next reading. The other way round its old count would be in both. Stress:
    // TimeWindowStress.TotalIsNeverTooLarge.
    long sum = Math.max(0, read(row, folded(row)));
    for (int index = begin(row), end = index + RING; index < end; index++) {
      long word = read(row, index);
      sum += word == RETIRED ? 0 : count(word);
    }
    return sum;
  }

  /** When the youngest bucket began, no later than now; -1 where none was ever written to. */
  static long newest(long[] row, long now, int shift) {
    int present = epochOf(now, shift);
    long newest = -1;
    for (int index = begin(row), end = index + RING; index < end; index++) {
      long word = read(row, index);
      int age = age(present, word);
      if (word != RETIRED && word != 0 && age >= -1) {
        newest = Math.max(newest, beginning(now, age, shift));
      }
    }
    return Math.min(newest, now);
  }

  /** When a bucket of that age began. */
  static long beginning(long now, int age, int shift) {
    return (now >>> shift << shift) - ((long) age << shift);
  }
}
