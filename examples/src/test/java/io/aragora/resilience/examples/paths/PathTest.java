package io.aragora.resilience.examples.paths;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.examples.plugin.DeadlockCheck;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.endpoint.HealthEndpoint;
import io.aragora.resilience.http.client.HttpFailures;
import io.aragora.resilience.http.client.ResilientHttpClient;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.spi.ContextPropagator;
import io.aragora.resilience.spi.HttpFailureInspector;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
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
  void aStore_isFound_andRestoresWhatItSaved() {
    String store = "sqlite:" + folder.resolve("state.db");
    try (Resilience resilience = Resilience.builder().stateStore(store).build()) {
      resilience.circuitBreaker("upstream").forceOpen();
      assertThat(resilience.flush(Duration.ofSeconds(10))).isTrue();
    }
    try (Resilience again = Resilience.builder().stateStore(store).build()) {
      assertThat(again.circuitBreaker("upstream").state())
          .isEqualTo(CircuitBreakerState.FORCED_OPEN);
    }
  }

  @Test
  void theEndpoint_isFound_andAnswers() throws Exception {
    try (Resilience resilience =
        Resilience.builder().property("resilience.endpoint.port", "0").build()) {
      URI base = resilience.extension(HealthEndpoint.class).orElseThrow().uri();
      assertThat(get(base.resolve("/health/ready")).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void metrics_areFound_andServedByTheEndpoint() throws Exception {
    try (Resilience resilience =
        Resilience.builder().property("resilience.endpoint.port", "0").build()) {
      CircuitBreaker breaker = resilience.circuitBreaker("upstream");
      breaker.run(() -> {});
      URI base = resilience.extension(HealthEndpoint.class).orElseThrow().uri();
      assertThat(get(base.resolve("/metrics")).body())
          .contains("resilience_circuit_breaker_state{name=\"upstream\"")
          .contains("outcome=\"success\"");
    }
  }

  @Test
  void policies_areFound_andRunTheirBody() throws Exception {
    try (Resilience resilience = Resilience.create()) {
      CircuitBreaker breaker = resilience.circuitBreaker("upstream");
      Timeout timeout = resilience.timeout("upstream", Duration.ofSeconds(10));
      assertThat(breaker.<String, IOException>call(() -> timeout.call(() -> "served")))
          .isEqualTo("served");
    }
  }

  /** A check whose policies stand on its class; the interface is public, in an exported package of a module that opens nothing. */
  @WithRetry(maxAttempts = 3, delay = "1ms", retryOn = IllegalStateException.class)
  static final class ShakyCheck implements HealthCheck {
    private int calls;

    @Override
    public HealthResult check() {
      if (++calls < 3) {
        throw new IllegalStateException("not yet");
      }
      return HealthResult.healthy();
    }
  }

  @Test
  void aProxy_needsNoLookupForAnExportedInterface() throws Exception {
    assertThat(HealthCheck.class.getModule().isOpen(HealthCheck.class.getPackageName()))
        .isEqualTo(!MODULE_PATH);
    try (Resilience resilience = Resilience.create()) {
      HealthCheck check = resilience.proxy(HealthCheck.class, new ShakyCheck());
      assertThat(check.check().status()).isEqualTo(HealthStatus.HEALTHY);
    }
  }

  /** In a package that is not exported. */
  interface Hidden {
    @WithRetry(maxAttempts = 2, delay = "1ms")
    int count() throws IOException;
  }

  @Test
  void aProxy_ofAHiddenInterface_needsALookup() throws Exception {
    try (Resilience resilience = Resilience.create()) {
      assertThatThrownBy(() -> resilience.proxy(Hidden.class, () -> 1))
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContainingAll("MethodHandles.lookup()", "Hidden.count()");
      assertThat(resilience.proxy(Hidden.class, () -> 1, MethodHandles.lookup()).count())
          .isEqualTo(1);
    }
  }

  @Test
  void theHttpClient_isAModuleOfItsOwn() throws Exception {
    assertThat(moduleOf(ResilientHttpClient.class))
        .isEqualTo(expected("io.aragora.resilience.http"));
    try (Resilience resilience =
            Resilience.builder().property("resilience.endpoint.port", "0").build();
        ResilientHttpClient client = ResilientHttpClient.builder(resilience).build()) {
      URI live = resilience.extension(HealthEndpoint.class).orElseThrow().uri();
      HttpRequest request = HttpRequest.newBuilder(live.resolve("/health/live")).build();
      assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);
    }
  }

  /** Declared by META-INF/services alone, which counts on the class path only. */
  public static final class TeapotInspector implements HttpFailureInspector {
    @Override
    public OptionalInt status(Throwable failure) {
      return failure instanceof UnsupportedOperationException
          ? OptionalInt.of(418)
          : OptionalInt.empty();
    }
  }

  @Test
  void anInspectorOfFailures_isFoundByItsDeclaration() {
    OptionalInt status = HttpFailures.standard().status(new UnsupportedOperationException());
    assertThat(status.isPresent()).isEqualTo(!MODULE_PATH);
  }

  private static final ThreadLocal<String> TENANT = new ThreadLocal<>();

  /** Declared by META-INF/services alone, which counts on the class path only. */
  public static final class TenantPropagator implements ContextPropagator {
    @Override
    public Captured capture() {
      return ContextPropagator.of(TENANT).capture();
    }
  }

  @Test
  void aPropagator_isFoundByItsDeclaration() throws Exception {
    TENANT.set("shop");
    try (Resilience resilience = Resilience.create()) {
      String seen = resilience
          .circuitBreaker("tenant")
          .submit(
              () -> String.valueOf(TENANT.get()), task -> new Thread(task, "of the pool").start())
          .get(30, TimeUnit.SECONDS);
      assertThat(seen).isEqualTo(MODULE_PATH ? "null" : "shop");
    } finally {
      TENANT.remove();
    }
  }

  @Test
  void aHealthCheck_isFoundByItsDeclaration_onceInEachRuntime() throws Exception {
    assertThat(moduleOf(DeadlockCheck.class)).isEqualTo(expected("io.aragora.resilience.examples"));
    try (Resilience one = Resilience.create();
        Resilience another =
            Resilience.builder().property("resilience.endpoint.port", "0").build()) {
      assertThat(one.health().names()).containsExactly("deadlocks");
      assertThat(
              one.health().check(HealthGroup.LIVENESS).checks().get("deadlocks").status())
          .isEqualTo(HealthStatus.HEALTHY);
      assertThat(one.health().check(HealthGroup.READINESS).checks()).isEmpty();
      URI live = another.extension(HealthEndpoint.class).orElseThrow().uri();
      assertThat(get(live.resolve("/health/live")).body()).isEqualTo("{\"status\":\"healthy\"}");
    }
  }

  @Test
  void resilienceProperties_areFoundOnThePath() {
    try (Resilience resilience = Resilience.create()) {
      assertThat(resilience.pipeline("of-path-test").policies())
          .containsExactly(
              resilience.circuitBreaker("of-path-test"), resilience.timeout("of-path-test"));
      assertThat(resilience.timeout("of-path-test").config().limit())
          .isEqualTo(Duration.ofSeconds(7));
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
