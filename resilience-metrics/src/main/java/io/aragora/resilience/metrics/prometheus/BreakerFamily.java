package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.model.registry.MetricType;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/** The families of breakers, in the order of the Prometheus library. */
enum BreakerFamily {
  CALLS(Families.BREAKER_CALLS, MetricNames.BREAKER_CALLS),
  FAILURE_RATE(Families.BREAKER_FAILURE_RATE, MetricNames.BREAKER_FAILURE_RATE),
  SLOW_CALLS(Families.BREAKER_SLOW_CALLS, MetricNames.BREAKER_SLOW_CALLS),
  STATE(Families.BREAKER_STATE, MetricNames.BREAKER_STATE),
  STATE_CHANGES(Families.BREAKER_STATE_CHANGES, MetricNames.BREAKER_STATE_CHANGES);

  /** The names by which the library orders families and merges them. */
  static final Set<String> NAMES = Arrays.stream(values())
      .map(BreakerFamily::prometheusName)
      .collect(Collectors.toUnmodifiableSet());

  private final String prometheusName;
  private final String written;
  private final String begin;

  BreakerFamily(MetricFamilyDescriptor descriptor, String written) {
    this.prometheusName = descriptor.getMetadata().getPrometheusName();
    this.written = written;
    String type = descriptor.getType() == MetricType.COUNTER ? "counter" : "gauge";
    this.begin = "# HELP " + written + " " + descriptor.getMetadata().getHelp() + "\n# TYPE "
        + written + " " + type;
  }

  /** {@return the name by which the library orders families} */
  String prometheusName() {
    return prometheusName;
  }

  /** {@return the name at the beginning of each line} */
  String written() {
    return written;
  }

  /** {@return the lines that precede those of the series} */
  String begin() {
    return begin;
  }
}
