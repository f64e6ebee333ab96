package io.aragora.resilience.retry;

/**
 * What became of the attempts of one number.
 *
 * @param attempt 1 for the first attempt of each call; the last that is counted by itself stands for all later ones too
 * @param succeeded attempts that ended well
 * @param failed attempts that ended with a failure or a refused result, whether or not another one followed
 */
public record RetryAttemptTotals(int attempt, long succeeded, long failed) {}
