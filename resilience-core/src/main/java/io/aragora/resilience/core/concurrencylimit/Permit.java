package io.aragora.resilience.core.concurrencylimit;

/** The permits of a concurrency limit. */
final class Permit {
  /*
   * A permit is a number, so that a call allocates nothing:  0 | 1 | window:24 | start:38.
   *
   * Window: the number of the window in which the call began, from 1 on; 0 if its latency is not measured. Start: when it began, in
   * units of 2^10 ns. It comes round after 78 hours; a call that takes longer is a sample that is too short.
   */
  private static final long IS_PERMIT = 1L << 62;

  private static final int WINDOW_BITS = 24;
  private static final int START_BITS = 38;
  private static final int UNIT_SHIFT = 10;
  private static final long START_MASK = (1L << START_BITS) - 1;

  /** The permit of a call whose latency is not measured. */
  static final long UNMEASURED = IS_PERMIT;

  private Permit() {}

  /** Returns the permit of a call that begins now. */
  static long of(int window, long now) {
    return IS_PERMIT | ((long) window << START_BITS) | ((now >>> UNIT_SHIFT) & START_MASK);
  }

  static boolean isOne(long permit) {
    return permit >>> 62 == 1;
  }

  static boolean isMeasured(long permit) {
    return window(permit) != 0;
  }

  static int window(long permit) {
    return (int) (permit >>> START_BITS) & ((1 << WINDOW_BITS) - 1);
  }

  /** Returns how long ago the call began, in nanoseconds. */
  static long age(long permit, long now) {
    return (((now >>> UNIT_SHIFT) - permit) & START_MASK) << UNIT_SHIFT;
  }

  /** Returns the number of the next window. */
  static int after(int window) {
    return window + 1 < 1 << WINDOW_BITS ? window + 1 : 1;
  }
}
