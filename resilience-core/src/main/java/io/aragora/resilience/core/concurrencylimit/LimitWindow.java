package io.aragora.resilience.core.concurrencylimit;

/**
 * The samples of a window.
 *
 * @param samples the number of latencies; a drop is none
 * @param recentNanos their percentile, which is not read if there are none
 * @param certainNanos a latency that the percentile does not exceed by chance, however few samples there are; infinite if they do not
 *     say
 * @param mostInFlight the most calls that were under way at an instant of the window
 * @param drops the number of calls that failed because of overload
 */
record LimitWindow(
    long samples, double recentNanos, double certainNanos, int mostInFlight, long drops) {}
