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

  Labels labels(String name, String... more) {
    String[] all = new String[4 + more.length];
    all[0] = MetricNames.RUNTIME;
    all[1] = runtime;
    all[2] = MetricNames.NAME;
    all[3] = name;
    System.arraycopy(more, 0, all, 4, more.length);
    return Labels.of(all);
  }

  void add(MetricFamilyDescriptor family, Labels labels, double value) {
    samples.add(new Sample(family, labels, value));
  }

  void add(MetricFamilyDescriptor family, Labels labels, long value) {
    add(family, labels, (double) value);
  }

  void add(MetricFamilyDescriptor family, double value) {
    add(family, Labels.of(MetricNames.RUNTIME, runtime), value);
  }

  void add(MetricFamilyDescriptor family, long value) {
    add(family, (double) value);
  }

  void addOfGroup(MetricFamilyDescriptor family, String group, long value) {
    add(family, Labels.of(MetricNames.RUNTIME, runtime, MetricNames.GROUP, group), value);
  }

  void add(MetricFamilyDescriptor family, String name, double value) {
    add(family, labels(name), value);
  }

  void add(MetricFamilyDescriptor family, String name, long value) {
    add(family, name, (double) value);
  }

  void add(MetricFamilyDescriptor family, String name, String label, String text, long value) {
    add(family, labels(name, label, text), value);
  }

  void add(
      MetricFamilyDescriptor family,
      String name,
      String first,
      String firstText,
      String second,
      String secondText,
      long value) {
    add(family, labels(name, first, firstText, second, secondText), value);
  }

  /** Creates a label of a name: an unpaired surrogate is no valid text, and could make two series equal when written. */
  static String label(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (Character.isSurrogate(name.charAt(i))) {
        return new String(name.getBytes(UTF_8), UTF_8);
      }
    }
    return name;
  }
}
