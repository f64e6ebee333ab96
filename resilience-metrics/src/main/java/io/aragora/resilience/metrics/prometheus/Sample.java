package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.model.registry.MetricType;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** One number of one series. */
record Sample(MetricFamilyDescriptor family, Labels labels, double value) {
  /**
   * Groups samples and histograms of all runtimes by family, as Prometheus requires: each family once.
   *
   * @param samples in any order
   * @param histograms of any runtimes; those without a data point are left out
   */
  static MetricSnapshots byFamily(List<Sample> samples, List<HistogramSnapshot> histograms) {
    List<MetricSnapshot> snapshots = new ArrayList<>();
    byFamily(samples).forEach((family, members) -> snapshots.add(snapshot(family, members)));
    Map<String, List<HistogramDataPointSnapshot>> points = new LinkedHashMap<>();
    Map<String, MetricMetadata> metadata = new LinkedHashMap<>();
    for (HistogramSnapshot histogram : histograms) {
      String name = histogram.getMetadata().getName();
      metadata.put(name, histogram.getMetadata());
      points.computeIfAbsent(name, none -> new ArrayList<>()).addAll(histogram.getDataPoints());
    }
    points.forEach((name, members) -> {
      if (!members.isEmpty()) {
        snapshots.add(new HistogramSnapshot(Objects.requireNonNull(metadata.get(name)), members));
      }
    });
    return new MetricSnapshots(snapshots);
  }

  static Map<MetricFamilyDescriptor, List<Sample>> byFamily(List<Sample> samples) {
    Map<MetricFamilyDescriptor, List<Sample>> families = new LinkedHashMap<>();
    for (Sample sample : samples) {
      families.computeIfAbsent(sample.family, family -> new ArrayList<>()).add(sample);
    }
    return families;
  }

  private static MetricSnapshot snapshot(MetricFamilyDescriptor family, List<Sample> samples) {
    if (family.getType() == MetricType.COUNTER) {
      List<CounterDataPointSnapshot> points = new ArrayList<>();
      samples.forEach(
          sample -> points.add(new CounterDataPointSnapshot(sample.value, sample.labels, null, 0)));
      return new CounterSnapshot(family.getMetadata(), points);
    }
    List<GaugeDataPointSnapshot> points = new ArrayList<>();
    samples.forEach(
        sample -> points.add(new GaugeDataPointSnapshot(sample.value, sample.labels, null)));
    return new GaugeSnapshot(family.getMetadata(), points);
  }
}
