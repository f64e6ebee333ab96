package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HealthEndpointTest extends EndpointFixture {
  @ParameterizedTest
  @EnumSource(HealthStatus.class)
  void get_status_isInTheBodyAndDecidesTheCode(HealthStatus status) throws Exception {
    runtime.all = () -> FakeRuntime.report(status, "db", HealthResult.of(status, "secret"));
    start();

    HttpResponse<String> response = get("/health");

    assertThat(response.statusCode())
        .isEqualTo(status.compareTo(HealthStatus.UNHEALTHY) >= 0 ? 503 : 200);
    assertThat(response.body()).isEqualTo("{\"status\":\"" + status.text() + "\"}");
  }

  @Test
  void get_group_asksThatGroupAlone() throws Exception {
    runtime.groups.put(HealthGroup.LIVENESS, () -> FakeRuntime.report(HealthStatus.DEGRADED));
    runtime.groups.put(HealthGroup.READINESS, () -> FakeRuntime.report(HealthStatus.CRITICAL));
    runtime.groups.put(HealthGroup.STARTUP, () -> FakeRuntime.report(HealthStatus.UNKNOWN));
    start();

    assertThat(get("/health/live").body()).isEqualTo("{\"status\":\"degraded\"}");
    assertThat(get("/health/ready").body()).isEqualTo("{\"status\":\"critical\"}");
    assertThat(get("/health/startup").body()).isEqualTo("{\"status\":\"unknown\"}");
    assertThat(get("/health").body()).isEqualTo("{\"status\":\"healthy\"}");
  }

  @Test
  void get_details_tellsOfEachCheck() throws Exception {
    endpoint = HealthEndpoint.builder().showDetails(true).build();
    runtime.all = () -> FakeRuntime.report(
        HealthStatus.UNHEALTHY,
        "d\"b</script>",
        HealthResult.builder(HealthStatus.UNHEALTHY)
            .detail("no\nroute")
            .duration(Duration.ofMillis(12))
            .build());
    start();

    assertThat(get("/health").body())
        .isEqualTo("{\"status\":\"unhealthy\","
            + "\"summary\":\"1/1 not healthy: d\\\"b\\u003c/script\\u003e\","
            + "\"checked_at\":\"2026-03-04T05:06:07Z\","
            + "\"checks\":{\"d\\\"b\\u003c/script\\u003e\":"
            + "{\"status\":\"unhealthy\",\"detail\":\"no\\nroute\",\"duration_ms\":12}}}");
  }

  @Test
  void get_detailsOfACheck_areNestedAndEscaped() throws Exception {
    endpoint = HealthEndpoint.builder().showDetails(true).build();
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("<k\"ey>", "line\nb\u00e9a & \u2028");
    details.put("free", 3);
    details.put("ratio", 0.5);
    details.put("up", true);
    details.put("hosts", List.of("a", Map.of("port", 80)));
    runtime.all = () -> FakeRuntime.report(
        HealthStatus.DEGRADED,
        "db",
        HealthResult.builder(HealthStatus.DEGRADED)
            .since(Instant.parse("2026-03-04T05:06:00Z"))
            .details(details)
            .build());
    start();

    assertThat(get("/health").body())
        .endsWith("{\"db\":{\"status\":\"degraded\",\"detail\":\"\",\"duration_ms\":0,"
            + "\"since\":\"2026-03-04T05:06:00Z\",\"details\":{"
            + "\"\\u003ck\\\"ey\\u003e\":\"line\\nb\u00e9a \\u0026 \\u2028\","
            + "\"free\":3,\"ratio\":0.5,\"up\":true,\"hosts\":[\"a\",{\"port\":80}]}}}}");
  }

  @Test
  void get_headers_neitherCachedNorSniffedNorKeptOpen() throws Exception {
    start();

    HttpResponse<String> response = get("/health/live");

    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
    assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
    assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    assertThat(response.headers().firstValue("Connection")).hasValue("close");
  }

  @Test
  void head_sameHeadersNoBody() throws Exception {
    runtime.all = () -> FakeRuntime.report(HealthStatus.UNHEALTHY);
    start();

    HttpResponse<String> response = send("HEAD", "/health");

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).isEmpty();
    assertThat(response.headers().firstValue("Content-Length"))
        .hasValue(Integer.toString(get("/health").body().length()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE1"})
  void otherMethod_405(String method) throws Exception {
    start();

    HttpResponse<String> response = send(method, "/health/live");

    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("Allow")).hasValue("GET, HEAD");
    assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
    assertThat(response.body()).isEqualTo("{\"error\":\"method not allowed\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/health/",
        "/healthy",
        "/health/readyXYZ",
        "/health/ready/x",
        "/health/ready/",
        "/health/%72eady",
        "/health//ready",
        "/HEALTH",
        "/health/live/../ready",
        "/metrics",
        "/%3Cscript%3E"
      })
  void otherPath_404WithoutEcho(String path) throws Exception {
    start();

    HttpResponse<String> response = get(path);

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).isEqualTo("{\"error\":\"not found\"}");
  }

  @Test
  void get_queryString_doesNotMatter() throws Exception {
    start();

    assertThat(get("/health/live?from=kubelet").statusCode()).isEqualTo(200);
  }

  @Test
  void get_checkFails_500WithoutDetailAndTheEndpointGoesOn() throws Exception {
    runtime.all = () -> {
      throw new IllegalStateException("secret");
    };
    start();

    HttpResponse<String> response = get("/health");

    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).isEqualTo("{\"error\":\"internal error\"}");
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void live_pageWithItsPolicy() throws Exception {
    start();

    HttpResponse<String> response = get("/");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
    assertThat(response.headers().firstValue("Content-Security-Policy").orElse(""))
        .startsWith("default-src 'none';");
    assertThat(response.headers().firstValue("Cross-Origin-Resource-Policy"))
        .hasValue("same-origin");
    assertThat(response.body()).startsWith("<!DOCTYPE html>");
    assertThat(send("POST", "/").statusCode()).isEqualTo(405);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/events", "/control/reset", "/metrics"})
  void strangeHost_onLoopback_421(String path) throws Exception {
    runtime.contributions.add(FakePage.of("/metrics", "calls 1\n"));
    start();

    assertThat(RawHttp.ask(endpoint, "GET " + path, "", "Host: evil.example:8081"))
        .startsWith("HTTP/1.1 421")
        .endsWith("{\"error\":\"this host is not accepted: use localhost, or add it to"
            + " resilience.endpoint.hosts\"}");
  }

  @Test
  void strangeHost_healthIsToldAsLongAsThereAreNoDetails() throws Exception {
    start();
    assertThat(RawHttp.ask(endpoint, "GET /health/ready", "", "Host: evil.example"))
        .startsWith("HTTP/1.1 200");
    attached.close();

    endpoint = HealthEndpoint.builder().showDetails(true).build();
    start();
    assertThat(RawHttp.ask(endpoint, "GET /health/ready", "", "Host: evil.example"))
        .startsWith("HTTP/1.1 421");
  }

  @Test
  void strangeHost_thatIsConfigured_isAnswered() throws Exception {
    endpoint = new HealthEndpoint();
    runtime.properties.put(HealthEndpoint.PORT, "0");
    runtime.properties.put(HealthEndpoint.HOSTS, "ops.example, other.example");
    start();

    assertThat(RawHttp.ask(endpoint, "GET /", "", "Host: ops.example")).startsWith("HTTP/1.1 200");
    assertThat(RawHttp.ask(endpoint, "GET /", "", "Host: evil.example")).startsWith("HTTP/1.1 421");
  }
}
