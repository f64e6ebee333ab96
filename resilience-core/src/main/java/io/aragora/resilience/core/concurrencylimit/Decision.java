package io.aragora.resilience.core.concurrencylimit;

import io.aragora.resilience.concurrencylimit.LimitChange;

/**
 * The decision of the rule at the end of a window.
 *
 * @param recentNanos the percentile of the window's latencies, or 0 if it had none
 * @param baseNanos the base after the window, or 0 if none has been learnt yet
 * @param gradient between 0.5 and 1
 * @param rule the rule that decided
 * @param atLeast the number of successive windows, this one included, that ran at the least limit while overloaded
 */
record Decision(
    int from,
    int to,
    double recentNanos,
    double baseNanos,
    double gradient,
    long drops,
    int mostInFlight,
    LimitChange rule,
    int atLeast) {}
