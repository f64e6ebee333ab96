package io.aragora.resilience.core;

import io.aragora.resilience.core.coalescing.CoreCoalescer;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The health of a runtime's coalescers: degraded while a stored result has stood in for a failure within the last 10 s. Null as long as
 * none stores results. Thread-safe.
 */
final class CoalescerHealth implements Supplier<@Nullable HealthResult> {
  private static final long LATELY_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int MAX_NAMED = 10;

  private final RuntimePolicies policies;

  CoalescerHealth(RuntimePolicies policies) {
    this.policies = policies;
  }

  @Override
  public @Nullable HealthResult get() {
    boolean isAnyCaching = false;
    List<String> stale = new ArrayList<>();
    for (CoreCoalescer<?, ?> coalescer : policies.coalescers.all()) {
      isAnyCaching |= coalescer.config().cache() != null;
      if (coalescer.hasServedStaleWithin(LATELY_NANOS)) {
        stale.add(coalescer.name());
      }
    }
    if (stale.isEmpty()) {
      return isAnyCaching ? HealthResult.healthy() : null;
    }
    String named = String.join(", ", stale.subList(0, Math.min(MAX_NAMED, stale.size())));
    int more = stale.size() - MAX_NAMED;
    return HealthResult.of(
        HealthStatus.DEGRADED,
        "stale results stand in for failures: "
            + (more > 0 ? named + " and " + more + " more" : named));
  }
}
