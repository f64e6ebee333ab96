package io.aragora.resilience.core.window;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.time.CoarseClock;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Counts outcomes of the last while, in buckets of time. Any thread counts, without a lock, each in a stripe of its own when
 * there are many; a sum is taken now and then.
 */
public final class TimeWindow extends OutcomeWindow {
  /*
   * A row is the ring of one stripe for one outcome: 32 words, and one word with what left the ring. Rows are made when they
   * are first needed, so a window that never saw a failure has no row for them, and one that was never used has none at all.
   * A word is
   *
   *   epoch:28 | count:36
   *
   * where the epoch numbers the bucket of time that the count belongs to. Counting is one CAS on the word just loaded. If
   * its epoch is an older one, the same CAS begins the new bucket, and its winner moves the old count to the folded word: so
   * no thread turns the ring, and no late writer can wipe a bucket, because a CAS on a word that changed fails. A writer
   * whose own clock reading is older than the word's epoch reads the clock again and never goes back. An empty word may be
   * begun anew whatever its epoch says.
   *
   * Outcomes have rows of their own, and calls are their sum: a reader can never see more failures than calls.
   *
   * Retiring a row exchanges every word for RETIRED and moves the counts to the lifetime totals. A straggler's CAS then
   * fails, and its next look finds RETIRED: it looks at the array of rows again. The folded word becomes negative, so a
   * straggler between its CAS and its fold notices too. All rows are retired when the breaker leaves the state that the
   * window belongs to; the array is ALL_RETIRED then, and the outcome is late. They are also retired when nothing was
   * counted for longer than the window is: the array is NONE then, and the outcome makes a new row. So a breaker that is not
   * used keeps no rows, and no epoch grows so old that it comes round.
   *
   * Stripes: a CAS that fails although the epoch was right means two writers; then the stripes are doubled, up to four for
   * each core, and beyond that the writer goes to another one for this once. Row [4 * stripe + outcome]; growing and adding
   * replace the array by a CAS and copy references, never counts. 128 bytes on both sides keep a row off its neighbours'
   * lines (two lines, because of adjacent-line prefetch).
   *
   * Modes: the array is read and replaced volatile; words are read with acquire, which pairs with the CAS of whoever began
   * the bucket or retired it, and changed by volatile CAS. Weaker would do for the count alone, but a success must be seen
   * counted by whoever set awaitsMinimum before the success reads that flag (stress: CircuitBreakerStress.DueTripIsMade).
   *
   * Progress: counting and summing are lock-free.
   */
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle ROWS = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "rows", VarHandle.class, TimeWindow.class, long[][].class);

  private static final int RING = 32;
  private static final int PAD = 16;
  private static final int FOLDED = PAD + RING;
  private static final int ROW_LENGTH = FOLDED + 1 + PAD;

  private static final int EPOCH_BITS = 28;
  private static final int COUNT_BITS = 64 - EPOCH_BITS;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
  private static final int SIGN_SHIFT = Integer.SIZE - EPOCH_BITS;

  private static final long RETIRED = -1;
  private static final long[][] NONE = new long[0][];
  private static final long[][] ALL_RETIRED = new long[0][];

  private final int shift;
  private final int span;
  private final CoarseClock clock;
  private final Totals totals;
  private final WindowSweeper sweeper;

  /** The next in the sweeper's list. */
  @Nullable
  TimeWindow nextLive;

  /** Replaced by CAS, to grow, to drop and to retire; the rows in it stay the same objects. */
  @SuppressWarnings("unused")
  private volatile long[][] rows = NONE;

  /** When the last outcome before the rows were dropped came, or the window was made. */
  private volatile long idleSince;

  /**
   * Makes an empty window without rows.
   *
   * @param lengthNanos how long an outcome counts; a bucket is between a 30th and a 15th of it
   * @param now the time of the source
   * @param clock reads the time
   * @param totals takes what is counted in the end
   * @param sweeper drops the rows when the window is idle
   */
  public TimeWindow(
      long lengthNanos, long now, CoarseClock clock, Totals totals, WindowSweeper sweeper) {
    this.shift = shiftOf(lengthNanos);
    this.span = spanOf(lengthNanos);
    this.clock = clock;
    this.totals = totals;
    this.sweeper = sweeper;
    this.idleSince = now;
  }

  private static int shiftOf(long lengthNanos) {
    int bits = 0;
    while ((lengthNanos - 1) >> bits >= RING - 2) {
      bits++;
    }
    return bits;
  }

  private static int spanOf(long lengthNanos) {
    return (int) ((lengthNanos - 1) >> shiftOf(lengthNanos)) + 2;
  }

  @Override
  public boolean fits(CircuitBreakerConfig config) {
    long nanos = config.window().toNanos();
    return config.countWindow() == 0 && shiftOf(nanos) == shift && spanOf(nanos) == span;
  }

  @Override
  public boolean count(int outcome, long now) {
    int hash = Stripes.hashOfThread();
    long at = now;
    while (true) {
      long[][] all = rows;
      if (all.length == 0 && all == ALL_RETIRED) {
        return false;
      }
      long[] row = rowOf(all, hash, outcome);
      if (row == null) {
        addRow(all, hash, outcome);
        continue;
      }
      int epoch = epochOf(at);
      int index = PAD + (epoch & (RING - 1));
      long word = (long) WORDS.getAcquire(row, index);
      if (word == RETIRED) {
        continue;
      }
      long count = word & COUNT_MASK;
      int age = age(epoch, word);
      if (age < 0 && count != 0) {
        // Behind. If we still are after reading the clock again, the word is so old that its epoch
        // came round: begin anew.
        at = clock.readPrecisely();
        int precise = epochOf(at);
        if (precise != epoch && (age(precise, word) >= 0 || isElsewhere(precise, index))) {
          continue;
        }
        epoch = precise;
      }
      boolean same = age == 0;
      if (WORDS.compareAndSet(row, index, word, same ? word + 1 : word(epoch, 1))) {
        if (!same && count != 0) {
          fold(row, outcome, count);
        }
        return true;
      }
      if (same) {
        hash = contended(all, hash);
      }
    }
  }

  /** Two writers met in a stripe: gives them more, or sends this one elsewhere. */
  private int contended(long[][] all, int hash) {
    if (all.length < Stripes.MAX * OUTCOMES) {
      ROWS.compareAndSet(this, all, Arrays.copyOf(all, all.length * 2));
      return hash;
    }
    return Stripes.rehash(hash);
  }

  private static long @Nullable [] rowOf(long[][] all, int hash, int outcome) {
    return all.length == 0 ? null : all[placeOf(all, hash, outcome)];
  }

  private static int placeOf(long[][] all, int hash, int outcome) {
    return (hash & (all.length / OUTCOMES - 1)) * OUTCOMES + outcome;
  }

  private static boolean isElsewhere(int epoch, int index) {
    return index != PAD + (epoch & (RING - 1));
  }

  private void addRow(long[][] all, int hash, int outcome) {
    long[][] grown = Arrays.copyOf(all, Math.max(OUTCOMES, all.length));
    grown[placeOf(grown, hash, outcome)] = new long[ROW_LENGTH];
    // If this fails, somebody else has changed the array; the caller looks again.
    if (ROWS.compareAndSet(this, all, grown) && all.length == 0) {
      sweeper.watch(this);
    }
  }

  private void fold(long[] row, int outcome, long count) {
    if ((long) WORDS.getAndAdd(row, FOLDED, count) < 0) {
      totals.add(outcome, count);
    }
  }

  @Override
  public void retire(@Nullable OutcomeWindow heir) {
    retireRows(
        (long[][]) ROWS.getAndSet(this, ALL_RETIRED), heir instanceof TimeWindow w ? w : null);
    if (heir != null) {
      moveStreak(heir);
    }
  }

  /** Gives whether the heir took something. */
  private boolean retireRows(long[][] all, @Nullable TimeWindow heir) {
    boolean taken = false;
    long now = clock.readPrecisely();
    long success = Math.max(newest(all, SUCCESS, now), newest(all, SLOW_SUCCESS, now));
    if (success >= 0) {
      totals.succeededAt(success);
    }
    int present = epochOf(now);
    for (int i = 0; i < all.length; i++) {
      long[] row = all[i];
      if (row == null) {
        continue;
      }
      int outcome = i % OUTCOMES;
      long gone = 0;
      for (int slot = 0; slot < RING; slot++) {
        long word = (long) WORDS.getAndSet(row, PAD + slot, RETIRED);
        long count = word & COUNT_MASK;
        int age = age(present, word);
        if (heir != null
            && count != 0
            && isLive(age)
            && heir.take(outcome, count, (now >>> shift << shift) - ((long) age << shift))) {
          taken = true;
        } else {
          gone += count;
        }
      }
      gone += (long) WORDS.getAndSet(row, FOLDED, Long.MIN_VALUE);
      if (gone != 0) {
        totals.add(outcome, gone);
      }
    }
    return taken;
  }

  /** Counts so many at once, at their own time. */
  private boolean take(int outcome, long taken, long at) {
    int hash = Stripes.hashOfThread();
    int epoch = epochOf(at);
    int index = PAD + (epoch & (RING - 1));
    while (true) {
      long[][] all = rows;
      if (all == ALL_RETIRED) {
        return false;
      }
      long[] row = rowOf(all, hash, outcome);
      if (row == null) {
        addRow(all, hash, outcome);
        continue;
      }
      long word = (long) WORDS.getAcquire(row, index);
      if (word == RETIRED) {
        continue;
      }
      long count = word & COUNT_MASK;
      int age = age(epoch, word);
      if (age < 0 && count != 0) {
        return false;
      }
      boolean same = age == 0;
      if (WORDS.compareAndSet(row, index, word, same ? word + taken : word(epoch, taken))) {
        if (!same && count != 0) {
          fold(row, outcome, count);
        }
        return true;
      }
    }
  }

  /**
   * Drops the rows if nothing was counted for as long as the window is; else folds what has left it, so that no epoch comes
   * round.
   *
   * @param now the time of the source
   * @return whether there are rows to be looked at again
   */
  boolean sweep(long now) {
    long[][] all = rows;
    int present = epochOf(now);
    long last = -1;
    boolean live = false;
    for (int i = 0; i < all.length; i++) {
      long[] row = all[i];
      if (row != null) {
        live |= foldExpired(row, i % OUTCOMES, present);
        last = Math.max(last, newest(row, now));
      }
    }
    if (live) {
      return true;
    }
    if (all.length != 0) {
      idleSince = last >= 0 ? last : now;
      if (!ROWS.compareAndSet(this, all, NONE)) {
        return rows.length != 0;
      }
      // What was counted since the look above is still in the window.
      if (retireRows(all, this)) {
        totals.movedWithin(this);
      }
    }
    return false;
  }

  /** Gives whether something in the row is still in the window. */
  private boolean foldExpired(long[] row, int outcome, int present) {
    boolean live = false;
    for (int slot = PAD; slot < PAD + RING; slot++) {
      long word = (long) WORDS.getAcquire(row, slot);
      long count = word & COUNT_MASK;
      if (word == RETIRED || count == 0) {
        continue;
      }
      if (isLive(age(present, word))) {
        live = true;
      } else if (WORDS.compareAndSet(row, slot, word, word & ~COUNT_MASK)) {
        fold(row, outcome, count);
      } else {
        live = true;
      }
    }
    return live;
  }

  /** A little ahead is a writer whose clock reading is later than ours. */
  private boolean isLive(int age) {
    return age < span && age >= -1;
  }

  private long sum(int outcome, int present) {
    long[][] all = rows;
    long sum = 0;
    for (int i = outcome; i < all.length; i += OUTCOMES) {
      long[] row = all[i];
      if (row == null) {
        continue;
      }
      for (int slot = PAD; slot < PAD + RING; slot++) {
        long word = (long) WORDS.getAcquire(row, slot);
        if (word != RETIRED && isLive(age(present, word))) {
          sum += word & COUNT_MASK;
        }
      }
    }
    return sum;
  }

  @Override
  public WindowCounts counts(long now) {
    int present = epochOf(now);
    long failed = sum(FAILURE, present);
    long slowFailed = sum(SLOW_FAILURE, present);
    long slow = slowFailed + sum(SLOW_SUCCESS, present);
    return new WindowCounts(failed + slow + sum(SUCCESS, present), failed + slowFailed, slow);
  }

  @Override
  public Verdict judge(CircuitBreakerConfig config, long slowInFlight, long now) {
    int present = epochOf(now);
    long failed = sum(FAILURE, present);
    long slowFailed = sum(SLOW_FAILURE, present);
    long slow = slowFailed + sum(SLOW_SUCCESS, present) + slowInFlight;
    return judge(config, failed + slow + sum(SUCCESS, present), failed + slowFailed, slow);
  }

  @Override
  public long total(int outcome) {
    long[][] all = rows;
    long sum = 0;
    for (int i = outcome; i < all.length; i += OUTCOMES) {
      long[] row = all[i];
      if (row == null) {
        continue;
      }
      for (int slot = PAD; slot < PAD + RING; slot++) {
        long word = (long) WORDS.getAcquire(row, slot);
        sum += word == RETIRED ? 0 : word & COUNT_MASK;
      }
      sum += Math.max(0, (long) WORDS.getAcquire(row, FOLDED));
    }
    return sum;
  }

  @Override
  public long lastSuccess(long now) {
    long[][] all = rows;
    return Math.max(newest(all, SUCCESS, now), newest(all, SLOW_SUCCESS, now));
  }

  private long newest(long[][] all, int outcome, long now) {
    long newest = -1;
    for (int i = outcome; i < all.length; i += OUTCOMES) {
      if (all[i] != null) {
        newest = Math.max(newest, newest(all[i], now));
      }
    }
    return newest;
  }

  /** When the youngest bucket of a row began; a word that was never written to has no say. */
  private long newest(long[] row, long now) {
    int present = epochOf(now);
    long newest = -1;
    for (int slot = PAD; slot < PAD + RING; slot++) {
      long word = (long) WORDS.getAcquire(row, slot);
      int age = age(present, word);
      if (word != RETIRED && word != 0 && age >= -1) {
        newest = Math.max(newest, (now >>> shift << shift) - ((long) age << shift));
      }
    }
    return Math.min(newest, now);
  }

  @Override
  public long idleSince() {
    return rows.length == 0 ? idleSince : Long.MAX_VALUE;
  }

  /** Begins with 1, so that a word of 0 was never written to. */
  private int epochOf(long nanos) {
    return (int) ((nanos >>> shift) + 1) & ((1 << EPOCH_BITS) - 1);
  }

  private static long word(int epoch, long count) {
    return ((long) epoch << COUNT_BITS) | count;
  }

  /** How many buckets a word is behind an epoch, as a signed number of 28 bits. */
  private static int age(int epoch, long word) {
    int difference = epoch - (int) (word >>> COUNT_BITS);
    return (difference << SIGN_SHIFT) >> SIGN_SHIFT;
  }
}
