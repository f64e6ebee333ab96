package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.EndpointContribution;
import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.RuntimeStatus;
import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.retry.RetryTotals;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerTotals;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutTotals;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** Runtimes and policies with fixed numbers. */
final class Fakes {
  private Fakes() {}

  /** Implements the named methods and those of Object; any other call fails the test. */
  static <T> T fake(Class<T> type, Map<String, Function<Object[], Object>> methods) {
    return type.cast(Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (self, method, args) -> switch (method.getName()) {
          case "equals" -> self == args[0];
          case "hashCode" -> System.identityHashCode(self);
          case "toString" -> type.getSimpleName();
          default -> {
            Function<Object[], Object> answer = methods.get(method.getName());
            if (answer == null) {
              throw new UnsupportedOperationException(method.toString());
            }
            yield answer.apply(args);
          }
        }));
  }

  static CircuitBreaker breaker(String name, AtomicReference<CircuitBreakerTotals> totals) {
    return breaker(name, CircuitBreakerState.CLOSED, 0, 0, 0, totals);
  }

  static CircuitBreaker breaker(
      String name,
      CircuitBreakerState state,
      long transitions,
      long windowCalls,
      long windowFailures,
      AtomicReference<CircuitBreakerTotals> totals) {
    return fake(
        CircuitBreaker.class,
        Map.of(
            "name",
            args -> name,
            "snapshot",
            args -> CircuitBreakerSnapshot.builder(name)
                .state(state)
                .cause(TransitionCause.values()[0])
                .generation(7)
                .transitions(transitions)
                .windowCalls(windowCalls)
                .windowFailures(windowFailures)
                .slowCalls(5)
                .totals(totals.get())
                .build(),
            "transitions",
            args -> args[0] == CircuitBreakerState.CLOSED && args[1] == CircuitBreakerState.OPEN
                ? transitions
                : 0L));
  }

  static KeyedCircuitBreaker keyedBreaker(String name, int size, long evictions, long overflows) {
    return fake(
        KeyedCircuitBreaker.class,
        Map.of(
            "name", args -> name,
            "size", args -> size,
            "evictions", args -> evictions,
            "overflows", args -> overflows,
            "totals", args -> CircuitBreakerTotals.ZERO,
            "transitions", args -> 0L,
            "forEachKey", args -> name));
  }

  static Retry retry(String name, RetryTotals totals) {
    return fake(
        Retry.class,
        Map.of(
            "name", args -> name,
            "totals", args -> totals));
  }

  static RetryBudget budget(String name, double level, long rejected) {
    return fake(
        RetryBudget.class,
        Map.of("name", args -> name, "level", args -> level, "rejected", args -> rejected));
  }

  static Timeout timeout(String name, TimeoutTotals totals) {
    return fake(Timeout.class, Map.of("name", args -> name, "totals", args -> totals));
  }

  /** A runtime, also as its plug-ins see it. */
  static final class Runtime implements ResilienceContext {
    final List<CircuitBreaker> breakers = new ArrayList<>();
    final List<KeyedCircuitBreaker> keyedBreakers = new ArrayList<>();
    final List<Retry> retries = new ArrayList<>();
    final List<RetryBudget> budgets = new ArrayList<>();
    final List<Timeout> timeouts = new ArrayList<>();
    final Map<String, FallbackTotals> fallbacks = new HashMap<>();
    final Map<String, String> properties = new HashMap<>();
    final List<ResilienceExtension> extensions = new ArrayList<>();
    StateStoreStatus storeStatus = StateStoreStatus.NONE;
    final Map<String, HealthResult> checks = new LinkedHashMap<>();
    boolean checksEnd = true;

    private final Resilience resilience;

    Runtime(String name) {
      this.resilience = fake(
          Resilience.class,
          Map.ofEntries(
              Map.entry("name", args -> name),
              Map.entry("policies", args -> policies()),
              Map.entry("status", args -> status()),
              Map.entry("health", args -> health()),
              Map.entry(
                  "extension",
                  args -> extensions.stream()
                      .filter(((Class<?>) args[0])::isInstance)
                      .findFirst())));
    }

    /** Writes the policies as core does. */
    private Object write(Readings into) {
      for (Retry retry : retries) {
        into.policy("retry", retry.name());
        RetryTotals totals = retry.totals();
        for (RetryEvent.Kind kind : RetryEvent.Kind.values()) {
          switch (kind) {
            case RETRY -> into.count("retries", "", totals.count(kind));
            case SUCCEEDED_AT_ONCE -> into.count("calls", "success", totals.count(kind));
            case SUCCEEDED_AFTER_RETRY ->
              into.count("calls", "success_after_retry", totals.count(kind));
            default ->
              into.count("calls", kind.name().toLowerCase(Locale.ROOT), totals.count(kind));
          }
        }
        into.count("attempts.1", "success", totals.succeededAtOnce());
        into.count("attempts.1", "failure", 7);
        if (totals.succeededAfterRetry() != 0) {
          into.count("attempts.2", "success", totals.succeededAfterRetry());
        }
      }
      for (RetryBudget budget : budgets) {
        into.policy("retrybudget", budget.name());
        into.level("level", budget.level());
        into.count("rejected", "", budget.rejected());
      }
      for (Timeout timeout : timeouts) {
        into.policy("timeout", timeout.name());
        TimeoutTotals totals = timeout.totals();
        into.count("calls", "in_time", totals.inTime());
        into.count("calls", "fired", totals.fired());
        into.count("calls", "late", totals.late());
        into.count("timeouts", "", totals.fired() + totals.late());
      }
      fallbacks.forEach((pipeline, totals) -> {
        into.policy("fallback", pipeline);
        into.count("calls", "used", totals.used());
        into.count("calls", "failed", totals.failed());
      });
      return this;
    }

    private Policies policies() {
      return fake(
          Policies.class,
          Map.of(
              "circuitBreakers", args -> List.copyOf(breakers),
              "keyedCircuitBreakers", args -> List.copyOf(keyedBreakers),
              "retries", args -> List.copyOf(retries),
              "retryBudgets", args -> List.copyOf(budgets),
              "timeouts", args -> List.copyOf(timeouts),
              "read", args -> write((Readings) args[0]),
              "keyedRateLimiters", args -> List.of()));
    }

    private RuntimeStatus status() {
      return fake(
          RuntimeStatus.class,
          Map.of(
              "fallbacks", args -> Map.copyOf(fallbacks),
              "stateStore", args -> storeStatus,
              "timer",
                  args -> TimerTotals.builder()
                      .fired(3)
                      .lateness(Duration.ofMillis(1500))
                      .build(),
              "threads",
                  args -> List.of(
                      ThreadLoad.builder("end").busy(2).bound(1000).failures(1).build())));
    }

    private HealthReport report() {
      return HealthReport.of(HealthStatus.HEALTHY, checks, Instant.EPOCH);
    }

    private HealthRegistry health() {
      return fake(
          HealthRegistry.class,
          Map.of(
              "checkAllAsync",
              args -> checksEnd
                  ? CompletableFuture.completedFuture(report())
                  : new CompletableFuture<>(),
              "report",
              args -> report(),
              "consecutiveFailures",
              args -> 1L));
    }

    @Override
    public Resilience resilience() {
      return resilience;
    }

    @Override
    public TimeSource timeSource() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Optional<String> property(String key) {
      return Optional.ofNullable(properties.get(key));
    }

    @Override
    public List<EndpointContribution> endpointContributions() {
      return Collections.emptyList();
    }
  }
}
