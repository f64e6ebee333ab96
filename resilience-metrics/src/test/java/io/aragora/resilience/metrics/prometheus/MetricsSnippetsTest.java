package io.aragora.resilience.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The code of docs/metrics.md, between markers; the test of README and docs in {@code examples} compares it. */
class MetricsSnippetsTest {
  private final PrometheusRegistry registry = new PrometheusRegistry();

  @Test
  void turnedOn() {
    // readme: metrics page
    Resilience resilience = Resilience.builder()
        .name("shop")
        .extension(PrometheusMetrics.on(registry))
        .build();
    // end

    resilience.circuitBreaker("prices");
    assertThat(registry.scrape(MetricNames.BREAKER_STATE::equals)).hasSize(1);
    resilience.close();
    assertThat(registry.scrape()).isEmpty();
  }

  @Test
  void withDurations() {
    // readme: metrics durations
    PrometheusMetrics metrics = PrometheusMetrics.builder(registry)
        .durations(Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofMillis(500))
        .maxKeys(50)
        .build();
    // end

    try (Resilience resilience = Resilience.builder().extension(metrics).build()) {
      resilience.circuitBreaker("prices").run(() -> {});
      assertThat(registry.scrape(MetricNames.OPERATION_DURATION::equals)).hasSize(1);
    }
  }
}
