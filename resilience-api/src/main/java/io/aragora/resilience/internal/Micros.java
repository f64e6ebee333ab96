package io.aragora.resilience.internal;

import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** Whole microseconds since 1970 in UTC, as state stores write instants. Stateless and thread-safe. */
public final class Micros {
  private static final int NANOS_PER_MICRO = 1_000;

  private Micros() {}

  /**
   * Returns the microseconds of an instant. Rounds down, before 1970 too, so that the order of instants is the order of their numbers.
   *
   * @param instant the instant
   * @return its microseconds
   * @throws ArithmeticException if {@code instant} is more than 292,000 years away from 1970
   */
  public static long of(Instant instant) {
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), TimeUnit.SECONDS.toMicros(1)),
        instant.getNano() / NANOS_PER_MICRO);
  }

  /**
   * Returns the microseconds of an instant, so that "before {@code Instant.MAX}" selects each row.
   *
   * @param instant the instant
   * @return its microseconds; the largest or the smallest {@code long} if they do not fit
   */
  public static long ofOrFarthest(Instant instant) {
    try {
      return of(instant);
    } catch (ArithmeticException e) {
      return instant.isAfter(Instant.EPOCH) ? Long.MAX_VALUE : Long.MIN_VALUE;
    }
  }
}
