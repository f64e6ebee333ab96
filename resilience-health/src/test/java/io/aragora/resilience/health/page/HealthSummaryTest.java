package io.aragora.resilience.health.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HealthSummaryTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final AtomicReference<HealthStatus> status = new AtomicReference<>(HealthStatus.HEALTHY);

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void report_isNotWaitedForAndKeptForAWhile() {
    HealthSummary summary = new HealthSummary(resilience.health(), false);
    register();

    assertThat(read(summary)).isEqualTo("{}");
    time.runPending();
    assertThat(read(summary)).isEqualTo("{\"health\":\"healthy\"}");

    status.set(HealthStatus.DEGRADED);
    time.advance(Duration.ofSeconds(4));
    assertThat(read(summary)).isEqualTo("{\"health\":\"healthy\"}");
    time.advance(Duration.ofSeconds(1));
    read(summary);
    time.runPending();
    assertThat(read(summary)).isEqualTo("{\"health\":\"degraded\"}");
  }

  @Test
  void details_singleChecks() {
    HealthSummary summary = new HealthSummary(resilience.health(), true);
    register();
    read(summary);
    time.runPending();

    assertThat(read(summary))
        .isEqualTo("{\"health\":\"healthy\",\"checks\":[{\"name\":\"a<b\",\"status\":\"healthy\","
                .replace("<", "\\u003c")
            + "\"detail\":\"so \\\"so\\\"\"}],\"checks_count\":1}");
  }

  private void register() {
    resilience
        .health()
        .register(
            "a<b", () -> HealthResult.of(status.get(), "so \"so\""), HealthCheckOptions.defaults());
  }

  private String read(HealthSummary summary) {
    JsonObject board = new JsonObject();
    summary.addTo(board, time.nanoTime());
    return board.toString();
  }
}
