package io.aragora.resilience.jmh.soak;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits of a measurement. */
final class Soaking {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private Soaking() {}

  /** Waits for a condition; fails after a minute. */
  static void await(BooleanSupplier condition, int seconds, String failure) {
    if (!isSoWithin(condition, seconds)) {
      throw new IllegalStateException(failure + ", after " + seconds + " s");
    }
  }

  /** Waits for a condition. */
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

  /** Waits for a time. */
  static void rest(int seconds) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    for (long left; (left = deadline - System.nanoTime()) > 0; ) {
      LockSupport.parkNanos(left);
    }
  }
}
