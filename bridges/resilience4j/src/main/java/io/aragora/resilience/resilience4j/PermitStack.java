package io.aragora.resilience.resilience4j;

import java.util.Arrays;

/**
 * Permits that are held by callers who will not show them again: Resilience4j's callers complete a call without saying which.
 * The latest is taken first. Beyond the bound the oldest is dropped, which only a caller that never completes its calls can
 * reach. Thread-safe, under its own lock; nothing of the application runs under it.
 */
final class PermitStack {
  static final long NONE = 0;

  private long[] permits = new long[4];
  private int size;

  /**
   * Adds a permit.
   *
   * @param bound how many are kept with this one; at least 1
   */
  synchronized void push(long permit, int bound) {
    int dropped = size - bound + 1;
    if (dropped > 0) {
      System.arraycopy(permits, dropped, permits, 0, size - dropped);
      size -= dropped;
    }
    if (size == permits.length) {
      permits = Arrays.copyOf(permits, 2 * size);
    }
    permits[size++] = permit;
  }

  /** Returns the latest permit; {@link #NONE} if there is none. */
  synchronized long pop() {
    return size == 0 ? NONE : permits[--size];
  }
}
