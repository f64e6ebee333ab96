package io.aragora.resilience.examples.overload;

/**
 * What callers saw in a part of a second.
 *
 * @param seconds when it ended, since the beginning of the run
 * @param offered how many calls a second were made
 * @param served how many calls a second were answered in time
 * @param p90Millis the latency that nine tenths of the answers did not exceed; not a number if there were none
 * @param limit the concurrency limit at its end; not a number if there is none
 */
record Moment(double seconds, double offered, double served, double p90Millis, double limit) {}
