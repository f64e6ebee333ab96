package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.spi.DurationRecorder;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * The durations of one runtime, in native and classic histograms. At most {@code maxNames} names have their own histograms;
 * the others share one. Thread-safe; recording a duration needs no look-up.
 */
final class DurationHistograms implements DurationRecorder {
  /** Delays and timeouts are settings, and longer than calls. */
  private static final List<Double> WAIT_BOUNDS =
      List.of(0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0);

  /** Eight native buckets for each power of two, a resolution of 9 %. */
  private static final int NATIVE_SCHEMA = 3;

  /**
   * Durations below 15 µs share one native bucket, which needs no look-up; no remote dependency answers faster. The numbers of
   * the other buckets are in the JDK's cache of boxed integers.
   */
  private static final double NATIVE_ZERO = 1.0 / (1 << 16);

  private static final double NANOS_PER_SECOND = 1e9;

  private static final String BULKHEAD = "bulkhead";
  private static final String CONCURRENCY_LIMIT = "concurrencylimit";
  private static final String RATE_LIMITER = "ratelimiter";

  private final String runtime;
  private final int maxNames;
  private final Histogram calls;
  private final Histogram delays;
  private final Histogram limits;
  private final Histogram waits;

  // Names with their own histograms; guarded by this.
  private final Set<String> calling = new HashSet<>();
  private final Set<String> retrying = new HashSet<>();
  private final Set<String> limiting = new HashSet<>();
  private final Set<String> places = new HashSet<>();
  private final Set<String> limited = new HashSet<>();
  private final Set<String> rates = new HashSet<>();

  DurationHistograms(String runtime, MetricsSettings settings) {
    this.runtime = runtime;
    this.maxNames = settings.maxNames();
    this.calls = histogram(
        Families.OPERATION_DURATION, settings.bounds(), MetricNames.NAME, MetricNames.SUCCESS);
    this.delays = histogram(Families.RETRY_DELAY, WAIT_BOUNDS, MetricNames.NAME);
    this.limits = histogram(Families.TIMEOUT_LIMIT, WAIT_BOUNDS, MetricNames.NAME);
    this.waits =
        histogram(Families.ADMISSION_WAIT, WAIT_BOUNDS, MetricNames.NAME, MetricNames.KIND);
  }

  private static Histogram histogram(
      MetricFamilyDescriptor family, List<Double> bounds, String... labels) {
    String[] all = new String[labels.length + 1];
    all[0] = MetricNames.RUNTIME;
    System.arraycopy(labels, 0, all, 1, labels.length);
    return Histogram.builder()
        .name(family.getPrometheusName())
        .help(family.getMetadata().getHelp())
        .unit(Unit.SECONDS)
        .labelNames(all)
        .classicUpperBounds(bounds.stream().mapToDouble(Double::doubleValue).toArray())
        .nativeInitialSchema(NATIVE_SCHEMA)
        .nativeMaxZeroThreshold(NATIVE_ZERO)
        .nativeMinZeroThreshold(NATIVE_ZERO)
        .withoutExemplars()
        .build();
  }

  @Override
  public synchronized LongConsumer of(Kind kind, String policy) {
    String name = SampleList.label(policy);
    return switch (kind) {
      case SUCCESSFUL_CALL -> into(calls.labelValues(runtime, shown(calling, name), "true"));
      case FAILED_CALL -> into(calls.labelValues(runtime, shown(calling, name), "false"));
      case RETRY_DELAY -> into(delays.labelValues(runtime, shown(retrying, name)));
      case EXCEEDED_LIMIT -> into(limits.labelValues(runtime, shown(limiting, name)));
      case BULKHEAD_WAIT -> into(waits.labelValues(runtime, shown(places, name), BULKHEAD));
      case CONCURRENCY_LIMIT_WAIT ->
        into(waits.labelValues(runtime, shown(limited, name), CONCURRENCY_LIMIT));
      case RATE_LIMITER_WAIT -> into(waits.labelValues(runtime, shown(rates, name), RATE_LIMITER));
    };
  }

  @Override
  public synchronized void forget(Kind kind, String policy) {
    String name = SampleList.label(policy);
    switch (kind) {
      case SUCCESSFUL_CALL, FAILED_CALL -> {
        calling.remove(name);
        calls.remove(runtime, name, String.valueOf(kind == Kind.SUCCESSFUL_CALL));
      }
      case RETRY_DELAY -> {
        retrying.remove(name);
        delays.remove(runtime, name);
      }
      case EXCEEDED_LIMIT -> {
        limiting.remove(name);
        limits.remove(runtime, name);
      }
      case BULKHEAD_WAIT -> {
        places.remove(name);
        waits.remove(runtime, name, BULKHEAD);
      }
      case CONCURRENCY_LIMIT_WAIT -> {
        limited.remove(name);
        waits.remove(runtime, name, CONCURRENCY_LIMIT);
      }
      case RATE_LIMITER_WAIT -> {
        rates.remove(name);
        waits.remove(runtime, name, RATE_LIMITER);
      }
    }
  }

  private String shown(Set<String> known, String name) {
    boolean own = known.contains(name) || (known.size() < maxNames && known.add(name));
    return own ? name : MetricNames.OTHER;
  }

  private static LongConsumer into(DistributionDataPoint point) {
    return nanos -> point.observe(nanos / NANOS_PER_SECOND);
  }

  List<HistogramSnapshot> collect() {
    return List.of(calls.collect(), delays.collect(), limits.collect(), waits.collect());
  }
}
