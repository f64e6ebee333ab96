package io.aragora.resilience.retry;

/**
 * What a retry counted over its life.
 *
 * @param succeededAtOnce calls whose first attempt was good
 * @param succeededAfterRetry calls where a later attempt was
 * @param exhausted calls that failed when attempts or time were used up
 * @param notRetried calls that failed with something that is not retried
 * @param retries attempts beyond the first of each call
 */
public record RetryTotals(
    long succeededAtOnce,
    long succeededAfterRetry,
    long exhausted,
    long notRetried,
    long retries) {}
