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
   * A row is the ring of one stripe for one outcome: a word for each bucket of time, and one with what left the ring. Rows are
   * made when they are first needed, so a window that never saw a failure has no row for them, and one that was never used
   * has none at all. Counting is one CAS on the word just loaded. If its epoch is an older one, the same CAS begins the new
   * bucket, and its winner moves the old count to the folded word: so no thread turns the ring, and no late writer can wipe a
   * bucket, because a CAS on a word that changed fails (stress: TimeWindowStress.LateWriterWipesNothing). A writer whose own
   * clock reading is older than the word's epoch reads the clock again and never goes back. An empty word may be begun anew
   * whatever its epoch says.
   *
   * Outcomes have rows of their own, and calls are their sum: a reader can never see more failures than calls.
   *
   * Retiring a row exchanges every word for RETIRED and moves the counts to the lifetime totals. A straggler's CAS then
   * fails, and its next look finds RETIRED: it looks at the array of rows again. The folded word becomes negative, so a
   * straggler between its CAS and its fold notices too (stress: TimeWindowRetirementStress.RetirementLosesNothing,
   * RollOverAgainstRetirement). All rows are retired when the breaker leaves the state that the window belongs to; the array
   * is ALL_RETIRED then, and the outcome is late. They are also retired when nothing was counted for longer than the window
   * is: the array is NONE then, and the outcome makes a new row (stress: TimeWindowRetirementStress.SweepAgainstCount). So a
   * breaker that is not used keeps no rows, and no epoch grows so old that it comes round.
   *
   * Stripes: a CAS that fails although the epoch was right means two writers; then the stripes are doubled, up to four for
   * each core, and beyond that the writer goes to another one for this once. Row [4 * stripe + outcome]; growing and adding
   * replace the array by a CAS and copy references, never counts (stress: TimeWindowStress.GrowthLosesNothing).
   *
   * Modes: the array is read and replaced volatile, so that who finds a row in it finds it empty; words are read with
   * acquire, which pairs with the CAS of whoever began the bucket or retired it, and changed by volatile CAS. Weaker would do
   * for the count alone, but a success must be seen counted by whoever set awaitsMinimum before the success reads that flag
   * (stress: CircuitBreakerStress.DueTripIsMade).
   *
   * Progress: counting and summing are lock-free.
   */
  private static final VarHandle ROWS = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "rows", VarHandle.class, TimeWindow.class, long[][].class);

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
    while ((lengthNanos - 1) >> bits >= WindowRow.RING - 2) {
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
    return add(outcome, 1, now, true);
  }

  /**
   * Counts so many at once.
   *
   * @param isReading whether the time is a reading of the clock, which may be stale, and then is read again; else the outcomes
   *     are of that time
   * @return false if the window is retired, or has begun a later bucket in the place of the one of that time
   */
  private boolean add(int outcome, long amount, long time, boolean isReading) {
    int hash = Stripes.hashOfThread();
    long at = time;
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
      int index = WindowRow.indexOf(epoch);
      long word = WindowRow.read(row, index);
      if (word == WindowRow.RETIRED) {
        continue;
      }
      long count = WindowRow.count(word);
      int age = WindowRow.age(epoch, word);
      if (age < 0 && count != 0) {
        if (!isReading) {
          return false;
        }
        // Behind. If we still are after reading the clock again, the word is so old that its epoch
        // came round: begin anew.
        at = clock.readPrecisely();
        epoch = epochOf(at);
        if (WindowRow.age(epoch, word) >= 0 || WindowRow.indexOf(epoch) != index) {
          continue;
        }
      }
      boolean same = age == 0;
      long next = same ? word + amount : WindowRow.word(epoch, amount);
      if (WindowRow.cas(row, index, word, next)) {
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

  private void addRow(long[][] all, int hash, int outcome) {
    long[][] grown = Arrays.copyOf(all, Math.max(OUTCOMES, all.length));
    grown[placeOf(grown, hash, outcome)] = WindowRow.make();
    // If this fails, somebody else has changed the array; the caller looks again.
    if (ROWS.compareAndSet(this, all, grown) && all.length == 0) {
      sweeper.watch(this);
    }
  }

  private void fold(long[] row, int outcome, long count) {
    if (WindowRow.fold(row, count)) {
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
      for (int place = 0; place < WindowRow.RING; place++) {
        long word = WindowRow.retire(row, place);
        long count = WindowRow.count(word);
        int age = WindowRow.age(present, word);
        if (heir != null
            && count != 0
            && WindowRow.isLive(age, span)
            && heir.add(outcome, count, WindowRow.beginning(now, age, shift), false)) {
          taken = true;
        } else {
          gone += count;
        }
      }
      gone += WindowRow.retireFolded(row);
      if (gone != 0) {
        totals.add(outcome, gone);
      }
    }
    return taken;
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
        last = Math.max(last, WindowRow.newest(row, now, shift));
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
    for (int place = 0; place < WindowRow.RING; place++) {
      int index = WindowRow.indexOf(place);
      long word = WindowRow.read(row, index);
      long count = WindowRow.count(word);
      if (word == WindowRow.RETIRED || count == 0) {
        continue;
      }
      if (!WindowRow.isLive(WindowRow.age(present, word), span)
          && WindowRow.empty(row, index, word)) {
        fold(row, outcome, count);
      } else {
        live = true;
      }
    }
    return live;
  }

  private long sum(int outcome, int present) {
    long[][] all = rows;
    long sum = 0;
    for (int i = outcome; i < all.length; i += OUTCOMES) {
      long[] row = all[i];
      if (row != null) {
        sum += WindowRow.live(row, present, span);
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
    // A success more only lowers the rates. So where those of the present bucket and the one before
    // are
    // enough, which they are of a dependency that works, the others need not be looked at.
    long some = failed + slow + recent(SUCCESS, present);
    return judge(config, some, failed + slowFailed, slow) == Verdict.BELOW
        ? Verdict.BELOW
        : judge(config, failed + slow + sum(SUCCESS, present), failed + slowFailed, slow);
  }

  private long recent(int outcome, int present) {
    long[][] all = rows;
    long sum = 0;
    for (int i = outcome; i < all.length; i += OUTCOMES) {
      long[] row = all[i];
      if (row != null) {
        sum += WindowRow.recent(row, present);
      }
    }
    return sum;
  }

  @Override
  public long total(int outcome) {
    long[][] all = rows;
    long sum = 0;
    for (int i = outcome; i < all.length; i += OUTCOMES) {
      long[] row = all[i];
      if (row != null) {
        sum += WindowRow.total(row);
      }
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
        newest = Math.max(newest, WindowRow.newest(all[i], now, shift));
      }
    }
    return newest;
  }

  @Override
  public long idleSince() {
    return rows.length == 0 ? idleSince : Long.MAX_VALUE;
  }

  private int epochOf(long nanos) {
    return WindowRow.epochOf(nanos, shift);
  }
}
