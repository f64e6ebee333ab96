package io.aragora.resilience.core.window;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** A window of up to 24 outcomes, which fit in the word. Lock-free. */
final class ShortCountWindow extends CountWindow {
  /*
   * size:5 | slow:24 | failed:24. The youngest outcome is bit 0 of each history, and one CAS shifts them all. The word says
   * everything, so that a reader sees one instant (stress: CountWindowStress.ShortWindowIsExact). Retired: RETIRED, whose size
   * no window has.
   */
  private static final VarHandle WORD = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "word", VarHandle.class, ShortCountWindow.class, long.class);

  /** The longest window of this kind. */
  static final int MAX_LENGTH = 24;

  private static final int SLOW_SHIFT = 24;
  private static final int SIZE_SHIFT = 48;
  private static final long RETIRED = -1;

  private final long history;
  private volatile long word;

  ShortCountWindow(int length, long now, Totals totals) {
    super(length, now, totals);
    this.history = (1L << length) - 1;
  }

  @Override
  boolean push(int outcome) {
    for (int spins = FEWEST_SPINS; ; spins = giveWay(spins)) {
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
            size(present),
            Long.bitCount(failed(present)),
            Long.bitCount(slow(present)),
            Long.bitCount(failed(present) & slow(present)));
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
  public double throttleShare(CircuitBreakerConfig config, long now) {
    long present = word;
    return present == RETIRED
        ? 0
        : throttleShare(config, size(present), Long.bitCount(failed(present)));
  }

  @Override
  void retireInto(@Nullable CountWindow heir) {
    long last = (long) WORD.getAndSet(this, RETIRED);
    for (int age = size(last) - 1; heir != null && age >= 0; age--) {
      long failed = (failed(last) >>> age) & 1;
      long slow = (slow(last) >>> age) & 1;
      heir.push((int) (failed | (slow << 1)));
    }
  }
}
