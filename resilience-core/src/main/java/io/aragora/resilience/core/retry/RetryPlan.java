package io.aragora.resilience.core.retry;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryConfig;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The settings that a call which succeeds at once reads, side by side. Immutable.
 *
 * @param config the whole config
 * @param retryResultIf rejects results; null if every result is accepted
 * @param budget the budget, or null
 * @param needsPreciseStart whether the call needs its start more precisely than the coarse clock
 *     has it. Only {@code maxDuration} does
 */
record RetryPlan(
    RetryConfig config,
    @Nullable Predicate<@Nullable Object> retryResultIf,
    @Nullable RetryBudget budget,
    boolean needsPreciseStart) {

  static RetryPlan of(RetryConfig config) {
    return new RetryPlan(
        config,
        config.retryResultIf(),
        config.budget(),
        !config.maxDuration().equals(Setting.LONGEST));
  }
}
