package io.aragora.resilience.core.window;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.stripe.Stripes;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Counts the outcomes within a time, in buckets. Any thread counts, without a lock, each in a stripe of its own when
 * there are many; a sum is taken now and then.
 */
public final class TimeWindow extends OutcomeWindow {
  /*
   * Layout: a row is the ring of one stripe for one outcome, a word for each bucket of time and one with what left the ring
   * (WindowRow). Rows are created when they are first needed: a window that never saw a failure has no row for them, an unused
   * one has none at all. Row [4 * stripe + outcome]. Outcomes have rows of their own, and calls are their sum, so a reader never
   * sees more failures than calls. Successes are striped. Failures are all in stripe 0: they share the word of consecutive
   * failures anyway, and what a failure reads must not grow with the stripes.
   *
   * Counting: one CAS on the word just loaded. If its epoch is an older one, the same CAS begins the new bucket, and its winner
   * moves the old count to the folded word. So no thread turns the ring, and no late writer erases a bucket, because a CAS on a
   * word that changed fails (stress: TimeWindowStress.LateWriterWipesNothing). A writer whose clock reading is older than the
   * word's epoch reads the clock again and never goes back. An empty word may be begun anew whatever its epoch says. A CAS that
   * fails although the epoch was right means two writers. Then the stripes are doubled, up to four for each core; beyond that
   * the writer goes to another one this time. Growing and adding replace the array by a CAS and copy references, never counts
   * (stress: TimeWindowStress.GrowthLosesNothing).
   *
   * Reading: a judgement sums the failures, then successes from the thread's own stripe on, the newest first, until twice as
   * many failures would not reach the rate. It leaves a limit for the next failures:
   *
   *   quiet = epoch:28 | limit:36: while the bucket of failures of that epoch holds fewer than the limit, no rate is reached.
   *
   * Within an epoch the same buckets are live, and the successes in them only grow. With S successes seen, the rate
   * needs F >= rate * S / (100 - rate) failures; a threshold for the number of failures is such an F. If there are F0,
   * of which c0 are in the bucket of the epoch, and all others come to that bucket, then the rate needs c0 + (F - F0)
   * there. So a failure whose own CAS left fewer than the limit judges nothing.
   *
   * Failures can also come to another bucket: from a late writer, from a predecessor (retire), or back from rows that the sweep
   * dropped. Who counts there takes the limit back afterwards and judges. Who leaves a limit sums the other buckets again
   * afterwards; if the sum has changed, it takes the limit back and judges again. Both are a write followed by a read of what
   * the other one writes, so one of them sees the other. A failure that relied on the limit in between was counted before it
   * was taken back, so the judgement that follows sees it. The same holds at the turn of an epoch: a late writer that still
   * finds the old limit counted before the new one was left. Limits are of one rate, hence a window fits other settings only
   * if their rate is the same. Slow calls are not in the limit: where they are judged, each failure judges. (Stress:
   * TimeWindowLimitStress.EpochTurn, LateWriterAgainstLimit, AdoptionAgainstLimit, SweepAgainstLimit.)
   *
   * The time is the coarse one, which may be a tick behind; a breaker judges again at the precise time before anything follows.
   * Each 64th failure of a bucket reads the precise clock, which moves on a coarse one whose timer gets no processor.
   *
   * The successes before a failure are those of the present bucket of one stripe and a base, the sum of all others. The base is
   * kept for a bucket while there is one stripe, and the sum is exact; it is kept for 10 ms if there are more.
   *
   * Retirement: every word of a row is exchanged for RETIRED, and the counts move to the lifetime totals. A straggler's CAS then
   * fails; it finds RETIRED and reads the array of rows again. The folded word becomes negative, so a straggler between its CAS
   * and its fold notices too (stress: TimeWindowRetirementStress.RetirementLosesNothing, RollOverAgainstRetirement). All rows
   * are retired when the breaker leaves the phase that the window belongs to: the array is ALL_RETIRED then, and the outcome is
   * late. They are also retired when nothing was counted for longer than the window is: the array is NONE then, and the outcome
   * creates a new row (stress: TimeWindowRetirementStress.SweepAgainstCount). So an unused breaker keeps no rows, and no epoch
   * grows so old that it comes round; the sweep forgets an expired limit for the same reason.
   *
   * Memory order: the array is read and replaced volatile, so that who finds a row in it finds it empty. Words are read with
   * acquire, which pairs with the CAS of the thread that began the bucket or retired it, and changed by volatile CAS. Weaker
   * would do for the count alone, but a success must be seen counted by the thread that set awaitsMinimum before the success
   * reads that flag (stress: CircuitBreakerStress.DueTripIsMade), and a failure by the thread that leaves a limit, which has a
   * full fence between the limit and its second sum. `single` and `base` are plain: a row is valid by itself, since a word says
   * whether it is retired, and the fields of a base are final.
   *
   * Progress: counting, judging and summing are lock-free.
   */
  private static final VarHandle ROWS = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "rows", VarHandle.class, TimeWindow.class, long[][].class);
  private static final VarHandle QUIET = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "quiet", VarHandle.class, TimeWindow.class, long.class);

  private static final long[][] NONE = new long[0][];
  private static final long[][] ALL_RETIRED = new long[0][];

  /** The maximum age of the sum of other stripes' successes when the successes before a failure are noted. */
  private static final long MARK_NANOS = 10_000_000;

  /** One failure of this number in a bucket reads the precise clock. */
  private static final int PRECISE_EVERY = 64;

  /** The rates that are judged after a failure: a sum of the flags below. */
  private static final byte NOTHING = 0;

  private static final byte FAILURES = 1;
  private static final byte SLOW_CALLS = 2;

  private final CircuitBreakerConfig rules;
  private final byte shift;
  private final byte span;
  private final byte judged;
  private final Totals totals;
  private final WindowSweeper sweeper;

  /** The next in the sweeper's list. */
  @Nullable
  TimeWindow nextLive;

  /** Replaced by CAS, to grow, to drop and to retire; the rows in it stay the same objects. */
  @SuppressWarnings("unused")
  private volatile long[][] rows = NONE;

  /**
   * The row of successes while it is the only one; null if it is not, or there is none. Plain: a thread that reads
   * an old value finds a row that is marked as retired, or one that it may still count in.
   */
  private long @Nullable [] single;

  /** The epoch in which the bucket of failures has a limit, and the limit; 0 before the first. */
  @SuppressWarnings("unused") // through its handle
  private volatile long quiet;

  /** Plain: its fields are final, and who sees an older one finds it out of date. */
  private @Nullable Base base;

  /** When the last outcome before the rows were dropped came, or the window was made. */
  private volatile long idleSince;

  /**
   * Creates an empty window without rows.
   *
   * @param rules how long an outcome counts, and which rates are judged; a bucket is between a 30th and a 15th of that time
   * @param now the time of the source
   * @param totals takes what is counted in the end
   * @param sweeper drops the rows when the window is idle
   */
  public TimeWindow(CircuitBreakerConfig rules, long now, Totals totals, WindowSweeper sweeper) {
    long lengthNanos = rules.window().toNanos();
    this.rules = rules;
    this.shift = (byte) shiftOf(lengthNanos);
    this.span = (byte) spanOf(lengthNanos);
    this.judged = judged(rules);
    this.totals = totals;
    this.sweeper = sweeper;
    this.idleSince = now;
  }

  private static byte judged(CircuitBreakerConfig rules) {
    if (rules.slowCallRateThreshold() != 0) {
      return SLOW_CALLS;
    }
    return rules.failureRateThreshold() == 0 && rules.failureCountThreshold() == 0
        ? NOTHING
        : FAILURES;
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
    return config.countWindow() == 0
        && shiftOf(nanos) == shift
        && spanOf(nanos) == span
        && judged(config) == judged
        && hasThresholdsOf(config);
  }

  private boolean hasThresholdsOf(CircuitBreakerConfig config) {
    return config.failureRateThreshold() == rules.failureRateThreshold()
        && config.failureCountThreshold() == rules.failureCountThreshold();
  }

  @Override
  public boolean count(int outcome, long now) {
    if (isFailure(outcome)) {
      long counted = add(outcome, 1, now, true);
      if (counted != 0 && judged == FAILURES) {
        isQuiet(outcome, counted);
      }
      return counted != 0;
    }
    return add(outcome, 1, now, true) != 0;
  }

  /**
   * Counts a success.
   *
   * @param now the time of the source; may be a little behind
   * @return false if the window is retired: the success is not counted here
   */
  public boolean countSuccess(long now) {
    long[] row = single;
    if (row != null) {
      int epoch = epochOf(now);
      int index = WindowRow.indexOf(row, epoch);
      long word = WindowRow.read(row, index);
      if (WindowRow.epochOf(word) == epoch && word != WindowRow.RETIRED) {
        if (WindowRow.cas(row, index, word, word + 1)) {
          return true;
        }
        contended(rows, 0);
      }
    }
    return add(SUCCESS, 1, now, true) != 0;
  }

  @Override
  public long fail(int outcome, long now) {
    long counted = add(outcome, 1, now, true);
    if (counted == 0) {
      return RETIRED;
    }
    if ((WindowRow.count(counted) & (PRECISE_EVERY - 1)) == 0) {
      // Moves a coarse clock on whose timer gets no processor.
      sweeper.clock().readPrecisely();
    }
    boolean asksForRates = judged == FAILURES ? !isQuiet(outcome, counted) : judged == SLOW_CALLS;
    if (consecutiveFailures() == 0) {
      raiseMark(successesBefore(WindowRow.epochOf(counted), now));
    }
    return addConsecutiveFailure(asksForRates);
  }

  /**
   * Counts a number of calls at once.
   *
   * @param isReading whether the time is a reading of the clock, which may be stale, and then is read again; else the outcomes
   *     are of that time
   * @return the word that has them; 0 if the window is retired, or has begun a later bucket in the place of the one of that
   *     time
   */
  private long add(int outcome, long amount, long time, boolean isReading) {
    boolean failed = isFailure(outcome);
    int hash = failed ? 0 : Stripes.hashOfThread();
    long at = time;
    while (true) {
      long[][] all = rows;
      if (all.length == 0 && all == ALL_RETIRED) {
        return 0;
      }
      long[] row = rowOf(all, hash, outcome);
      if (row == null) {
        addRow(all, hash, outcome);
        continue;
      }
      int epoch = epochOf(at);
      int index = WindowRow.indexOf(row, epoch);
      long word = WindowRow.read(row, index);
      if (word == WindowRow.RETIRED) {
        continue;
      }
      long count = WindowRow.count(word);
      int age = WindowRow.age(epoch, word);
      if (age < 0 && count != 0) {
        if (!isReading) {
          return 0;
        }
        // Behind. If we still are after reading the clock again, the word is so old that its epoch
        // came round: begin anew.
        at = sweeper.clock().readPrecisely();
        epoch = epochOf(at);
        if (WindowRow.age(epoch, word) >= 0 || WindowRow.indexOf(row, epoch) != index) {
          continue;
        }
      }
      boolean same = age == 0;
      long next = same ? word + amount : WindowRow.word(epoch, amount);
      if (WindowRow.cas(row, index, word, next)) {
        if (!same && count != 0) {
          fold(row, outcome, count);
        }
        return next;
      }
      if (failed) {
        Thread.onSpinWait();
      } else if (same) {
        hash = contended(all, hash);
      }
    }
  }

  /** Two writers met in a stripe: gives them more, or sends this one elsewhere. */
  private int contended(long[][] all, int hash) {
    single = null;
    if (all.length == 0) {
      // Retired meanwhile.
      return hash;
    }
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
    boolean first = outcome == SUCCESS && grown.length == OUTCOMES;
    long[] row = first ? WindowRow.first() : WindowRow.padded();
    grown[placeOf(grown, hash, outcome)] = row;
    // If this fails, another thread has changed the array; the caller looks again.
    if (ROWS.compareAndSet(this, all, grown)) {
      if (first) {
        single = row;
      }
      if (all.length == 0) {
        sweeper.watch(this);
      }
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
      moveConsecutiveFailures(heir);
    }
  }

  /** Returns whether the heir took a count. */
  private boolean retireRows(long[][] all, @Nullable TimeWindow heir) {
    boolean taken = false;
    long now = sweeper.clock().readPrecisely();
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
            && heir.add(outcome, count, WindowRow.beginning(now, age, shift), false) != 0) {
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
    if (heir != null && taken) {
      heir.forgetLimit(heir.epochOf(now));
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
    forgetExpiredLimit(present);
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
      single = null;
      base = null;
      // What was counted since the look above is still in the window.
      if (retireRows(all, this)) {
        totals.movedWithin(this);
      }
    }
    return false;
  }

  /** Returns whether a count of the row is still in the window. */
  private boolean foldExpired(long[] row, int outcome, int present) {
    boolean live = false;
    for (int place = 0; place < WindowRow.RING; place++) {
      int index = WindowRow.indexOf(row, place);
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

  @Override
  public WindowCounts counts(long now) {
    int present = epochOf(now);
    long failed = failures(FAILURE, present);
    long slowFailed = failures(SLOW_FAILURE, present);
    long slow = slowFailed + sum(SLOW_SUCCESS, present);
    return new WindowCounts(
        failed + slow + sum(SUCCESS, present), failed + slowFailed, slow, slowFailed);
  }

  // ---- judging

  @Override
  public Verdict judge(CircuitBreakerConfig config, long slowInFlight, long now) {
    int present = epochOf(now);
    if (config.slowCallRateThreshold() == 0) {
      return judgeFailures(config, present);
    }
    long failed = failures(FAILURE, present);
    long slowFailed = failures(SLOW_FAILURE, present);
    long slow = slowFailed + sum(SLOW_SUCCESS, present) + slowInFlight;
    // More successes only lower the rates. If the newest already keep them below the thresholds,
    // the others need not be read.
    long some = failed + slow + recent(SUCCESS, present);
    return judge(config, some, failed + slowFailed, slow) == Verdict.BELOW
        ? Verdict.BELOW
        : judge(config, failed + slow + sum(SUCCESS, present), failed + slowFailed, slow);
  }

  /** More successes only lower the share. If the newest already make it 0, older ones are not summed. */
  @Override
  public double throttleShare(CircuitBreakerConfig config, long now) {
    int present = epochOf(now);
    long failed = failures(FAILURE, present) + failures(SLOW_FAILURE, present);
    return failed == 0
        ? 0
        : throttleShare(
            config, failed + successes(present, (long) (failed / (config.throttle() - 1))), failed);
  }

  private Verdict judgeFailures(CircuitBreakerConfig config, int epoch) {
    double rate = config.failureRateThreshold();
    int most = config.failureCountThreshold();
    boolean limits = judged == FAILURES && hasThresholdsOf(config);
    while (true) {
      long before = quiet;
      int present = limits ? newer(before, epoch) : epoch;
      long elsewhere = failuresElsewhere(present);
      long[] row = rowOf(rows, 0, FAILURE);
      long here = row == null ? 0 : WindowRow.atAge(row, present, 0);
      long failed = elsewhere + here;
      if (failed == 0 || (rate == 0 && most == 0)) {
        return Verdict.BELOW;
      }
      long succeeded =
          rate == 0 ? 0 : successes(present, (long) (2 * failed * (100 - rate) / rate));
      Verdict verdict = judge(config, failed + succeeded, failed, 0);
      if (verdict != Verdict.BELOW || !limits || WindowRow.epochOf(before) != present) {
        return verdict;
      }
      // One less than the quotient, so that rounding does not matter.
      long byRate =
          rate == 0 ? 1L << 40 : (long) Math.min(1L << 40, rate * succeeded / (100 - rate)) - 1;
      long more = Math.min(byRate, most == 0 ? 1L << 40 : most - 1) - failed;
      if (more <= 1 || !QUIET.compareAndSet(this, before, WindowRow.limit(present, here + more))) {
        return verdict;
      }
      // Full: the limit before the sum. A failure that is counted in another bucket is in this sum,
      // or its writer finds the limit and takes it back.
      VarHandle.fullFence();
      if (failuresElsewhere(present) == elsewhere) {
        return verdict;
      }
      forgetLimit(present);
    }
  }

  /** Returns the epoch of a word if it is one that began a little after the other, else the other. */
  private static int newer(long word, int epoch) {
    int ahead = word == 0 ? 0 : -WindowRow.age(epoch, word);
    return ahead > 0 && ahead < WindowRow.RING ? WindowRow.epochOf(word) : epoch;
  }

  /** Returns whether no rate is reached by a failure that is counted in a word; if not, it has to be judged. */
  private boolean isQuiet(int outcome, long counted) {
    // Volatile, after the CAS that counted.
    long limit = quiet;
    if (outcome == FAILURE && WindowRow.isSameEpoch(counted, limit)) {
      return counted < limit;
    }
    forgetLimit(WindowRow.epochOf(counted));
    return false;
  }

  /** Takes the limit back, and turns to the epoch if it is a newer one. */
  private void forgetLimit(int epoch) {
    while (true) {
      long limit = quiet;
      long none = limit == 0 || WindowRow.age(epoch, limit) > 0
          ? WindowRow.word(epoch, 0)
          : WindowRow.emptied(limit);
      if (limit == none || QUIET.compareAndSet(this, limit, none)) {
        return;
      }
    }
  }

  private void forgetExpiredLimit(int present) {
    long limit = quiet;
    if (limit != 0 && !WindowRow.isLive(WindowRow.age(present, limit), span)) {
      QUIET.compareAndSet(this, limit, 0L);
    }
  }

  // ---- sums

  private long failures(int outcome, int present) {
    long[] row = rowOf(rows, 0, outcome);
    return row == null ? 0 : WindowRow.live(row, present, span);
  }

  private long failuresElsewhere(int present) {
    long[] row = rowOf(rows, 0, FAILURE);
    return failures(SLOW_FAILURE, present)
        + (row == null ? 0 : WindowRow.elsewhere(row, present, span));
  }

  /** Sums the successes in the window, those of the thread's own stripe and the newest first, until they are more than enough. */
  private long successes(int present, long enough) {
    long[][] all = rows;
    long sum = 0;
    for (int outcome = SUCCESS; outcome <= SLOW_SUCCESS; outcome += SLOW_SUCCESS) {
      int place = all.length == 0 ? 0 : placeOf(all, Stripes.hashOfThread(), outcome);
      for (int i = 0; i < all.length && sum <= enough; i += OUTCOMES) {
        long[] row = all[(place + i) & (all.length - 1)];
        if (row != null) {
          sum += WindowRow.live(row, present, span, enough - sum);
        }
      }
    }
    return sum;
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

  private long recent(int outcome, int present) {
    long[][] all = rows;
    long sum = 0;
    for (int i = outcome; i < all.length; i += OUTCOMES) {
      long[] row = all[i];
      if (row != null) {
        sum += WindowRow.atAge(row, present, 0) + WindowRow.atAge(row, present, 1);
      }
    }
    return sum;
  }

  /** Successes of all times at some instant, but for those of one bucket. */
  private static final class Base {
    private final long @Nullable [] row;
    private final int epoch;
    private final long at;
    private final long others;

    Base(long @Nullable [] row, int epoch, long at, long others) {
      this.row = row;
      this.epoch = epoch;
      this.at = at;
      this.others = others;
    }

    boolean isOf(long[][] all, int presentEpoch, long now) {
      return epoch == presentEpoch
          && (all.length == OUTCOMES ? row == all[SUCCESS] : now - at < MARK_NANOS);
    }

    long sum() {
      return others + (row == null ? 0 : WindowRow.atAge(row, epoch, 0));
    }
  }

  /** Returns the successes of all times: exactly of one stripe, a little late of several. */
  private long successesBefore(int epoch, long now) {
    long[][] all = rows;
    Base known = base;
    if (all.length == 0 || (all.length == OUTCOMES && all[SLOW_SUCCESS] != null)) {
      return successesOfAllTimes();
    }
    if (known == null || !known.isOf(all, epoch, now)) {
      long[] row = rowOf(all, Stripes.hashOfThread(), SUCCESS);
      long here = row == null ? 0 : WindowRow.atAge(row, epoch, 0);
      known = new Base(row, epoch, now, successesOfAllTimes() - here);
      base = known;
    }
    return known.sum();
  }

  private long successesOfAllTimes() {
    return totals.successes() + total(SUCCESS) + total(SLOW_SUCCESS);
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
