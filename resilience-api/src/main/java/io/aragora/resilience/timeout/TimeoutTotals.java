package io.aragora.resilience.timeout;

/**
 * What a timeout counted over its life.
 *
 * @param inTime calls that ended in time, well or not
 * @param fired calls that were ended by the limit
 * @param late calls that ended by themselves after the limit, because the body did not heed the interrupt
 */
public record TimeoutTotals(long inTime, long fired, long late) {}
