package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.EndpointContribution;
import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.RuntimeStatus;
import io.aragora.resilience.chaos.ChaosControl;
import io.aragora.resilience.chaos.ChaosState;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthListener;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTracker;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A runtime with a name and health, as its plug-ins see it. */
final class FakeRuntime implements ResilienceContext, HealthRegistry {
  static final Instant CHECKED_AT = Instant.parse("2026-03-04T05:06:07Z");

  final Map<String, String> properties = new ConcurrentHashMap<>();
  final List<EndpointContribution> contributions = new ArrayList<>();
  final Map<HealthGroup, Supplier<HealthReport>> groups = new ConcurrentHashMap<>();
  final Map<String, HealthCheck> registered = new ConcurrentHashMap<>();
  Supplier<HealthReport> all = () -> report(HealthStatus.HEALTHY);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience;

  FakeRuntime(String name) {
    this.resilience = fake(
        Resilience.class,
        Map.of(
            "name",
            name,
            "health",
            this,
            "status",
            fake(
                RuntimeStatus.class,
                Map.of("stateStore", StateStoreStatus.NONE, "fallbacks", Map.of())),
            "chaos",
            fake(ChaosControl.class, Map.of("state", ChaosState.NOT_ENABLED)),
            "policies",
            fake(
                Policies.class,
                Stream.of(
                        "circuitBreakers",
                        "keyedCircuitBreakers",
                        "retries",
                        "retryBudgets",
                        "timeouts",
                        "read")
                    .collect(Collectors.toMap(Function.identity(), each -> List.of())))));
  }

  private static <T> T fake(Class<T> type, Map<String, Object> answers) {
    return type.cast(Proxy.newProxyInstance(
        type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
          Object answer = answers.get(method.getName());
          if (answer == null) {
            throw new UnsupportedOperationException(method.toString());
          }
          return answer;
        }));
  }

  static HealthReport report(HealthStatus status) {
    return HealthReport.of(status, Map.of(), CHECKED_AT);
  }

  static HealthReport report(HealthStatus status, String name, HealthResult result) {
    return HealthReport.of(status, new LinkedHashMap<>(Map.of(name, result)), CHECKED_AT);
  }

  @Override
  public Resilience resilience() {
    return resilience;
  }

  @Override
  public Optional<String> property(String key) {
    return Optional.ofNullable(properties.get(key));
  }

  @Override
  public List<EndpointContribution> endpointContributions() {
    return List.copyOf(contributions);
  }

  @Override
  public HealthReport checkAll() {
    return all.get();
  }

  @Override
  public HealthReport check(HealthGroup group) {
    return groups.getOrDefault(group, () -> report(HealthStatus.HEALTHY)).get();
  }

  @Override
  public TimeSource timeSource() {
    return time;
  }

  @Override
  public Subscription register(String name, HealthCheck check, HealthCheckOptions options) {
    registered.put(name, check);
    return () -> registered.remove(name);
  }

  @Override
  public Set<String> names() {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletableFuture<HealthReport> checkAllAsync() {
    return CompletableFuture.completedFuture(all.get());
  }

  @Override
  public CompletableFuture<HealthReport> checkAsync(HealthGroup group) {
    throw new UnsupportedOperationException();
  }

  @Override
  public HealthTracker tracker(String name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public HealthTracker tracker(String name, HealthTrackerConfig config) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<HealthTracker> findTracker(String name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Collection<HealthTracker> trackers() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean unregister(String name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public HealthReport report() {
    throw new UnsupportedOperationException();
  }

  @Override
  public long consecutiveFailures(String name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Subscription checkEvery(Duration interval) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Subscription subscribe(HealthListener listener) {
    throw new UnsupportedOperationException();
  }
}
