package io.aragora.resilience.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.EndpointContribution;
import io.aragora.resilience.ResilienceExtension;
import java.io.IOException;
import java.io.InputStream;
import java.util.ServiceLoader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ProvidersTest {
  @BeforeAll
  static void mayLookUp() {
    ProvidersTest.class
        .getModule()
        .addUses(ResilienceExtension.class)
        .addUses(EndpointContribution.class);
  }

  @Test
  @Tag("module-path")
  void tests_runInTheModule() {
    assertThat(PrometheusMetrics.class.getModule().getName())
        .isEqualTo("io.aragora.resilience.metrics");
  }

  @Test
  void serviceLoader_findsBoth() {
    assertThat(ServiceLoader.load(ResilienceExtension.class))
        .hasAtLeastOneElementOfType(PrometheusMetrics.class);
    assertThat(ServiceLoader.load(EndpointContribution.class))
        .hasAtLeastOneElementOfType(MetricsEndpoint.class);
  }

  @Test
  void classPath_declaresTheSame() throws IOException {
    assertThat(declared(ResilienceExtension.class)).isEqualTo(PrometheusMetrics.class.getName());
    assertThat(declared(EndpointContribution.class)).isEqualTo(MetricsEndpoint.class.getName());
  }

  private static String declared(Class<?> service) throws IOException {
    try (InputStream file =
        ProvidersTest.class.getResourceAsStream("/META-INF/services/" + service.getName())) {
      assertThat(file).isNotNull();
      return new String(file.readAllBytes(), UTF_8).trim();
    }
  }
}
