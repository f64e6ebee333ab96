package io.aragora.resilience.core.health;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.core.registry.DeclaringCode;
import io.aragora.resilience.core.timer.Timer;
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
import io.aragora.resilience.health.HealthTransition;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs checks in parallel, each within its own timeout, and combines their results with those of
 * the trackers. Thread-safe.
 */
public final class CoreHealthRegistry implements HealthRegistry {
  private record Declared(
      HealthTrackerConfig config, @Nullable Object place) {
    void requireSame(String name, HealthTrackerConfig later) {
      if (!config.equals(later)) {
        config
            .declaredSettings()
            .requireSame(
                "health tracker '" + name + "'",
                place,
                later.declaredSettings(),
                DeclaringCode.caller());
      }
    }
  }

  private final String runtime;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final EventChannel<HealthTransition> events;
  private final List<ContributingComponent> contributing;

  /**
   * Guarded by itself, as {@link #declared} is. The lock is held for look-ups only, never while a
   * check or a listener runs.
   */
  private final Map<String, Component> components = new LinkedHashMap<>();

  private final Map<String, Declared> declared = new LinkedHashMap<>();

  /**
   * Creates a registry that holds the runtime's contributions only.
   *
   * @param runtime the name of the runtime
   * @param time its time source
   * @param timer ends checks that exceed their timeout
   * @param dispatcher runs checks and delivers events
   * @param contributions those of the runtime; none makes a group worse than degraded
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
    this.events = new EventChannel<>("health of " + runtime, dispatcher);
    this.contributing = contributions.stream()
        .map(contribution -> new ContributingComponent(contribution, time, events))
        .toList();
  }

  @Override
  public Subscription register(String name, HealthCheck check, HealthCheckOptions options) {
    Setting.name("health check", name);
    RegisteredCheck registered = new RegisteredCheck(
        name,
        Objects.requireNonNull(check, "check"),
        Objects.requireNonNull(options, "options"),
        time,
        timer,
        dispatcher,
        events);
    synchronized (components) {
      Component known = components.get(name);
      if (known != null) {
        throw taken("health check", name, known);
      }
      add(registered);
    }
    return () -> remove(registered);
  }

  @Override
  public HealthTracker tracker(String name) {
    synchronized (components) {
      return findOrMake(name, HealthTrackerConfig.defaults());
    }
  }

  @Override
  public HealthTracker tracker(String name, HealthTrackerConfig config) {
    Objects.requireNonNull(config, "config");
    synchronized (components) {
      CoreHealthTracker tracker = findOrMake(name, config);
      Declared first = declared.get(name);
      if (first == null) {
        declared.put(name, new Declared(config, DeclaringCode.caller()));
        tracker.configure(config);
      } else {
        first.requireSame(name, config);
      }
      return tracker;
    }
  }

  private CoreHealthTracker findOrMake(String name, HealthTrackerConfig config) {
    Component known = components.get(name);
    if (known instanceof CoreHealthTracker tracker) {
      return tracker;
    }
    Setting.name("health tracker", name);
    if (known != null) {
      throw taken("health tracker", name, known);
    }
    CoreHealthTracker made = new CoreHealthTracker(name, config, time, events);
    add(made);
    return made;
  }

  private void add(Component component) {
    String name = component.name();
    if (RESERVED_NAMES.contains(name)) {
      throw new ResilienceConfigurationException(
          "health component name '" + name + "' is reserved for the runtime. Choose another name");
    }
    if (components.size() >= MAX_COMPONENTS) {
      throw new ResilienceConfigurationException(
          "cannot register '" + name + "': the runtime already holds " + MAX_COMPONENTS
              + " health checks and trackers. Remove unused ones");
    }
    components.put(name, component);
  }

  private static ResilienceConfigurationException taken(
      String kind, String name, Component present) {
    return new ResilienceConfigurationException(kind + " '" + name + "' is already registered as a "
        + (present instanceof CoreHealthTracker ? "tracker" : "check")
        + ". Choose another name, or remove that one first");
  }

  @Override
  public Optional<HealthTracker> findTracker(String name) {
    synchronized (components) {
      return components.get(name) instanceof CoreHealthTracker tracker
          ? Optional.of(tracker)
          : Optional.empty();
    }
  }

  @Override
  public Collection<HealthTracker> trackers() {
    List<HealthTracker> trackers = new ArrayList<>();
    for (Component component : all(null)) {
      if (component instanceof CoreHealthTracker tracker) {
        trackers.add(tracker);
      }
    }
    return Collections.unmodifiableList(trackers);
  }

  @Override
  public boolean unregister(String name) {
    Component known;
    synchronized (components) {
      known = components.get(name);
    }
    return known != null && remove(known);
  }

  private boolean remove(Component component) {
    synchronized (components) {
      if (!components.remove(component.name(), component)) {
        return false;
      }
      declared.remove(component.name());
    }
    component.detach();
    return true;
  }

  @Override
  public Set<String> names() {
    synchronized (components) {
      return Collections.unmodifiableSet(new LinkedHashSet<>(components.keySet()));
    }
  }

  @Override
  public HealthReport checkAll() {
    return await(look(null));
  }

  @Override
  public HealthReport check(HealthGroup group) {
    return await(look(Objects.requireNonNull(group, "group")));
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
    return apart(look(null));
  }

  @Override
  public CompletableFuture<HealthReport> checkAsync(HealthGroup group) {
    return apart(look(Objects.requireNonNull(group, "group")));
  }

  /** Continuations are code of the application, and may block: they do not run on the thread of the last check. */
  @SuppressWarnings("FutureReturnValueIgnored") // what it returns ends as the given future does
  private CompletableFuture<HealthReport> apart(CompletableFuture<HealthReport> report) {
    if (report.isDone()) {
      return report;
    }
    CompletableFuture<HealthReport> own = new CompletableFuture<>();
    report.whenComplete((found, failure) -> {
      try {
        dispatcher.endReport(() -> end(own, found, failure));
      } catch (Throwable e) {
        // No thread takes it, or the heap is full. Code that waits for the report must not wait
        // forever.
        end(own, found, failure);
      }
    });
    return own;
  }

