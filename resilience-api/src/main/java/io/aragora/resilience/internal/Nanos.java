package io.aragora.resilience.internal;

import java.time.Duration;

/**
 * Arithmetic on nanoseconds that saturates. A setting may be as long as a {@code long} of nanoseconds; a sum with such a
 * duration must not come out negative. Stateless and thread-safe.
 */
public final class Nanos {
  /** The longest duration that is calculated with, 146 years: with a time of a process, the sum is a {@code long}. */
  public static final long MOST = Long.MAX_VALUE / 2;

  /** The latest time that {@link #after} returns: a second before the end of the range, so that a timer can round it up. */
  public static final long LATEST = Long.MAX_VALUE - 1_000_000_000;

  private Nanos() {}

  /**
   * Returns the nanoseconds of a setting.
   *
   * @param duration not negative, at most {@link Setting#LONGEST}
   * @return its nanoseconds; {@link #MOST} if it is longer, which no process can tell apart
   */
  public static long of(Duration duration) {
    return Math.min(MOST, duration.toNanos());
  }

  /**
   * Returns the time after a delay.
   *
   * @param now a time, not negative
   * @param nanos the delay, not negative
   * @return the sum, at most {@link #LATEST}
   */
  public static long after(long now, long nanos) {
    return nanos < LATEST - now ? now + nanos : LATEST;
  }
}
