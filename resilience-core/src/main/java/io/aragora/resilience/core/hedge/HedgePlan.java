package io.aragora.resilience.core.hedge;

import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.retry.RetryBudget;
import org.jspecify.annotations.Nullable;

/**
 * The config of a hedge, prepared for its calls.
 *
 * @param config the config
 * @param maxHedges the largest number of hedges of a call
 * @param fixedNanos the delay in nanoseconds if it does not follow the latencies
 * @param latencies the delay that follows the latencies; null if it is fixed
 * @param budget the budget that hedges take from
 */
record HedgePlan(
    HedgeConfig config,
    int maxHedges,
    long fixedNanos,
    @Nullable HedgeDelay latencies,
    RetryBudget budget) {
  static HedgePlan of(HedgeConfig config, @Nullable HedgeDelay latencies, RetryBudget own) {
    RetryBudget given = config.budget();
    return new HedgePlan(
        config,
        config.maxHedges(),
        config.delay() == null ? 0 : Nanos.of(config.delay()),
        latencies,
        given == null ? own : given);
  }

  long delayNanos() {
    return latencies == null ? fixedNanos : latencies.nanos();
  }
}
