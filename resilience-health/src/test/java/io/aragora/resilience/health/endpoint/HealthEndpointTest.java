package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HealthEndpointTest {
  private final FakeRuntime runtime = new FakeRuntime("shop");
  private final HttpClient client = HttpClient.newHttpClient();
  private HealthEndpoint endpoint = HealthEndpoint.builder().build();
  private AutoCloseable attached = () -> {};

  @AfterEach
  void close() throws Exception {
    attached.close();
  }

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
        new HealthResult(HealthStatus.UNHEALTHY, "no\nroute", Duration.ofMillis(12)));
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
        new HealthResult(
            HealthStatus.DEGRADED,
            "",
            Duration.ZERO,
            Instant.parse("2026-03-04T05:06:00Z"),
            details));
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
  void contribution_isServed() throws Exception {
    runtime.contributions.add(FakePage.of("/metrics", "calls 1\n"));
    start();

    HttpResponse<String> response = get("/metrics");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("calls 1\n");
    assertThat(response.headers().firstValue("Content-Type")).hasValue("text/plain; charset=utf-8");
    assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
    assertThat(send("HEAD", "/metrics").headers().firstValue("Content-Length")).hasValue("8");
    assertThat(send("POST", "/metrics").statusCode()).isEqualTo(405);
  }

  @Test
  void contribution_empty_200WithoutBody() throws Exception {
    runtime.contributions.add(FakePage.of("/metrics", ""));
    start();

    HttpResponse<String> response = get("/metrics");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEmpty();
  }

  @Test
  void contribution_pathTakenOrBad_theFirstStays() throws Exception {
    runtime.contributions.add(FakePage.of("/health/live", "mine"));
    runtime.contributions.add(FakePage.of("/metrics", "first"));
    runtime.contributions.add(FakePage.of("/metrics", "second"));
    runtime.contributions.add(FakePage.of("metrics", "no slash"));
    runtime.contributions.add(FakePage.of(null, "no path"));
    start();

    assertThat(get("/health/live").body()).isEqualTo("{\"status\":\"healthy\"}");
    assertThat(get("/metrics").body()).isEqualTo("first");
  }

  @Test
  void contribution_failsAfterSomeBytes_500Only() throws Exception {
    runtime.contributions.add(new FakePage("/metrics", target -> {
      target.write('x');
      throw new NoClassDefFoundError("secret");
    }));
    start();

    HttpResponse<String> response = get("/metrics");

    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).isEqualTo("{\"error\":\"internal error\"}");
  }

  @Test
  void attach_found_offWithoutAPort() throws Exception {
    endpoint = new HealthEndpoint();
    runtime.properties.put(HealthEndpoint.DETAILS, "not looked at");
    start();

    assertThatThrownBy(endpoint::uri)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the endpoint is not started");
  }

  @Test
  void attach_found_listensOnLoopbackOnceThereIsAPort() throws Exception {
    endpoint = new HealthEndpoint();
    runtime.properties.put(HealthEndpoint.PORT, "0");
    start();

    assertThat(endpoint.uri().getHost()).isEqualTo("127.0.0.1");
    assertThat(endpoint.uri().getPort()).isPositive();
    assertThat(get("/health").body()).isEqualTo("{\"status\":\"healthy\"}");
  }

  @Test
  void attach_found_takesHostAndDetailsFromProperties() throws Exception {
    endpoint = new HealthEndpoint();
    runtime.properties.put(HealthEndpoint.PORT, "0");
    runtime.properties.put(HealthEndpoint.HOST, "localhost");
    runtime.properties.put(HealthEndpoint.DETAILS, "true");
    start();

    assertThat(get("/health").body()).contains("\"checks\":{}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "resilience.endpoint.port|http|resilience.endpoint.port must be a number in [0, 65535]: http",
        "resilience.endpoint.port|65536|resilience.endpoint.port must be in [0, 65535]: 65536",
        "resilience.endpoint.port|-1|resilience.endpoint.port must be in [0, 65535]: -1",
        "resilience.endpoint.operatorToken|short|"
            + "resilience.endpoint.operatorToken must have 16 to 1000 characters: 5 characters",
        "resilience.endpoint.hosts|a b|"
            + "resilience.endpoint.hosts must be names without a port, or * for any: a b",
        "resilience.endpoint.details|yes|resilience.endpoint.details must be true or false: yes",
        "resilience.endpoint.host|not a host|"
            + "host (resilience.endpoint.host) must be an address or name of this machine: not a host"
      })
  void attach_badProperty_namesPropertyRuleAndValue(String line) {
    String[] parts = line.split("\\|");
    runtime.properties.put(HealthEndpoint.PORT, "0");
    runtime.properties.put(parts[0], parts[1]);

    assertThatThrownBy(() -> new HealthEndpoint().attach(runtime))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(parts[2]);
  }

  @Test
  void builder_badValue_namesSettingRuleAndValue() {
    HealthEndpoint.Builder builder = HealthEndpoint.builder();

    assertThatThrownBy(() -> builder.port(65_536))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("port must be in [0, 65535]: 65536");
    assertThatThrownBy(() -> builder.host(" "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("host must not be blank");
  }

  @Test
  void attach_portTaken_saysWhichAndLeavesNothingBehind() throws Exception {
    start();
    HealthEndpoint second =
        HealthEndpoint.builder().port(endpoint.uri().getPort()).build();
    FakeRuntime other = new FakeRuntime("portTaken");

    assertThatThrownBy(() -> second.attach(other))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot listen at")
        .hasMessageContaining(Integer.toString(endpoint.uri().getPort()));
    assertThatThrownBy(second::uri).isInstanceOf(IllegalStateException.class);
    for (Thread ending : LiveThreads.named("portTaken-endpoint-")) {
      ending.join(10_000);
    }
    assertThat(LiveThreads.named("portTaken-endpoint-")).isEmpty();
  }

  @Test
  void attach_twice_namesTheRuntimeThatHasIt() throws Exception {
    start();

    assertThatThrownBy(() -> endpoint.attach(new FakeRuntime("bank")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this endpoint serves the runtime shop already: build one for each runtime");
    assertThat(get("/health").statusCode()).isEqualTo(200);
  }

  @Test
  void attach_afterClose_servesTheNextRuntime() throws Exception {
    start();
    AutoCloseable first = attached;
    first.close();
    attached = endpoint.attach(new FakeRuntime("bank"));

    first.close();

    assertThat(get("/health").statusCode()).isEqualTo(200);
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
        .endsWith("{\"error\":\"this name is not expected here: use localhost, or set"
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

  @ParameterizedTest
  @ValueSource(strings = {"/", "/events", "/control/mine"})
  void contribution_ofAPathOfOurs_isLeftOut(String path) throws Exception {
    runtime.contributions.add(FakePage.of(path, "mine"));
    start();

    assertThat(RawHttp.ask(endpoint, "HEAD " + path, "", "Host: localhost"))
        .doesNotContain("text/plain");
    assertThat(RawHttp.ask(endpoint, "HEAD /control/mine", "", "Host: localhost"))
        .startsWith("HTTP/1.1 404");
  }

  private void start() throws Exception {
    attached = endpoint.attach(runtime);
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send("GET", path);
  }

  private HttpResponse<String> send(String method, String path) throws Exception {
    String base = endpoint.uri().toString();
    HttpRequest request = HttpRequest.newBuilder(
            URI.create(base.substring(0, base.length() - 1) + path))
        .method(method, BodyPublishers.noBody())
        .timeout(Duration.ofSeconds(30))
        .build();
    return client.send(request, BodyHandlers.ofString());
  }
}
