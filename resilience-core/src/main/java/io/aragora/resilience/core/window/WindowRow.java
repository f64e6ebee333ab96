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
   * written to. Epochs come round; the sweep sees to it that none in a row grows so old, and ages are signed.
   *
   * 128 bytes on both sides keep a row off its neighbours' lines (two lines, because of adjacent-line prefetch).
   */
  static final int RING = 32;

  /** What a word is when its row is used no more. */
  static final long RETIRED = -1;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int PAD = 16;
  private static final int FOLDED = PAD + RING;
  private static final int LENGTH = FOLDED + 1 + PAD;

  private static final int EPOCH_BITS = 28;
  private static final int COUNT_BITS = 64 - EPOCH_BITS;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
  private static final int SIGN_SHIFT = Integer.SIZE - EPOCH_BITS;

  private WindowRow() {}

  static long[] make() {
    return new long[LENGTH];
  }

  static int epochOf(long nanos, int shift) {
    return (int) ((nanos >>> shift) + 1) & ((1 << EPOCH_BITS) - 1);
  }

  static int indexOf(int epoch) {
    return PAD + (epoch & (RING - 1));
  }

  static long word(int epoch, long count) {
    return ((long) epoch << COUNT_BITS) | count;
  }

  static long count(long word) {
    return word & COUNT_MASK;
  }

  /** How many buckets a word is behind an epoch, as a signed number of 28 bits. */
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
    return (long) WORDS.getAndSet(row, PAD + place, RETIRED);
  }

  /** Empties the word if it is still this one, and leaves its epoch. */
  static boolean empty(long[] row, int index, long word) {
    return WORDS.compareAndSet(row, index, word, word & ~COUNT_MASK);
  }

  /** Adds to what left the ring; gives whether the row is retired, so that nobody will look there. */
  static boolean fold(long[] row, long count) {
    return (long) WORDS.getAndAdd(row, FOLDED, count) < 0;
  }

  /** Gives what left the ring, and lets whoever folds later know. */
  static long retireFolded(long[] row) {
    return (long) WORDS.getAndSet(row, FOLDED, Long.MIN_VALUE);
  }

  /** Sums what is in the window. */
  static long live(long[] row, int present, int span) {
    long sum = 0;
    for (int index = PAD; index < FOLDED; index++) {
      long word = read(row, index);
      if (word != RETIRED && isLive(age(present, word), span)) {
        sum += count(word);
      }
    }
    return sum;
  }

  /** Sums the present bucket and the one before. */
  static long recent(long[] row, int present) {
    return atAge(row, present, 0) + atAge(row, present, 1);
  }

  private static long atAge(long[] row, int present, int age) {
    long word = read(row, indexOf(present - age));
    return word != RETIRED && age(present, word) == age ? count(word) : 0;
  }

  /** Sums all of it, what left the ring included. */
  static long total(long[] row) {
    // Acquire, before the words: a bucket that is begun anew meanwhile is in neither, and shows
    // again with the next reading. The other way round its old count would be in both. Stress:
    // TimeWindowStress.TotalIsNeverTooLarge.
    long sum = Math.max(0, read(row, FOLDED));
    for (int index = PAD; index < FOLDED; index++) {
      long word = read(row, index);
      sum += word == RETIRED ? 0 : count(word);
    }
    return sum;
  }

  /** When the youngest bucket began, no later than now; -1 where none was ever written to. */
  static long newest(long[] row, long now, int shift) {
    int present = epochOf(now, shift);
    long newest = -1;
    for (int index = PAD; index < FOLDED; index++) {
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
