package io.aragora.resilience.jmh.simulation;

/**
 * A second of a simulation.
 *
 * @param limit the limit at its end
 * @param looks whether the limit is lowered for a measurement at its end
 * @param baseMillis the latency that the limiter takes for that without load, at its end, or NaN if it has none
 * @param served the calls that were served while their callers waited
 * @param rejected the calls that were not admitted
 * @param dropped the calls whose callers gave up
 * @param medianMillis the median of the latencies of those served, or NaN if there are none
 * @param p90Millis the latency that nine tenths of those served did not exceed, or NaN if there are none
 */
record Second(
    double limit,
    boolean looks,
    double baseMillis,
    int served,
    int rejected,
    int dropped,
    double medianMillis,
    double p90Millis) {}
