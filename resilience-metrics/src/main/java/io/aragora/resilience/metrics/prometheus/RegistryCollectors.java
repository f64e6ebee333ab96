package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the one collector of each Prometheus registry. Static, because a registry has no place to keep it and runtimes
 * know nothing of each other. Nothing is kept alive by it: keys are weak, and the registry itself holds the collector as
 * long as it is registered. Thread-safe.
 */
final class RegistryCollectors {
  private static final Map<PrometheusRegistry, WeakReference<ResilienceCollector>> COLLECTORS =
      new WeakHashMap<>();

  /**
   * A runtime that is shown.
   *
   * @param durations takes how long its calls take; null where that is not asked for
   * @param detach takes the runtime away when run; the last one unregisters the collector
   */
  record Shown(@Nullable DurationHistograms durations, Runnable detach) {}

  private RegistryCollectors() {}

  /**
   * Adds a runtime to a registry; the first one registers the collector.
   *
   * @return the runtime as it is shown
   * @throws IllegalArgumentException if the registry has one of our metric names from somebody else
   */
  static Shown attach(
      PrometheusRegistry registry, Resilience resilience, MetricsSettings settings) {
    synchronized (COLLECTORS) {
      ResilienceCollector known = find(registry);
      ResilienceCollector collector = known != null ? known : new ResilienceCollector();
      ResilienceCollector.Source source = collector.add(resilience, settings);
      if (known == null) {
        registry.register(collector);
        COLLECTORS.put(registry, new WeakReference<>(collector));
      }
      return new Shown(source.durations(), () -> detach(registry, collector, source));
    }
  }

  private static void detach(
      PrometheusRegistry registry,
      ResilienceCollector collector,
      ResilienceCollector.Source source) {
    synchronized (COLLECTORS) {
      if (collector.remove(source) && collector.isEmpty()) {
        COLLECTORS.remove(registry);
        registry.unregister(collector);
      }
    }
  }

  private static @Nullable ResilienceCollector find(PrometheusRegistry registry) {
    WeakReference<ResilienceCollector> reference = COLLECTORS.get(registry);
    return reference == null ? null : reference.get();
  }
}
