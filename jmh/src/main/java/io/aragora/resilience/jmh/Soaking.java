package io.aragora.resilience.jmh;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waiting of a measurement for what goes on beside it. */
final class Soaking {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private Soaking() {}

  /** Waits until something is so; fails when it takes longer. */
  static void await(BooleanSupplier condition, int seconds, String failure) {
    if (!isSoWithin(condition, seconds)) {
      throw new IllegalStateException(failure + ", after " + seconds + " s");
    }
  }

  /** Waits until something is so. */
  static boolean isSoWithin(BooleanSupplier condition, int seconds) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return true;
  }

  /** Does nothing for a while. */
  static void rest(int seconds) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    for (long left; (left = deadline - System.nanoTime()) > 0; ) {
      LockSupport.parkNanos(left);
    }
  }
}
