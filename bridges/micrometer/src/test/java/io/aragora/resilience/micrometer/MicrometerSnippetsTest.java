package io.aragora.resilience.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.testing.ManualTime;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The code of {@code docs/micrometer.md}. */
class MicrometerSnippetsTest {
  @Test
  void first() {
    // readme: micrometer first
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Resilience resilience = Resilience.builder()
        .name("shop")
        .extension(MicrometerMetrics.on(registry))
        .build();

    resilience.circuitBreaker("prices").run(() -> {});
    registry.scrape(); // finds the new policy
    System.out.println(registry.scrape());
    // end

    assertThat(registry.scrape())
        .contains(
            "resilience_circuitbreaker_calls_total{name=\"prices\",outcome=\"success\",runtime=\"shop\"} 1.0");
    resilience.close();
  }

  @Test
  void binder() {
    MeterRegistry registry = new SimpleMeterRegistry();
    try (Resilience resilience = Resilience.create()) {
      // readme: micrometer binder
      MicrometerMetrics.of(resilience).bindTo(registry);
      // end

      assertThat(registry.get("resilience.policies").gauge().value()).isZero();
    }
  }

  @Test
  void timers() {
    MeterRegistry registry = new SimpleMeterRegistry();
    // readme: micrometer timers
    MicrometerMetrics metrics = MicrometerMetrics.builder()
        .registry(registry)
        .timers() // count, sum and maximum
        .percentiles(0.5, 0.99) // computed in this process
        .percentileHistogram() // or buckets, for the monitoring system to compute them
        .build();
    // end

    ManualTime time = ManualTime.create();
    try (Resilience resilience =
        Resilience.builder().timeSource(time).extension(metrics).build()) {
      resilience.circuitBreaker("prices").run(() -> time.advance(Duration.ofMillis(7)));
      assertThat(registry.get("resilience.circuitbreaker.call.duration").timers())
          .anyMatch(timer -> timer.count() == 1);
    }
  }

  @Test
  void observation() {
    ObservationRegistry observations = ObservationRegistry.create();
    try (Resilience resilience = Resilience.create()) {
      Pipeline policy = resilience
          .unregistered()
          .pipelineBuilder("prices")
          .add(resilience.circuitBreaker("prices"))
          .build();
      // readme: micrometer observation
      Pipeline prices = resilience.observed(policy, CallObservations.of(observations, "prices"));
      // end

      assertThat(prices.<String, RuntimeException>call(() -> "1.20")).isEqualTo("1.20");
    }
  }
}
