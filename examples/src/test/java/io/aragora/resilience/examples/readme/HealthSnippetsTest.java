package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
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
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of docs/health.md: what stands between the marks, compiled and run. */
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
}
