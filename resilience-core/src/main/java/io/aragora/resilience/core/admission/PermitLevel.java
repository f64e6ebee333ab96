package io.aragora.resilience.core.admission;

import io.aragora.resilience.time.TimeSource;

/** The permits of one limiter. Lock-free; taking permits allocates nothing. */
public interface PermitLevel {
  /**
   * Takes permits, all or none.
   *
   * @param permits the number of permits, at least 1, at most the largest that can be saved
   * @param time the clock
   * @return whether they were taken; if not, nothing was written
   */
  boolean tryTake(int permits, TimeSource time);

  /**
   * Returns the time at which permits can be taken.
   *
   * @param time the clock
   * @param from the earliest time at which they may be taken; a time in the past for now
   * @param before the number of permits that others take before
   * @param permits the number of permits
   * @return a time of the clock, not in the past; {@link io.aragora.resilience.internal.Nanos#LATEST} if it is
   *     later than the end of any wait
   */
  long readyAt(TimeSource time, long from, long before, int permits);

  /**
   * Returns how many permits can be taken.
   *
   * @param time the clock
   * @return the number of permits
   */
  long available(TimeSource time);

  /**
   * Lowers the number of permits that can be taken.
   *
   * @param permits the largest number, not negative
   * @param time the clock
   * @return false if there were certainly no more
   */
  boolean lower(long permits, TimeSource time);
}
