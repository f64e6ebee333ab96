package io.aragora.resilience.core.stripe;

/** Which of several stripes a thread writes to. */
public final class Stripes {
  /** The most stripes that are of use: four for each core, as a power of two. */
  public static final int MAX = max();

  /** The bits of a hash. The highest ones differ the most between threads. */
  public static final int HASH_BITS = 12;

  /** The least summand with which every number leads to 20 others before it comes again; 1 would lead 3293 back to itself. */
  private static final int SUMMAND = 25;

  private Stripes() {}

  private static int max() {
    int limit = Runtime.getRuntime().availableProcessors() * 4;
    return Integer.highestOneBit(Math.max(1, limit - 1)) << 1;
  }

  /**
   * Returns the thread's number among stripes.
   *
   * @return a number whose low bits choose a stripe
   */
  @SuppressWarnings("deprecation") // Thread.threadId() is younger than our bytecode
  public static int hashOfThread() {
    return rehash((int) Thread.currentThread().getId());
  }

  /**
   * Returns another number, for a thread that met another one. Fibonacci hashing: from these bits, thread ids that differ by 1
   * to 6, as in a pool, never share one of 8 stripes.
   *
   * @param hash the number so far
   * @return another one
   */
  public static int rehash(int hash) {
    return ((hash + SUMMAND) * 0x9E3779B9) >>> (Integer.SIZE - HASH_BITS);
  }
}
