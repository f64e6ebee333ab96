package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.internal.GuardedLog;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Reads all runtimes of one Prometheus registry when it is scraped. It is one collector for all of them because a registry
 * takes a metric name with given labels from one collector only. Thread-safe; runtimes come and go between scrapes.
 */
final class ResilienceCollector implements MultiCollector {
  private static final GuardedLog LOG = GuardedLog.of(ResilienceCollector.class);

  private final List<Source> sources = new CopyOnWriteArrayList<>();

  /** Adds a runtime. One that has the name of another gets a number behind it in its label. */
  synchronized Source add(Resilience resilience, MetricsSettings settings) {
    Source source = new Source(freeLabel(resilience.name()), resilience, settings);
    sources.add(source);
    return source;
  }

  /** Removes a runtime, and tells whether it was there. */
  synchronized boolean remove(Source source) {
    return sources.remove(source);
  }

  synchronized boolean isEmpty() {
    return sources.isEmpty();
  }

  @Override
  public MetricSnapshots collect() {
    List<Sample> samples = new ArrayList<>();
    List<HistogramSnapshot> histograms = new ArrayList<>();
    for (Source source : sources) {
      samples.addAll(source.read());
      if (source.durations != null) {
        histograms.addAll(source.durations.collect());
      }
    }
    return Sample.byFamily(samples, histograms);
  }

  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return Families.ALL;
  }

  private String freeLabel(String name) {
    Set<String> taken = new HashSet<>();
    sources.forEach(source -> taken.add(source.label));
    String wanted = SampleList.label(name);
    String label = wanted;
    for (int number = 2; taken.contains(label); number++) {
      label = wanted + "-" + number;
    }
    if (!label.equals(wanted)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the registry has a runtime of the name {0}: this one is labelled {1}",
          wanted,
          label);
    }
    return label;
  }

  /** A runtime, its label, and what was shown of it. */
  static final class Source {
    private final String label;
    private final Resilience resilience;
    private final RuntimeSeries series;
    private final @Nullable DurationHistograms durations;
    private final AtomicBoolean warned = new AtomicBoolean();

    private Source(String label, Resilience resilience, MetricsSettings settings) {
      this.label = label;
      this.resilience = resilience;
      this.series = new RuntimeSeries(settings);
      this.durations = settings.durations() ? new DurationHistograms(label, settings) : null;
    }

    /** Takes durations; null where they are not asked for. */
    @Nullable
    DurationHistograms durations() {
      return durations;
    }

    private List<Sample> read() {
      try {
        return series.read(label, resilience);
      } catch (RuntimeException e) {
        // One runtime that cannot be read must hide neither the others nor what else is registered.
        if (warned.compareAndSet(false, true)) {
          LOG.log(
              System.Logger.Level.WARNING,
              "the metrics of runtime " + label + " cannot be read (said once)",
              e);
        }
        return List.of();
      }
    }
  }
}
