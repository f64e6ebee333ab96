package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTracker;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.health.endpoint.HealthEndpoint;
import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of docs/health.md and docs/live-page.md: what stands between the marks, compiled and run. */
class HealthSnippetsTest {
  @TempDir
  File folder;

  @Test
  void code_works() {
    try (Resilience resilience = Resilience.create()) {
      // readme: health page
      HealthRegistry health = resilience.health();
      health.register(
          "disk",
          () -> HealthResult.of(
                  folder.getUsableSpace() > 100_000_000
                      ? HealthStatus.HEALTHY
                      : HealthStatus.UNHEALTHY,
                  "")
              .withDetails(Map.of("free_bytes", folder.getUsableSpace())),
          HealthCheckOptions.defaults().optional().withTimeout(Duration.ofSeconds(1)));

      HealthTracker payments = health.tracker(
          "payments", HealthTrackerConfig.builder().failureThreshold(5).build());
      payments.recordSuccess(Duration.ofMillis(12));
      payments.recordFailure("connection refused");

      health.subscribe(change ->
          System.out.println(change.component() + " is " + change.to() + ": " + change.detail()));
      health.checkEvery(Duration.ofSeconds(10));

      HealthReport report = health.check(HealthGroup.READINESS);
      System.out.println(report.status() + ": " + report.summary());
      // end
      assertThat(report.status().isServing()).as("the disk is optional").isTrue();
      assertThat(report.checks()).containsOnlyKeys("disk", "payments");
      assertThat(report.checks().get("payments").details())
          .containsEntry("last_error", "connection refused");
    }
  }

  @Test
  void endpoint_answers() {
    // readme: health endpoint
    HealthEndpoint endpoint = HealthEndpoint.builder().port(0).build(); // 0: any that is free
    Resilience resilience =
        Resilience.builder().name("shop").extension(endpoint).build();
    URI uri = endpoint.uri(); // http://127.0.0.1:40321/, until the runtime is closed
    // end

    assertThat(uri).hasScheme("http").hasHost("127.0.0.1").hasPath("/");
    resilience.close();
  }

  @Test
  void livePage_isServed_andObeysTheToken() throws Exception {
    String token = "for-operators-only";

    // readme: live page
    HealthEndpoint page = HealthEndpoint.builder()
        .port(0) // 0: any free port
        .operatorToken(token) // allows control of breakers; without a token there is none
        .build();
    Resilience resilience = Resilience.builder().name("shop").extension(page).build();
    System.out.println("look at " + page.uri()); // http://127.0.0.1:40321/
    // end

    try (resilience) {
      CircuitBreaker breaker = resilience.circuitBreaker("prices");
      HttpResponse<String> shown = send(HttpRequest.newBuilder(page.uri()));
      assertThat(shown.statusCode()).isEqualTo(200);
      assertThat(shown.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");

      HttpRequest.Builder open = HttpRequest.newBuilder(page.uri().resolve("/control/force-open"))
          .header("Content-Type", "application/json")
          .POST(HttpRequest.BodyPublishers.ofString("{\"name\": \"prices\"}"));
      assertThat(send(open.copy()).statusCode()).isEqualTo(401);
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
      assertThat(send(open.header("Authorization", "Bearer " + token)).statusCode())
          .isEqualTo(200);
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    }
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
  }
}
