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
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of docs/health.md: what stands between the marks, compiled and run. */
class HealthPageTest {
  @TempDir
  File folder;

  @Test
  void code_works() {
    try (Resilience resilience = Resilience.create()) {
      // page: health page
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
  void code_isThatOfThePage() throws IOException {
    Path sources = Path.of(System.getProperty("readme.snippets"));
    String source = Files.readString(sources.resolveSibling("HealthPageTest.java"));
    String page = Files.readString(
        Path.of(System.getProperty("readme.file")).resolveSibling("docs/health.md"));
    assertThat(between(page, "<!-- code: health page -->\n```java\n", "```"))
        .isEqualTo(
            between(source, "      // page: health page\n", "      // end\n").stripIndent());
  }

  private static String between(String text, String start, String end) {
    int from = text.indexOf(start) + start.length();
    assertThat(from).isGreaterThanOrEqualTo(start.length());
    return text.substring(from, text.indexOf(end, from)).stripTrailing().stripIndent();
  }
}
