package io.aragora.resilience.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import io.aragora.resilience.testing.ManualTime;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DurationHistogramsTest {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final ManualTime time = ManualTime.create();

  private Resilience runtime(PrometheusMetrics metrics) {
    return Resilience.builder().name("shop").timeSource(time).extension(metrics).build();
  }

  private HistogramSnapshot durations() {
    return registry.scrape().stream()
        .filter(snapshot ->
            snapshot.getMetadata().getPrometheusName().equals(MetricNames.OPERATION_DURATION))
        .map(HistogramSnapshot.class::cast)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void askedFor_isNativeAndClassic() {
    try (Resilience resilience =
        runtime(PrometheusMetrics.builder(registry).durations().build())) {
      resilience.circuitBreaker("a").run(() -> time.advance(Duration.ofMillis(20)));
      HistogramDataPointSnapshot succeeded = durations().getDataPoints().stream()
          .filter(point -> "true".equals(point.getLabels().get("success")))
          .findFirst()
          .orElseThrow();
      assertThat(succeeded.hasClassicHistogramData()).isTrue();
      assertThat(succeeded.hasNativeHistogramData()).isTrue();
      assertThat(succeeded.getNativeSchema()).isEqualTo(3);
      assertThat(succeeded.getNativeBucketsForPositiveValues().size()).isEqualTo(1);
      assertThat(succeeded.getClassicBuckets().size()).isEqualTo(14);
      assertThat(succeeded.getCount()).isEqualTo(1);
      assertThat(succeeded.getSum()).isEqualTo(0.02);
    }
  }

  @Test
  void removedPolicies_leaveNothingBehind() {
    try (Resilience resilience =
        runtime(PrometheusMetrics.builder(registry).durations().build())) {
      resilience.circuitBreaker("gone").run(() -> {});
      resilience.circuitBreaker("stays").run(() -> {});
      resilience.retry("gone").run(() -> {});
      resilience.timeout("gone", Duration.ofSeconds(1)).run(() -> {});
      assertThat(shownNames()).contains("gone", "stays");

      resilience.policies().removeCircuitBreaker("gone");
      resilience.policies().removeRetry("gone");
      resilience.policies().removeTimeout("gone");

      assertThat(shownNames()).contains("stays").doesNotContain("gone");
    }
  }

  private List<String> shownNames() {
    return registry.scrape().stream()
        .flatMap(snapshot -> snapshot.getDataPoints().stream())
        .map(point -> String.valueOf(point.getLabels().get("name")))
        .toList();
  }

  @Test
  void notAskedFor_isNotThere() {
    try (Resilience resilience = runtime(PrometheusMetrics.on(registry))) {
      resilience.circuitBreaker("a").call(() -> "x");
      assertThat(registry.scrape().stream()
              .map(MetricSnapshot::getMetadata)
              .map(metadata -> metadata.getPrometheusName()))
          .doesNotContain(
              MetricNames.OPERATION_DURATION, MetricNames.RETRY_DELAY, MetricNames.TIMEOUT_LIMIT)
          .contains("resilience_circuit_breaker_state");
    }
  }

  @Test
  void property_asksForIt_whereverTheRegistryComesFrom() {
    try (Resilience resilience = Resilience.builder()
        .timeSource(time)
        .extension(PrometheusMetrics.on(registry))
        .property(PrometheusMetrics.DURATIONS_PROPERTY, "true")
        .build()) {
      resilience.circuitBreaker("a").call(() -> "x");
      assertThat(durations().getDataPoints()).hasSize(2);
    }
  }

  @Test
  void property_badValue_namesRuleAndValue() {
    Fakes.Runtime runtime = new Fakes.Runtime("shop");
    runtime.properties.put(PrometheusMetrics.DURATIONS_PROPERTY, "yes");
    PrometheusMetrics metrics = PrometheusMetrics.on(registry);
    assertThatThrownBy(() -> metrics.attach(runtime))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("resilience.metrics.durations must be true or false, or not set: yes");
    assertThat(metrics.registryOf(runtime.resilience())).isEmpty();
    assertThat(registry.scrape().size()).isZero();
  }

  @Test
  void boundsOfOnesOwn_areTheBuckets() {
    PrometheusMetrics metrics = PrometheusMetrics.builder(registry)
        .durations(Duration.ofMillis(10), Duration.ofMillis(100))
        .build();
    try (Resilience resilience = runtime(metrics)) {
      resilience.circuitBreaker("a").run(() -> time.advance(Duration.ofMillis(20)));
      HistogramDataPointSnapshot point = durations().getDataPoints().stream()
          .filter(each -> each.getCount() == 1)
          .findFirst()
          .orElseThrow();
      assertThat(point.getClassicBuckets().stream().map(bucket -> bucket.getUpperBound()))
          .containsExactly(0.01, 0.1, Double.POSITIVE_INFINITY);
    }
  }

  @Test
  void badBounds_nameTheRule() {
    PrometheusMetrics.Builder builder = PrometheusMetrics.builder(registry);
    assertThatThrownBy(() -> builder.durations(new Duration[0]))
        .hasMessage("durations must have 1 to 100 upper bounds, not 0");
    assertThatThrownBy(() -> builder.durations(Duration.ofSeconds(1), Duration.ofSeconds(1)))
        .hasMessage("durations must have ascending upper bounds: [PT1S, PT1S]");
    assertThatThrownBy(() -> builder.durations(Duration.ZERO))
        .hasMessageContaining("durations must be positive");
    assertThatThrownBy(() -> builder.maxNames(0)).hasMessage("maxNames must be at least 1: 0");
    assertThatThrownBy(() -> builder.maxKeys(-1)).hasMessage("maxKeys must be at least 0: -1");
  }

  @Test
  void moreNamesThanRoom_shareOne() {
    DurationHistograms histograms =
        new DurationHistograms("shop", new MetricsSettings(2, 0, true, List.of(1.0)));
    for (String name : new String[] {"a", "b", "c", "d", "a"}) {
      histograms.of(Kind.RETRY_DELAY, name).accept(500_000_000L);
    }
    HistogramSnapshot delays = histograms.collect().get(1);
    assertThat(delays.getDataPoints())
        .extracting(point -> point.getLabels().get("name") + " " + point.getCount())
        .containsExactlyInAnyOrder("a 2", "b 1", "other 2");
  }

  @Test
  void twoRuntimes_areApart() {
    PrometheusMetrics metrics = PrometheusMetrics.builder(registry).durations().build();
    try (Resilience shop = runtime(metrics);
        Resilience other = runtime(metrics)) {
      shop.circuitBreaker("a").call(() -> "x");
      other.circuitBreaker("a").call(() -> "x");
      assertThat(durations().getDataPoints().stream()
              .filter(point -> point.getCount() == 1)
              .map(point -> point.getLabels().get("runtime")))
          .containsExactlyInAnyOrder("shop", "shop-2");
    }
  }

  private static List<String> series(DurationHistograms histograms) {
    return histograms.collect().stream()
        .flatMap(family -> family.getDataPoints().stream()
            .map(point -> family.getMetadata().getPrometheusName() + point.getLabels()))
        .toList();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void forget_anyKind_removesItsSeriesOfThePolicyAndNoOther(Kind kind) {
    DurationHistograms histograms = new DurationHistograms("shop", MetricsSettings.DEFAULT);
    for (Kind each : Kind.values()) {
      histograms.of(each, "stays").accept(1);
      if (each != kind) {
        histograms.of(each, "p").accept(1);
      }
    }
    List<String> others = series(histograms);
    histograms.of(kind, "p").accept(1);
    assertThat(series(histograms)).hasSize(others.size() + 1).containsAll(others);

    histograms.forget(kind, "p");

    assertThat(series(histograms)).containsExactlyInAnyOrderElementsOf(others);
  }
}
