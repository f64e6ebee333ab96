package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.model.registry.MetricType;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One number of one series. */
record Sample(MetricFamilyDescriptor family, Labels labels, double value) {
  /** Gathers samples of any runtimes by family, as Prometheus wants them: each family once. */
  static MetricSnapshots byFamily(List<Sample> samples) {
    Map<MetricFamilyDescriptor, List<Sample>> families = new LinkedHashMap<>();
    for (Sample sample : samples) {
      families.computeIfAbsent(sample.family, family -> new ArrayList<>()).add(sample);
    }
    List<MetricSnapshot> snapshots = new ArrayList<>();
    families.forEach((family, members) -> snapshots.add(snapshot(family, members)));
    return new MetricSnapshots(snapshots);
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
