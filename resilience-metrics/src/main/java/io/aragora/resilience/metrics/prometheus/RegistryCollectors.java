package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.internal.QuietLock;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the one collector of each Prometheus registry. Static, because a registry cannot store it and runtimes are
 * independent of each other. It keeps no registry alive: keys are weak, and the registry itself references the
 * collector while it is registered. Thread-safe.
 */
final class RegistryCollectors {
  /**
   * Held while a collector is registered, so that no runtime is added to one that the registry rejects. The registry runs no code of
   * the application then; it asks the collector for the names of its families.
   */
  private static final QuietLock LOCK = new QuietLock();

  private static final Map<PrometheusRegistry, WeakReference<ResilienceCollector>> COLLECTORS =
      new WeakHashMap<>();

  /**
   * A runtime in a registry.
   *
   * @param durations receives the durations of its calls; null if timing is off
   * @param detach removes the runtime when run; the last one unregisters the collector
   */
  record Shown(@Nullable DurationHistograms durations, Runnable detach) {}

  private RegistryCollectors() {}

  /**
   * Adds a runtime to a registry; the first one registers the collector.
   *
   * @return the runtime in its registry
   * @throws IllegalArgumentException if the registry has one of these metric names from another collector
   */
  static Shown attach(
      PrometheusRegistry registry, Resilience resilience, MetricsSettings settings) {
    LOCK.lock();
    try {
      ResilienceCollector known = find(registry);
      ResilienceCollector collector = known != null ? known : new ResilienceCollector();
      ResilienceCollector.Source source = collector.add(resilience, settings);
      if (known == null) {
        // If it throws, the new collector is dropped together with its runtime.
        registry.register(collector);
        COLLECTORS.put(registry, new WeakReference<>(collector));
      }
      return new Shown(source.durations(), () -> detach(registry, collector, source));
    } finally {
      LOCK.unlock();
    }
  }

  private static void detach(
      PrometheusRegistry registry,
      ResilienceCollector collector,
      ResilienceCollector.Source source) {
    LOCK.lock();
    try {
      if (collector.remove(source) && collector.isEmpty()) {
        COLLECTORS.remove(registry);
        registry.unregister(collector);
      }
    } finally {
      LOCK.unlock();
    }
  }

  /** Finds the collector of a registry; null if no runtime is shown in it. */
  static @Nullable ResilienceCollector of(PrometheusRegistry registry) {
    LOCK.lock();
    try {
      return find(registry);
    } finally {
      LOCK.unlock();
    }
  }

  private static @Nullable ResilienceCollector find(PrometheusRegistry registry) {
    WeakReference<ResilienceCollector> reference = COLLECTORS.get(registry);
    return reference == null ? null : reference.get();
  }
}
