package io.aragora.resilience.retry;

/**
 * What a retry counted over its life.
 *
 * @param succeededAtOnce calls whose first attempt was good
 * @param succeededAfterRetry calls where a later attempt was
 * @param exhausted calls that failed when attempts, time or budget were used up
 * @param outOfBudget those of the exhausted that had attempts and time left, but no budget
 * @param notRetried calls that failed with something that is not retried
 * @param retries attempts beyond the first of each call
 */
public record RetryTotals(
    long succeededAtOnce,
    long succeededAfterRetry,
    long exhausted,
    long outOfBudget,
    long notRetried,
    long retries) {}
