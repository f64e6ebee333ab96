package io.aragora.resilience.fallback;

/**
 * What the fallbacks of the pipelines of one name counted over the life of their runtime.
 *
 * @param used failures for which a value was given
 * @param failed failures for which a fallback had a rule that failed too
 */
public record FallbackTotals(long used, long failed) {}
