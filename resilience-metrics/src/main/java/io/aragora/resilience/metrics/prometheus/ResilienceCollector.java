package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.internal.GuardedLog;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
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
 * Reads all runtimes of one Prometheus registry when it is scraped. One collector serves all of them, because a
 * registry accepts a metric name with given labels from one collector only. Thread-safe; runtimes are added and removed
 * between scrapes.
 */
final class ResilienceCollector implements MultiCollector {
  private static final GuardedLog LOG = GuardedLog.of(ResilienceCollector.class);

  private final List<Source> sources = new CopyOnWriteArrayList<>();

  /** Set while a thread scrapes the registry of this collector for the text; its first collection takes it. */
  @SuppressWarnings(
      "ThreadLocalUsage") // removed after each scrape; another registry may be scraped meanwhile
  private final ThreadLocal<TextScrape> scraping = new ThreadLocal<>();

  /** Adds a runtime. If its name is in use, its label gets a number. */
  synchronized Source add(Resilience resilience, MetricsSettings settings) {
    Source source = new Source(freeLabel(resilience.name()), resilience, settings);
    sources.add(source);
    return source;
  }

  /** Removes a runtime. Returns whether it was present. */
  synchronized boolean remove(Source source) {
    return sources.remove(source);
  }

  synchronized boolean isEmpty() {
    return sources.isEmpty();
  }

  /**
   * Scrapes the registry of this collector for the text. The registry does what it always does, and other collectors see no
   * difference; only the counters and gauges of this one are in the result as readings instead of snapshots.
   */
  TextScrape scrape(PrometheusRegistry registry) {
    TextScrape text = new TextScrape();
    scraping.set(text);
    try {
      text.addOthers(registry.scrape());
    } finally {
      scraping.remove();
    }
    return text;
  }

  @Override
  public MetricSnapshots collect() {
    TextScrape text = scraping.get();
    scraping.remove();
    List<Sample> samples = new ArrayList<>();
    List<HistogramSnapshot> histograms = new ArrayList<>();
    for (Source source : sources) {
      source.read(text, samples, histograms);
    }
    if (text == null) {
      return Sample.byFamily(samples, histograms);
    }
    text.add(samples);
    return Sample.byFamily(List.of(), histograms);
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
          "the Prometheus registry already has a runtime named {0}; the series of this one are labelled {1}. Give each runtime its own name.",
          wanted,
          label);
    }
    return label;
  }

  /** A runtime, its label, and its previous reading. */
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

    /** Receives durations; null if timing is off. */
    @Nullable
    DurationHistograms durations() {
      return durations;
    }

    /** Adds all that the runtime has, or nothing if it cannot be read. */
    private void read(
        @Nullable TextScrape text, List<Sample> samples, List<HistogramSnapshot> histograms) {
      try {
        List<Sample> read = series.read(label, resilience, text);
        List<HistogramSnapshot> timed = durations == null ? List.of() : durations.collect();
        samples.addAll(read);
        histograms.addAll(timed);
      } catch (Throwable e) {
        // A runtime that cannot be read must hide neither the others nor the rest of the registry.
        if (warned.compareAndSet(false, true)) {
          LOG.log(
              System.Logger.Level.WARNING,
              "the metrics of runtime " + label
                  + " cannot be read and are missing from the scrape (logged once)",
              e);
        }
      }
    }
  }
}
