package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.model.registry.MetricType;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;

/**
 * The lines of a family of counters or gauges before its series.
 *
 * @param prometheusName the name by which the library orders families and merges them
 * @param written the name at the beginning of each line
 * @param begin the lines that precede those of the series
 */
record FamilyHead(String prometheusName, String written, String begin) {
  static FamilyHead of(MetricFamilyDescriptor family) {
    boolean counts = family.getType() == MetricType.COUNTER;
    String name = family.getMetadata().getPrometheusName();
    String written = counts ? name + "_total" : name;
    String begin = "# HELP " + written + " " + family.getMetadata().getHelp() + "\n# TYPE "
        + written + (counts ? " counter" : " gauge");
    return new FamilyHead(name, written, begin);
  }
}
