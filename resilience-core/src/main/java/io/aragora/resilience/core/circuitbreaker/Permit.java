package io.aragora.resilience.core.circuitbreaker;

/**
 * The permits of a breaker, in a long: which kind of state admitted the call, and which one it was.
 *
 * <pre>
 *   closed     00 | generation:62
 *   half-open  01 | generation:24 | slot:10 | sequence:28
 *   bypass     11 | generation:62
 * </pre>
 *
 * <p>Generations begin with 1, so no permit is 0.
 */
final class Permit {
  static final int CLOSED = 0;
  static final int HALF_OPEN = 1;
  static final int BYPASS = 3;

  private static final int KIND_SHIFT = 62;
  private static final long GENERATION_MASK = (1L << KIND_SHIFT) - 1;
  private static final int SEQUENCE_BITS = 28;
  private static final int SLOT_BITS = 10;
  private static final int SHORT_GENERATION_SHIFT = SEQUENCE_BITS + SLOT_BITS;
  private static final long SHORT_GENERATION_MASK =
      (1L << (KIND_SHIFT - SHORT_GENERATION_SHIFT)) - 1;

  private Permit() {}

  static long closed(long generation) {
    return generation & GENERATION_MASK;
  }

  static long bypass(long generation) {
    return ((long) BYPASS << KIND_SHIFT) | (generation & GENERATION_MASK);
  }

  static long halfOpen(long generation, int slot, int sequence) {
    return ((long) HALF_OPEN << KIND_SHIFT)
        | ((generation & SHORT_GENERATION_MASK) << SHORT_GENERATION_SHIFT)
        | ((long) slot << SEQUENCE_BITS)
        | sequence;
  }

  static int kind(long permit) {
    return (int) (permit >>> KIND_SHIFT);
  }

  static boolean isOfGeneration(long permit, long generation) {
    return kind(permit) == HALF_OPEN
        ? ((permit >>> SHORT_GENERATION_SHIFT) & SHORT_GENERATION_MASK)
            == (generation & SHORT_GENERATION_MASK)
        : (permit & GENERATION_MASK) == (generation & GENERATION_MASK);
  }

  static int slot(long permit) {
    return (int) (permit >>> SEQUENCE_BITS) & ((1 << SLOT_BITS) - 1);
  }

  static int sequence(long permit) {
    return (int) permit & ((1 << SEQUENCE_BITS) - 1);
  }
}
