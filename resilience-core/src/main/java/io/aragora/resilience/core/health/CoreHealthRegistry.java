package io.aragora.resilience.core.health;

import io.aragora.resilience.CallInterruptedException;
import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.Subscription;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.spi.Setting;
import io.aragora.resilience.time.TimeSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Runs checks in parallel, each within its own timeout, and puts their results together. */
public final class CoreHealthRegistry implements HealthRegistry {
  private static final int MAX_CHECKS = 1000;

  private final String runtime;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final List<Contribution> contributions;

  /** Guarded by itself; held for look-ups only, never while a check runs. */
  private final Map<String, RegisteredCheck> checks = new LinkedHashMap<>();

  /** Something of the runtime itself that has a say in readiness, answered at once. */
  @FunctionalInterface
  public interface Contribution {
    /**
     * Adds its result.
     *
     * @param results name and result go here; nothing where there is nothing to say
     */
    void addTo(Map<String, HealthResult> results);
  }

  /**
   * Makes an empty registry.
   *
   * @param runtime the name of its runtime
   * @param time its time
   * @param timer ends checks that take too long
   * @param dispatcher runs checks
   * @param contributions of the runtime itself; none makes a group worse than degraded
   */
  public CoreHealthRegistry(
      String runtime,
      TimeSource time,
      Timer timer,
      Dispatcher dispatcher,
      List<Contribution> contributions) {
    this.runtime = runtime;
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
    this.contributions = List.copyOf(contributions);
  }

  @Override
  public Subscription register(String name, HealthCheck check, HealthCheckOptions options) {
    Setting.name("health check", name);
    RegisteredCheck registered = new RegisteredCheck(
        name,
        Objects.requireNonNull(check, "check"),
        Objects.requireNonNull(options, "options"),
        runtime,
        time,
        timer,
        dispatcher);
    synchronized (checks) {
      if (checks.containsKey(name)) {
        throw new ResilienceConfigurationException("health check '" + name
            + "' is registered already: choose another name, or close the first");
      }
      if (checks.size() >= MAX_CHECKS) {
        throw new ResilienceConfigurationException(
            "at most " + MAX_CHECKS + " health checks may be registered: " + name);
      }
      checks.put(name, registered);
    }
    return () -> {
      synchronized (checks) {
        checks.remove(name, registered);
      }
    };
  }

  @Override
  public Set<String> names() {
    synchronized (checks) {
      return Collections.unmodifiableSet(new LinkedHashSet<>(checks.keySet()));
    }
  }

  @Override
  public HealthReport checkAll() {
    return await(checkAllAsync());
  }

  @Override
  public HealthReport check(HealthGroup group) {
    return await(checkAsync(group));
  }

  private HealthReport await(CompletableFuture<HealthReport> report) {
    try {
      return report.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CallInterruptedException("health of " + runtime);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a health report never fails", e.getCause());
    }
  }

  @Override
  public CompletableFuture<HealthReport> checkAllAsync() {
    return run(null);
  }

  @Override
  public CompletableFuture<HealthReport> checkAsync(HealthGroup group) {
    return run(Objects.requireNonNull(group, "group"));
  }

  private CompletableFuture<HealthReport> run(@Nullable HealthGroup group) {
    List<RegisteredCheck> asked = new ArrayList<>();
    synchronized (checks) {
      for (RegisteredCheck check : checks.values()) {
        if (group == null || check.options().groups().contains(group)) {
          asked.add(check);
        }
      }
    }
    List<CompletableFuture<HealthResult>> running = new ArrayList<>(asked.size());
    for (RegisteredCheck check : asked) {
      running.add(check.run());
    }
    return CompletableFuture.allOf(running.toArray(CompletableFuture[]::new))
        .thenApply(done -> report(group, asked, running));
  }

  private HealthReport report(
      @Nullable HealthGroup group,
      List<RegisteredCheck> asked,
      List<CompletableFuture<HealthResult>> done) {
    Map<String, HealthResult> results = new LinkedHashMap<>();
    HealthStatus status = HealthStatus.HEALTHY;
    for (int i = 0; i < asked.size(); i++) {
      HealthResult result = done.get(i).join();
      results.put(asked.get(i).name(), result);
      status = status.worse(weigh(result.status(), asked.get(i).options().critical()));
    }
    if (group == null || group == HealthGroup.READINESS) {
      Map<String, HealthResult> own = new LinkedHashMap<>();
      contributions.forEach(contribution -> contribution.addTo(own));
      for (Map.Entry<String, HealthResult> each : own.entrySet()) {
        results.putIfAbsent(each.getKey(), each.getValue());
        status = status.worse(weigh(each.getValue().status(), false));
      }
    }
    return new HealthReport(status, results, time.wallTime());
  }

  private static HealthStatus weigh(HealthStatus status, boolean critical) {
    return critical || status.isServing() ? status : HealthStatus.DEGRADED;
  }
}
