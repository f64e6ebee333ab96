package io.aragora.resilience.core;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.core.circuitbreaker.CircuitBreakerStateMachine;
import io.aragora.resilience.core.health.CoreHealthRegistry;
import io.aragora.resilience.core.persistence.StateKeeper;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What breakers and the state store say about the health of their application: degraded at worst, never out of service. */
final class RuntimeHealth {
  private static final int MAX_NAMED = 10;

  private RuntimeHealth() {}

  static CoreHealthRegistry.Contribution ofBreakers(
      Supplier<Collection<CircuitBreakerStateMachine>> breakers) {
    return results -> {
      Collection<CircuitBreakerStateMachine> all = breakers.get();
      if (!all.isEmpty()) {
        results.put("circuit breakers", judge(all));
      }
    };
  }

  private static HealthResult judge(Collection<? extends CircuitBreaker> breakers) {
    List<String> notClosed = breakers.stream()
        .filter(RuntimeHealth::isImpaired)
        .map(breaker -> breaker.name() + " " + breaker.state().text())
        .sorted()
        .toList();
    if (notClosed.isEmpty()) {
      return HealthResult.healthy();
    }
    String named = notClosed.stream().limit(MAX_NAMED).collect(Collectors.joining(", "));
    String more =
        notClosed.size() > MAX_NAMED ? " and " + (notClosed.size() - MAX_NAMED) + " more" : "";
    return HealthResult.of(HealthStatus.DEGRADED, named + more);
  }

  private static boolean isImpaired(CircuitBreaker breaker) {
    CircuitBreakerState state = breaker.state();
    return state.code() != CircuitBreakerState.CLOSED.code();
  }

  static CoreHealthRegistry.Contribution ofStore(Supplier<@Nullable StateKeeper> store) {
    return results -> {
      StateKeeper keeper = store.get();
      if (keeper == null) {
        return;
      }
      String error = keeper.status().lastError();
      results.put(
          "state store",
          error == null ? HealthResult.healthy() : HealthResult.of(HealthStatus.DEGRADED, error));
    };
  }
}
