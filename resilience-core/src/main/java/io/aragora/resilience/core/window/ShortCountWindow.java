package io.aragora.resilience.core.window;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** Counts exactly the last so many outcomes, up to 24, in one word. Lock-free. */
public final class ShortCountWindow extends TimestampedWindow {
  /*
   * size:5 | slow:24 | failed:24. The youngest outcome is bit 0 of each history, and one CAS shifts them all. The word says
   * everything, so that a reader sees one instant. Retired: RETIRED, whose size no window has.
   */
  private static final VarHandle WORD = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "word", VarHandle.class, ShortCountWindow.class, long.class);

  /** The longest window of this kind. */
  static final int MAX_LENGTH = 24;

  private static final int SLOW_SHIFT = 24;
  private static final int SIZE_SHIFT = 48;
  private static final long RETIRED = -1;

  private final int length;
  private final long history;
  private final Totals totals;
  private volatile long word;

  ShortCountWindow(int length, long now, Totals totals) {
    this.length = length;
    this.history = (1L << length) - 1;
    noteTime(FAILURE, now);
    this.totals = totals;
  }

  @Override
  public boolean count(int outcome, long now) {
    if (!push(outcome)) {
      return false;
    }
    noteTime(outcome, now);
    totals.add(outcome, 1);
    return true;
  }

  private boolean push(int outcome) {
    for (int spins = 16; ; spins = giveWay(spins)) {
      long present = word;
      if (present == RETIRED) {
        return false;
      }
      long failed = ((failed(present) << 1) | (outcome & FAILURE)) & history;
      long slow = ((slow(present) << 1) | (isSlow(outcome) ? 1 : 0)) & history;
      int size = Math.min(length, size(present) + 1);
      long next = ((long) size << SIZE_SHIFT) | (slow << SLOW_SHIFT) | failed;
      if (WORD.compareAndSet(this, present, next)) {
        return true;
      }
    }
  }

  private static long failed(long word) {
    return word & ((1L << MAX_LENGTH) - 1);
  }

  private static long slow(long word) {
    return (word >>> SLOW_SHIFT) & ((1L << MAX_LENGTH) - 1);
  }

  private static int size(long word) {
    return (int) (word >>> SIZE_SHIFT);
  }

  @Override
  public WindowCounts counts(long now) {
    long present = word;
    return present == RETIRED
        ? WindowCounts.NONE
        : new WindowCounts(
            size(present), Long.bitCount(failed(present)), Long.bitCount(slow(present)));
  }

  @Override
  public Verdict judge(CircuitBreakerConfig config, long slowInFlight, long now) {
    long present = word;
    if (present == RETIRED) {
      return Verdict.BELOW;
    }
    return judge(
        config,
        size(present) + slowInFlight,
        Long.bitCount(failed(present)),
        Long.bitCount(slow(present)) + slowInFlight);
  }

  @Override
  public long total(int outcome) {
    return 0;
  }

  @Override
  public boolean fits(CircuitBreakerConfig config) {
    return config.countWindow() == length;
  }

  @Override
  public void retire(@Nullable OutcomeWindow heir) {
    long last = (long) WORD.getAndSet(this, RETIRED);
    long succeeded = lastSuccess(0);
    if (succeeded >= 0) {
      totals.succeededAt(succeeded);
    }
    for (int age = size(last) - 1; heir != null && age >= 0; age--) {
      long failed = (failed(last) >>> age) & 1;
      long slow = (slow(last) >>> age) & 1;
      CountWindow.pushInto(heir, (int) (failed | (slow << 1)));
    }
    if (heir != null) {
      moveStreak(heir);
    }
  }

  /** Takes an outcome that is in the totals already. */
  boolean take(int outcome) {
    return push(outcome);
  }
}
