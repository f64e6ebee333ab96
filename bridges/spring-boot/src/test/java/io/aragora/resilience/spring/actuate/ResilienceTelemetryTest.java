package io.aragora.resilience.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.opentelemetry.OpenTelemetryMetrics;
import io.aragora.resilience.spring.ResilienceAutoConfiguration;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

class ResilienceTelemetryTest {
  private final InMemoryMetricReader reader = InMemoryMetricReader.create();
  private final OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
      .setMeterProvider(SdkMeterProvider.builder().registerMetricReader(reader).build())
      .build();
  private final ApplicationContextRunner runner = new ApplicationContextRunner()
      .withPropertyValues("spring.application.name=shop")
      .withConfiguration(AutoConfigurations.of(
          ResilienceAutoConfiguration.class, ResilienceTelemetryAutoConfiguration.class));

  @AfterEach
  void close() {
    sdk.close();
  }

  /** Returns the runtimes that metrics name. */
  private List<String> runtimes(ApplicationContext context) {
    context.getBean(Resilience.class).retry("prices");
    return reader.collectAllMetrics().stream()
        .flatMap(metric -> metric.getData().getPoints().stream())
        .map(point -> point.getAttributes().get(AttributeKey.stringKey("resilience.runtime.name")))
        .distinct()
        .toList();
  }

  @Test
  void beanOfOpenTelemetry_hasTheMetricsOfTheRuntime() {
    runner.withBean(OpenTelemetry.class, () -> sdk).run(context -> {
      assertThat(runtimes(context)).containsExactly("shop");
      assertThat(reader.collectAllMetrics())
          .extracting(metric -> metric.getName())
          .contains("resilience.retry.calls");
    });
  }

  @Test
  void noBeanOfOpenTelemetry_runtimeHasNoMetrics() {
    runner.run(context -> {
      assertThat(context).hasNotFailed();
      assertThat(runtimes(context)).isEmpty();
    });
  }

  @Test
  void extensionOfTheApplication_isTheOnlyOne() {
    runner
        .withBean(OpenTelemetry.class, () -> sdk)
        .withBean(
            OpenTelemetryMetrics.class,
            () -> OpenTelemetryMetrics.builder(sdk).durations().build())
        .run(context -> {
          context.getBean(Resilience.class).circuitBreaker("prices").run(() -> {});
          assertThat(runtimes(context)).containsExactly("shop");
          assertThat(reader.collectAllMetrics())
              .extracting(metric -> metric.getName())
              .contains("resilience.circuitbreaker.call.duration");
        });
  }

  @Test
  void propertyOfTheExtension_isObeyedAlone() {
    GlobalOpenTelemetry.resetForTest();
    GlobalOpenTelemetry.set(sdk);
    try {
      runner
          .withBean(OpenTelemetry.class, () -> sdk)
          .withPropertyValues(OpenTelemetryMetrics.PROPERTY + "=global")
          .run(context -> assertThat(runtimes(context)).containsExactly("shop"));
    } finally {
      GlobalOpenTelemetry.resetForTest();
    }
  }

  @Test
  void withoutTheBridgeOnThePath_applicationStarts() {
    runner
        .withBean(OpenTelemetry.class, () -> sdk)
        .withClassLoader(new FilteredClassLoader(OpenTelemetryMetrics.class))
        .run(context -> {
          assertThat(context).hasNotFailed();
          assertThat(runtimes(context)).isEmpty();
        });
  }
}
