package io.aragora.resilience.core.admission;

import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.time.TimeSource;

/** A level of the generic cell rate algorithm. A subclass holds the word. Lock-free. */
public abstract class CellLevel implements PermitLevel {
  /*
   * Order: the word is read before the clock. A thread that stalled between the two readings then sees a level that is too
   * low or, by its CAS, that it has changed. The other way round, it would see a level from the future, which looks like one
   * that has come round, and would take a full burst.
   *
   * Counting: permits are taken by one CAS, which also clamps a level in the past. Stress: CellLevelStress.LastIsTakenOnce. What
   * was taken before a restart is added in the same way. Stress: CellLevelStress.TakeAgainstRestore.
   *
   * Change of the rate: the word becomes NONE, then the rate changes, then the word is set anew. A thread that has read an
   * old word fails by its CAS, or finds that the word has changed before it reports that there is no permit. One that has
   * read the new word sees the new rate, since both are volatile. Stress: CellLevelStress.TakeAgainstChange. Whatever can fail
   * comes before: each call would wait for the new word for ever.
   *
   * Progress: lock-free, except that a thread spins while another one changes the rate.
   */
  private volatile CellRate rate;

  /**
   * Creates a level without a word, which the subclass sets.
   *
   * @param rate the rate
   */
  protected CellLevel(CellRate rate) {
    this.rate = rate;
  }

  /** Returns the word, by a volatile read. */
  protected abstract long word();

  /** Replaces the word by a volatile CAS. */
  protected abstract boolean casWord(long expected, long next);

  /** Sets the word, by a volatile write. */
  protected abstract void setWord(long next);

  /** {@return the present rate} */
  public final CellRate rate() {
    return rate;
  }

  @Override
  public final boolean tryTake(int permits, TimeSource time) {
    while (true) {
      long word = word();
      CellRate present = rate;
      long next = present.taken(word, time.nanoTime(), permits);
      if (word == CellRate.NONE) {
        Thread.onSpinWait();
      } else if (next == CellRate.NONE) {
        if (word() == word) {
          return false;
        }
      } else if (casWord(word, next)) {
        return true;
      }
    }
  }

  @Override
  public final long readyAt(TimeSource time, long from, long before, int permits) {
    while (true) {
      long word = word();
      CellRate present = rate;
      long now = time.nanoTime();
      long wait = present.waitNanos(word, now, Math.max(now, from), before + permits);
      if (word != CellRate.NONE && word() == word) {
        return Nanos.after(now, wait);
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public final long available(TimeSource time) {
    while (true) {
      long word = word();
      long available = rate.available(word, time.nanoTime());
      if (word != CellRate.NONE && word() == word) {
        return available;
      }
      Thread.onSpinWait();
    }
  }

  /**
   * Returns a value that changes if permits are taken, or if the rate changes.
   *
   * @return the word
   */
  public final long mark() {
    return word();
  }

  /**
   * Returns how long it takes until the level is full, if no permit is taken.
   *
   * @param time the clock
   * @return nanoseconds
   */
  public final long untilFullNanos(TimeSource time) {
    while (true) {
      long word = word();
      long nanos = rate.untilFullNanos(word, time.nanoTime());
      if (word != CellRate.NONE && word() == word) {
        return nanos;
      }
      Thread.onSpinWait();
    }
  }

  /**
   * Lets the level be full later: permits were taken of which it does not know.
   *
   * @param nanos how much later, not negative; the level has no permit then at the most
   * @param time the clock
   */
  public final void owe(long nanos, TimeSource time) {
    while (true) {
      long word = word();
      long next = rate.owing(word, time.nanoTime(), nanos);
      if (word == CellRate.NONE) {
        Thread.onSpinWait();
      } else if (casWord(word, next)) {
        return;
      }
    }
  }

  /**
   * Returns whether the level is full, or was for a moment during the call.
   *
   * @param time the clock
   * @return whether it holds no information
   */
  public final boolean isFull(TimeSource time) {
    long word = word();
    return word != CellRate.NONE && rate.isFull(word, time.nanoTime());
  }

  @Override
  public final boolean lower(long permits, TimeSource time) {
    while (true) {
      long word = word();
      long next = rate.lowered(word, time.nanoTime(), permits);
      if (word == CellRate.NONE) {
        Thread.onSpinWait();
      } else if (casWord(word, next)) {
        return next != word;
      }
    }
  }

  /**
   * Changes the rate, and keeps the level as a share of the burst. One thread at a time.
   *
   * @param next the new rate
   * @param time the clock
   */
  public final void change(CellRate next, TimeSource time) {
    StackRoom.forHandOver();
    CellRate before = rate;
    while (true) {
      long word = word();
      long converted = before.converted(word, time.nanoTime(), next);
      if (casWord(word, CellRate.NONE)) {
        rate = next;
        setWord(converted);
        return;
      }
    }
  }

  /**
   * Changes the rate, and fills the level. One thread at a time.
   *
   * @param next the new rate
   * @param time the clock
   */
  public final void refill(CellRate next, TimeSource time) {
    StackRoom.forHandOver();
    long full = next.full(time.nanoTime());
    setWord(CellRate.NONE);
    rate = next;
    setWord(full);
  }
}
