package io.aragora.resilience.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.Policy;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The code of {@code docs/opentelemetry.md}. */
@SuppressWarnings("try") // a scope is only closed
class OpenTelemetrySnippetsTest {
  private final InMemoryMetricReader reader = InMemoryMetricReader.create();
  private final InMemorySpanExporter spans = InMemorySpanExporter.create();
  private final OpenTelemetry openTelemetry = OpenTelemetrySdk.builder()
      .setMeterProvider(SdkMeterProvider.builder().registerMetricReader(reader).build())
      .setTracerProvider(SdkTracerProvider.builder()
          .addSpanProcessor(SimpleSpanProcessor.create(spans))
          .build())
      .build();

  @Test
  void metrics() {
    // readme: opentelemetry metrics
    Resilience resilience = Resilience.builder()
        .name("shop")
        .extension(OpenTelemetryMetrics.builder(openTelemetry)
            .durations() // histograms too; off by default
            .build())
        .build();
    // end

    resilience.circuitBreaker("prices").run(() -> {});
    assertThat(reader.collectAllMetrics())
        .anyMatch(metric -> metric.getName().equals("resilience.circuitbreaker.call.duration"));
    resilience.close();
  }

  @Test
  void events() {
    Tracer tracer = openTelemetry.getTracer("shop");
    try (Resilience resilience = Resilience.create()) {
      Policy policy = resilience.retry("prices", c -> c.maxAttempts(2));
      // readme: opentelemetry events
      Pipeline prices = resilience.observed(policy, SpanEvents.onCurrentSpan());

      Span span = tracer.spanBuilder("price").startSpan();
      try (Scope scope = span.makeCurrent()) {
        CompletableFuture<String> price =
            prices.callAsync(() -> CompletableFuture.completedFuture("1.20"));
        price.whenComplete((value, failure) -> span.end());
      }
      // end

      assertThat(spans.getFinishedSpanItems()).hasSize(1);
    }
  }
}
