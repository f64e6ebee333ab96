package io.aragora.resilience.internal;

/**
 * A breaker whose numbers are read without a snapshot, since a scrape or a summary may read ten thousand of them. Thread-safe.
 */
public interface ReadableBreaker {
  /**
   * Reads this breaker.
   *
   * @param into receives the numbers at their {@link Place}
   */
  void read(long[] into);

  /**
   * Reads the window of this breaker; while the breaker is open, the one that opened it.
   *
   * @param into receives the numbers at their {@link Place}
   */
  void readWindow(long[] into);

  /** {@return the number of failures since the last success} While the breaker is open, those that opened it. */
  int consecutiveFailures();

  /** The places of the numbers; constants of a class, so that breakers do not inherit their names. */
  final class Place {
    /** Calls that failed. */
    public static final int FAILURES = 0;

    /** Calls that ended without an outcome. */
    public static final int IGNORED = 1;

    /** Outcomes that decided nothing. */
    public static final int LATE = 2;

    /** Calls that were rejected. */
    public static final int REJECTED = 3;

    /** Calls that succeeded. */
    public static final int SUCCESSES = 4;

    /** Slow calls. */
    public static final int SLOW = 5;

    /** Rejected calls that a closed breaker throttled. */
    public static final int THROTTLED = 6;

    /** State changes. */
    public static final int TRANSITIONS = 7;

    /** The code of the state. */
    public static final int STATE = 8;

    /**
     * The share of failures from 0 to 1, as the bits of a double: in the window; without a window, in the one that opened the breaker. NaN
     * if there is neither.
     */
    public static final int FAILURE_RATE = 9;

    /** The share of calls that are throttled from 0 to 0.9, as the bits of a double. NaN if the settings throttle nothing. */
    public static final int THROTTLE_SHARE = 10;

    /** The number of readings of the breaker; those of its window follow. */
    public static final int NUMBERS = 11;

    /** Calls in the window. */
    public static final int WINDOW_CALLS = 11;

    /** Failures in the window. */
    public static final int WINDOW_FAILURES = 12;

    /** The number of readings, those of the window included. */
    public static final int ALL_NUMBERS = 13;

    private Place() {}
  }
}
