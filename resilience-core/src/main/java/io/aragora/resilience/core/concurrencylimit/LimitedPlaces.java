package io.aragora.resilience.core.concurrencylimit;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** The places of a concurrency limit: how many there are, and how many are held. Lock-free. */
final class LimitedPlaces {
  /*
   * Layout: two words, each two cache lines away from anything else (because of adjacent-line prefetch):
   *
   *   WORD   limit:32 | held:32. One word, so that there is no instant at which more calls are admitted than the limit says.
   *          Stress: LimitedPlacesStress.LastPlaceIsTakenOnce, LowerAgainstTake.
   *   MOST   the most places that were held at a time, since restartMost. A call reads it, and writes it only if it is the first one
   *          with so many.
   *
   * restartMost clears MOST, then reads WORD. A call changes WORD, then reads MOST. Both are volatile, so at least one of the two
   * counts the call. If either were weaker, a window could seem emptier than it was. Stress: LimitedPlacesStress.MostIsNotLost.
   */
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int WORD = 16;
  private static final int MOST = 32;
  private static final int LENGTH = 48;
  private static final int LIMIT_SHIFT = 32;

  /** Keeps a product such as 100 * 0.07 from being rounded up to the next place. */
  private static final double ROUNDING = 1e-9;

  private final long[] words = new long[LENGTH];

  LimitedPlaces(int limit) {
    WORDS.setVolatile(words, WORD, (long) limit << LIMIT_SHIFT);
  }

  /**
   * Takes a place.
   *
   * @param share the part of the limit that the call may use, in (0, 1]
   * @return whether there was one
   */
  boolean tryTake(double share) {
    while (true) {
      long word = (long) WORDS.getVolatile(words, WORD);
      int held = held(word);
      if (held >= placesOf(limit(word), share)) {
        return false;
      }
      if (WORDS.compareAndSet(words, WORD, word, word + 1)) {
        noteHeld(held + 1);
        return true;
      }
    }
  }

  /**
   * Returns a place.
   *
   * @return false if none is held
   */
  boolean giveBack() {
    while (true) {
      long word = (long) WORDS.getVolatile(words, WORD);
      if (held(word) == 0) {
        return false;
      }
      if (WORDS.compareAndSet(words, WORD, word, word - 1)) {
        return true;
      }
    }
  }

  /** Sets the number of places. Those that are held stay so. */
  void limit(int limit) {
    long word;
    do {
      word = (long) WORDS.getVolatile(words, WORD);
    } while (!WORDS.compareAndSet(
        words, WORD, word, ((long) limit << LIMIT_SHIFT) | (word & 0xFFFF_FFFFL)));
  }

  int limit() {
    return limit((long) WORDS.getVolatile(words, WORD));
  }

  int inUse() {
    return held((long) WORDS.getVolatile(words, WORD));
  }

  /** Returns the most places that were held at a time since the last call of this method. */
  int restartMost() {
    int most = (int) (long) WORDS.getAndSet(words, MOST, 0L);
    noteHeld(inUse());
    return most;
  }

  private void noteHeld(int held) {
    long most = (long) WORDS.getVolatile(words, MOST);
    while (held > most && !WORDS.compareAndSet(words, MOST, most, (long) held)) {
      most = (long) WORDS.getVolatile(words, MOST);
    }
  }

  private static int limit(long word) {
    return (int) (word >>> LIMIT_SHIFT);
  }

  private static int held(long word) {
    return (int) word;
  }

  private static int placesOf(int limit, double share) {
    return share == 1 ? limit : Math.max(1, (int) Math.ceil(limit * share - ROUNDING));
  }
}
