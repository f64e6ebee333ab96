package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.core.admission.LeasedSlots;

/**
 * The permits of a breaker, in a long: which kind of state admitted the call, and which one it was.
 *
 * <pre>
 *   closed     00 | generation:62
 *   half-open  01 | generation:24 | claim of a slot:38
 *   timed      10 | generation:24 | microseconds since the phase began:38
 *   bypass     11 | generation:62
 * </pre>
 *
 * <p>Timed permits are those of states that have to know how long a call took. Their microseconds wrap after three days, and
 * differences are signed, so a call of more than 38 hours is not seen to be slow. Generations begin with 1, so no permit is 0.
 */
final class Permit {
  static final int CLOSED = 0;
  static final int HALF_OPEN = 1;
  static final int TIMED = 2;
  static final int BYPASS = 3;

  private static final int KIND_SHIFT = 62;
  private static final long GENERATION_MASK = (1L << KIND_SHIFT) - 1;
  private static final int SHORT_GENERATION_SHIFT = LeasedSlots.CLAIM_BITS;
  private static final long SHORT_GENERATION_MASK =
      (1L << (KIND_SHIFT - SHORT_GENERATION_SHIFT)) - 1;
  private static final long LOW_MASK = (1L << SHORT_GENERATION_SHIFT) - 1;

  private Permit() {}

  static long closed(long generation) {
    return generation & GENERATION_MASK;
  }

  static long bypass(long generation) {
    return ((long) BYPASS << KIND_SHIFT) | (generation & GENERATION_MASK);
  }

  static long halfOpen(long generation, long claim) {
    return ((long) HALF_OPEN << KIND_SHIFT)
        | ((generation & SHORT_GENERATION_MASK) << SHORT_GENERATION_SHIFT)
        | (claim & LOW_MASK);
  }

  static long timed(long generation, long micros) {
    return ((long) TIMED << KIND_SHIFT)
        | ((generation & SHORT_GENERATION_MASK) << SHORT_GENERATION_SHIFT)
        | (micros & LOW_MASK);
  }

  static int kind(long permit) {
    return (int) (permit >>> KIND_SHIFT);
  }

  static boolean isOfGeneration(long permit, long generation) {
    int kind = kind(permit);
    boolean whole = kind == CLOSED || kind == BYPASS;
    return whole
        ? ((permit ^ generation) & GENERATION_MASK) == 0
        : ((shortGeneration(permit) ^ generation) & SHORT_GENERATION_MASK) == 0;
  }

  private static long shortGeneration(long permit) {
    return permit >>> SHORT_GENERATION_SHIFT;
  }

  static long claim(long permit) {
    return permit & LOW_MASK;
  }

  /** Returns the microseconds from a timed permit to a moment of the same phase; negative if that moment is earlier. */
  static long microsSince(long permit, long micros) {
    int unused = Long.SIZE - SHORT_GENERATION_SHIFT;
    return (micros - permit) << unused >> unused;
  }
}
