package io.aragora.resilience.core;

import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSummary;
import io.aragora.resilience.core.chaos.ChaosSwitch;
import io.aragora.resilience.core.health.Contribution;
import io.aragora.resilience.core.persistence.StateSaver;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.time.TimeSource;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The health of a runtime's breakers, state store, bulkheads and limiters, chaos, and threads. The worst status is degraded, never
 * out of service.
 */
final class RuntimeHealth {
  private static final int MAX_NAMED = 10;

  private RuntimeHealth() {}

  static Contribution ofBreakers(Supplier<CircuitBreakerSummary> breakers) {
    return new Contribution(HealthRegistry.CIRCUIT_BREAKERS, () -> {
      CircuitBreakerSummary summary = breakers.get();
      return summary.total() == 0 ? null : judge(summary);
    });
  }

  private static HealthResult judge(CircuitBreakerSummary summary) {
    String named = summary.impaired().entrySet().stream()
        .limit(MAX_NAMED)
        .map(breaker -> breaker.getKey() + " " + breaker.getValue().text())
        .collect(Collectors.joining(", "));
    long more = summary.notShown() + Math.max(0, summary.impaired().size() - MAX_NAMED);
    return HealthResult.of(summary.status(), more == 0 ? named : named + " and " + more + " more")
        .withDetails(Map.of(
            "total", summary.total(), "open", summary.open(), "half_open", summary.halfOpen()));
  }

  static Contribution ofAdmission(RuntimePolicies policies) {
    return new Contribution(HealthRegistry.ADMISSION, new AdmissionHealth(policies));
  }

  static Contribution ofChaos(RuntimeSettings outside, RuntimePolicies policies) {
    return new Contribution(HealthRegistry.CHAOS, () -> {
      if (!outside.chaos().isEnabled()) {
        return null;
      }
      ChaosSwitch chaos = policies.chaosSwitch();
      Instant until = chaos.activeUntil().orElse(null);
      return until == null
          ? HealthResult.healthy()
          : HealthResult.of(
              HealthStatus.DEGRADED, "chaos is active until " + until + ": " + chaos.named());
    });
  }

  static Contribution ofCoalescers(RuntimePolicies policies) {
    return new Contribution(HealthRegistry.COALESCERS, new CoalescerHealth(policies));
  }

  static Contribution ofThreads(Supplier<Collection<ThreadLoad>> loads, TimeSource time) {
    return new Contribution(HealthRegistry.THREADS, new ThreadHealth(loads, time));
  }

  static Contribution ofStore(@Nullable StateSaver saver) {
    return new Contribution(HealthRegistry.STATE_STORE, () -> {
      if (saver == null) {
        return null;
      }
      String error = saver.status().lastError();
      return error == null ? HealthResult.healthy() : HealthResult.of(HealthStatus.DEGRADED, error);
    });
  }
}
