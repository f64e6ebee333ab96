package io.aragora.resilience.core;

import io.aragora.resilience.bulkhead.BulkheadSnapshot;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExplanation;
import io.aragora.resilience.core.bulkhead.CoreBulkhead;
import io.aragora.resilience.core.concurrencylimit.CoreConcurrencyLimit;
import io.aragora.resilience.core.ratelimiter.CoreKeyedRateLimiter;
import io.aragora.resilience.core.ratelimiter.CoreRateLimiter;
import io.aragora.resilience.core.retry.TokenBudget;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The health of a runtime's bulkheads, concurrency limits and rate limiters: degraded while a bulkhead has rejected a
 * call within the last 10 s, a concurrency limit has been at its least for five overloaded windows, a limiter is
 * paused, or a shared limiter or retry budget works without the quota store. A bulkhead whose calls only wait is
 * healthy, and so is a limiter that rejects: that is what it is for. Null as long as there are none. Thread-safe.
 */
final class AdmissionHealth implements Supplier<@Nullable HealthResult> {
  private static final long LATELY_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int MAX_NAMED = 10;
  private static final int WINDOWS_AT_LEAST = 5;
  private static final String ALONE =
      " is alone: the quota store does not answer, or has it with other settings";

  private final RuntimePolicies policies;

  AdmissionHealth(RuntimePolicies policies) {
    this.policies = policies;
  }

  @Override
  public @Nullable HealthResult get() {
    Collection<CoreBulkhead> bulkheads = policies.bulkheads.all();
    Collection<CoreConcurrencyLimit> limits = policies.concurrencyLimits.all();
    Collection<CoreRateLimiter> limiters = policies.rateLimiters.all();
    Collection<CoreKeyedRateLimiter> keyed = policies.keyedRateLimiters.all();
    Collection<TokenBudget> budgets = policies.budgets.all();
    if (bulkheads.isEmpty()
        && limits.isEmpty()
        && limiters.isEmpty()
        && keyed.isEmpty()
        && budgets.stream().noneMatch(budget -> budget.config().isShared())) {
      return null;
    }
    List<String> troubles = new ArrayList<>();
    for (CoreBulkhead bulkhead : bulkheads) {
      if (bulkhead.hasRejectedWithin(LATELY_NANOS)) {
        BulkheadSnapshot now = bulkhead.snapshot();
        troubles.add(bulkhead + " rejects calls: " + now.inUse() + " of " + now.limit()
            + " in use, " + now.waiting() + " waiting");
      }
    }
    for (CoreConcurrencyLimit limit : limits) {
      if (limit.windowsAtLeast() >= WINDOWS_AT_LEAST) {
        ConcurrencyLimitExplanation last = limit.explain();
        troubles.add(limit + " is at its least, " + last.to()
            + ", and its calls are still overloaded: recent " + last.recent().toMillis()
            + " ms, base " + last.base().toMillis() + " ms, " + last.drops() + " drops");
      }
    }
    for (CoreRateLimiter limiter : limiters) {
      addPaused(limiter.name(), limiter.snapshot().pausedFor(), troubles);
      if (limiter.isAlone()) {
        troubles.add(limiter + ALONE);
      }
    }
    for (TokenBudget budget : budgets) {
      if (budget.isAlone()) {
        troubles.add("retry budget '" + budget.name() + "'" + ALONE);
      }
    }
    for (CoreKeyedRateLimiter limiter : keyed) {
      limiter
          .pausedKeys(MAX_NAMED)
          .forEach((key, left) -> addPaused(limiter.name() + ":" + key, left, troubles));
    }
    if (troubles.isEmpty()) {
      return HealthResult.healthy();
    }
    String named = String.join("; ", troubles.subList(0, Math.min(MAX_NAMED, troubles.size())));
    int more = troubles.size() - MAX_NAMED;
    return HealthResult.of(
        HealthStatus.DEGRADED, more > 0 ? named + "; and " + more + " more" : named);
  }

  private static void addPaused(String limiter, Duration left, List<String> troubles) {
    if (!left.isZero()) {
      long seconds = left.plusNanos(999_999_999).toSeconds();
      troubles.add("rate limiter '" + limiter + "' is paused for " + seconds + " s");
    }
  }
}
