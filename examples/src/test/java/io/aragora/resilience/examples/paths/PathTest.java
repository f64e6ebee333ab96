package io.aragora.resilience.examples.paths;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.health.endpoint.HealthEndpoint;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jars of the build find each other: run twice, on the module path, where each is a module and only {@code provides}
 * counts, and on the class path, where only {@code META-INF/services} does. The build says which path it is.
 */
class PathTest {
  private static final boolean MODULE_PATH = "module".equals(System.getProperty("expected.path"));

  @TempDir
  Path folder;

  @Test
  void everyPart_isOnTheExpectedPath() throws Exception {
    assertThat(System.getProperty("expected.path")).isIn("module", "class");
    try (Resilience resilience = Resilience.builder()
        .stateStore("sqlite:" + folder.resolve("state.db"))
        .property("resilience.endpoint.port", "0")
        .build()) {
      assertThat(moduleOf(Resilience.class)).isEqualTo(expected("io.aragora.resilience"));
      assertThat(moduleOf(resilience.getClass())).isEqualTo(expected("io.aragora.resilience.core"));
      assertThat(moduleOf(HealthEndpoint.class))
          .isEqualTo(expected("io.aragora.resilience.health"));
      assertThat(classOf("io.aragora.resilience.persistence.sqlite.SqliteStateStoreProvider"))
          .isEqualTo(expected("io.aragora.resilience.persistence"));
      assertThat(classOf("io.aragora.resilience.metrics.prometheus.PrometheusMetrics"))
          .isEqualTo(expected("io.aragora.resilience.metrics"));
    }
  }

  @Test
  void storeMetricsAndEndpoint_areFoundAndWork() throws Exception {
    Path state = folder.resolve("state.db");
    try (Resilience resilience = Resilience.builder()
        .stateStore("sqlite:" + state)
        .property("resilience.endpoint.port", "0")
        .build()) {
      CircuitBreaker breaker = resilience.circuitBreaker("upstream");
      Timeout timeout = resilience.timeout("upstream", Duration.ofSeconds(10));
      assertThat(breaker.<String, IOException>call(() -> timeout.call(() -> "served")))
          .isEqualTo("served");
      breaker.forceOpen();
      assertThat(resilience.flush(Duration.ofSeconds(10))).isTrue();

      URI base = resilience.extension(HealthEndpoint.class).orElseThrow().uri();
      assertThat(get(base.resolve("/health/ready")).statusCode()).isEqualTo(200);
      assertThat(get(base.resolve("/metrics")).body())
          .contains("resilience_circuit_breaker_state{name=\"upstream\"")
          .contains("outcome=\"success\"");
    }
    try (Resilience again = Resilience.builder().stateStore("sqlite:" + state).build()) {
      assertThat(again.circuitBreaker("upstream").state())
          .isEqualTo(CircuitBreakerState.FORCED_OPEN);
    }
  }

  private static HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static String expected(String module) {
    return MODULE_PATH ? module : "no module";
  }

  private static String classOf(String name) throws ClassNotFoundException {
    return moduleOf(Class.forName(name, false, Resilience.class.getClassLoader()));
  }

  private static String moduleOf(Class<?> type) {
    return type.getModule().isNamed() ? type.getModule().getName() : "no module";
  }
}
