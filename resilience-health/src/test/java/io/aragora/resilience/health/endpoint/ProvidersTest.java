package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.ResilienceExtension;
import java.io.IOException;
import java.io.InputStream;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ProvidersTest {
  @Test
  @Tag("module-path")
  void tests_runInTheModule() {
    assertThat(HealthEndpoint.class.getModule().getName())
        .isEqualTo("io.aragora.resilience.health");
  }

  @Test
  void serviceLoader_findsIt() {
    ProvidersTest.class.getModule().addUses(ResilienceExtension.class);

    assertThat(ServiceLoader.load(ResilienceExtension.class))
        .hasAtLeastOneElementOfType(HealthEndpoint.class);
  }

  @Test
  void classPath_declaresTheSame() throws IOException {
    try (InputStream file = ProvidersTest.class.getResourceAsStream(
        "/META-INF/services/" + ResilienceExtension.class.getName())) {
      assertThat(file).isNotNull();
      assertThat(new String(file.readAllBytes(), UTF_8).trim())
          .isEqualTo(HealthEndpoint.class.getName());
    }
  }
}
