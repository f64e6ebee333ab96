package io.aragora.resilience.examples.simulation;

/**
 * The result of a run.
 *
 * @param calls calls that callers made
 * @param ended calls that ended, each once
 * @param succeeded calls that had an answer
 * @param attempts requests that reached the dependency
 * @param worstLoad the most requests for a call within ten seconds, in percent
 * @param answeredInOutage calls that had an answer during the outage
 * @param recoverySeconds from the end of the outage until nine of ten calls are answered again; -1 for never
 * @param transitions transitions of the breaker
 * @param rejected retries that the budget rejected
 */
public record Outcome(
    long calls,
    long ended,
    long succeeded,
    long attempts,
    long worstLoad,
    long answeredInOutage,
    int recoverySeconds,
    long transitions,
    long rejected) {}
