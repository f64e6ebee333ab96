package io.aragora.resilience.time;

import java.time.Duration;

/**
 * What the timer of a runtime counted. The mean lateness is normally one or two milliseconds, which is its resolution; more
 * says that its thread does not get to run.
 *
 * @param fired how many operations were fired since the start
 * @param lateness by how much they were later than their deadlines, all together
 */
public record TimerTotals(long fired, Duration lateness) {}