  private static void end(
      CompletableFuture<HealthReport> own,
      @Nullable HealthReport found,
      @Nullable Throwable failure) {
    if (failure == null) {
      own.complete(found);
    } else {
      own.completeExceptionally(failure);
    }
  }

  /**
   * Begins the checks of a group.
   *
   * @param group the group; null for all checks
   * @return the report, completed by the thread of the last check
   */
  CompletableFuture<HealthReport> look(@Nullable HealthGroup group) {
    // All checks begin before the caller waits for the first.
    Map<Component, CompletableFuture<? extends @Nullable HealthResult>> looks =
        new LinkedHashMap<>();
    for (Component component : asked(group)) {
      looks.put(component, component.look());
    }
    return CompletableFuture.allOf(looks.values().toArray(CompletableFuture[]::new))
        .thenApply(done -> report(looks.keySet(), component -> {
          CompletableFuture<? extends @Nullable HealthResult> ended = looks.get(component);
          return ended == null ? null : ended.join();
        }));
  }

  @Override
  public HealthReport report() {
    return report(asked(null), Component::known);
  }

  @Override
  public long consecutiveFailures(String name) {
    Component known;
    synchronized (components) {
      known = components.get(name);
    }
    if (known != null) {
      return known.consecutiveFailures();
    }
    for (ContributingComponent own : contributing) {
      if (own.name().equals(name)) {
        return own.consecutiveFailures();
      }
    }
    return 0;
  }

  private List<Component> asked(@Nullable HealthGroup group) {
    List<Component> asked = all(group);
    for (ContributingComponent own : contributing) {
      if (group == null || own.isIn(group)) {
        asked.add(own);
      }
    }
    return asked;
  }

  private List<Component> all(@Nullable HealthGroup group) {
    synchronized (components) {
      List<Component> all = new ArrayList<>(components.size() + contributing.size());
      for (Component component : components.values()) {
        if (group == null || component.isIn(group)) {
          all.add(component);
        }
      }
      return all;
    }
  }

  private HealthReport report(
      Collection<Component> asked, Function<Component, @Nullable HealthResult> found) {
    Map<String, HealthResult> results = new LinkedHashMap<>();
    HealthStatus status = HealthStatus.HEALTHY;
    for (Component component : asked) {
      HealthResult result = found.apply(component);
      if (result != null) {
        results.put(component.name(), result);
        status = status.worse(weigh(result.status(), component.isCritical()));
      }
    }
    return HealthReport.of(status, results, time.wallTime());
  }

  private static HealthStatus weigh(HealthStatus status, boolean critical) {
    return critical || status.isServing() ? status : HealthStatus.DEGRADED;
  }

  @Override
  public Subscription checkEvery(Duration interval) {
    Setting.positive("interval", interval);
    if (interval.compareTo(Duration.ofMillis(100)) < 0) {
      throw new IllegalArgumentException("interval must be at least 100 ms: " + interval);
    }
    RegularChecks regular = new RegularChecks(this, Nanos.of(interval), time, timer, dispatcher);
    regular.armAgain();
    return regular;
  }

  @Override
  public Subscription subscribe(HealthListener listener) {
    Objects.requireNonNull(listener, "listener");
    return events.subscribe(listener::onTransition);
  }
}
