package io.aragora.resilience.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.util.ArrayList;
import java.util.List;

/** The samples of one runtime, each under its label. */
final class SampleList {
  private final String runtime;
  private final List<Sample> samples = new ArrayList<>();

  SampleList(String runtime) {
    this.runtime = runtime;
  }

  List<Sample> all() {
    return samples;
  }

  void gauge(MetricFamilyDescriptor family, double value) {
    samples.add(new Sample(family, Labels.of(MetricNames.RUNTIME, runtime), value));
  }

  void count(MetricFamilyDescriptor family, long value) {
    gauge(family, (double) value);
  }

  void gauge(MetricFamilyDescriptor family, String name, double value) {
    samples.add(
        new Sample(family, Labels.of(MetricNames.RUNTIME, runtime, MetricNames.NAME, name), value));
  }

  void count(MetricFamilyDescriptor family, String name, long value) {
    gauge(family, name, (double) value);
  }

  void count(MetricFamilyDescriptor family, String name, String label, String text, long value) {
    Labels labels = Labels.of(MetricNames.RUNTIME, runtime, MetricNames.NAME, name, label, text);
    samples.add(new Sample(family, labels, (double) value));
  }

  void count(
      MetricFamilyDescriptor family,
      String name,
      String first,
      String firstText,
      String second,
      String secondText,
      long value) {
    Labels labels = Labels.of(
        MetricNames.RUNTIME, runtime, MetricNames.NAME, name, first, firstText, second, secondText);
    samples.add(new Sample(family, labels, (double) value));
  }

  /** Makes a label of a name: half a surrogate pair is not text, and would make two series look like one when written. */
  static String label(String name) {
    return new String(name.getBytes(UTF_8), UTF_8);
  }
}
