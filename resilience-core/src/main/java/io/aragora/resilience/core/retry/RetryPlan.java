package io.aragora.resilience.core.retry;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.retry.RetryConfig;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The settings that a call which succeeds at once reads, side by side. Immutable.
 *
 * @param config the whole config
 * @param retryResultIf rejects results; null if every result is accepted
 * @param followsSuccess whether a first attempt that succeeds has to be credited to a budget or
 *     published. Without a budget, its class is never loaded, and the compiler does not inline a call
 *     that returns an object of such a class
 * @param needsPreciseStart whether the call needs its start more precisely than the coarse clock
 *     has it. Only {@code maxDuration} does
 */
record RetryPlan(
    RetryConfig config,
    @Nullable Predicate<@Nullable Object> retryResultIf,
    boolean followsSuccess,
    boolean needsPreciseStart) {

  static RetryPlan of(RetryConfig config, boolean isSuccessHeard) {
    return new RetryPlan(
        config,
        config.retryResultIf(),
        config.budget() != null || isSuccessHeard,
        !config.maxDuration().equals(Setting.LONGEST));
  }
}
