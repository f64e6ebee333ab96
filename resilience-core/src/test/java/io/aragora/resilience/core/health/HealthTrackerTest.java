package io.aragora.resilience.core.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTracker;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.health.HealthTrackerSnapshot;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How a tracker evaluates its reports. */
class HealthTrackerTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private HealthTracker tracker(int failures, int recoveries, int window) {
    return resilience
        .health()
        .tracker(
            "db",
            HealthTrackerConfig.builder()
                .failureThreshold(failures)
                .recoveryThreshold(recoveries)
                .latencyWindow(window)
                .build());
  }

  private HealthTracker tracker() {
    return resilience.health().tracker("db");
  }

  /** Reports a success for each S and a failure for each F, and returns the health after each. */
  private static List<Boolean> healthAfter(HealthTracker tracker, String reports) {
    List<Boolean> health = new ArrayList<>();
    for (char report : reports.toCharArray()) {
      if (report == 'S') {
        tracker.recordSuccess();
      } else {
        tracker.recordFailure("down");
      }
      health.add(tracker.snapshot().isHealthy());
    }
    return health;
  }

  private static Duration millis(double millis) {
    return Duration.ofNanos(Math.round(millis * 1e6));
  }

  @Test
  @Tag("HE-04")
  @Tag("fault-58")
  @DisplayName(
      "a tracker begins healthy, without failures, error, latency and metadata; before the "
          + "first success it is unknown")
  void tracker_beginsHealthy() {
    HealthTrackerSnapshot snapshot = tracker().snapshot();
    assertThat(snapshot.isHealthy()).isTrue();
    assertThat(snapshot.status()).isEqualTo(HealthStatus.UNKNOWN);
    assertThat(snapshot.consecutiveFailures()).isZero();
    assertThat(snapshot.lastError()).isNull();
    assertThat(snapshot.meanLatency()).isNull();
    assertThat(snapshot.metadata()).isEmpty();
    assertThat(snapshot.lastCheck()).isEqualTo(ManualTime.DEFAULT_START);
    assertThat(tracker().config().failureThreshold()).isEqualTo(3);
    tracker().recordFailure(null);
    assertThat(tracker().snapshot().status()).isEqualTo(HealthStatus.UNKNOWN);
    tracker().recordSuccess();
    assertThat(tracker().snapshot().status()).isEqualTo(HealthStatus.HEALTHY);
    assertThat(tracker().snapshot().consecutiveSuccesses()).isEqualTo(1);
  }

  @Test
  @Tag("HE-05")
  @DisplayName("a success may have a latency, resets failures, and sets the last check")
  void success_resetsFailures() {
    HealthTracker tracker = tracker();
    tracker.recordFailure("down");
    time.advance(SECOND);
    tracker.recordSuccess();
    assertThat(tracker.snapshot().meanLatency()).isNull();
    assertThat(tracker.snapshot().consecutiveFailures()).isZero();
    assertThat(tracker.snapshot().lastCheck()).isEqualTo(ManualTime.DEFAULT_START.plus(SECOND));
    tracker.recordSuccess(millis(15.5));
    assertThat(tracker.snapshot().meanLatency()).isEqualTo(millis(15.5));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tracker.recordSuccess(Duration.ofNanos(-1)))
        .withMessageContaining("latency must not be negative");
  }

  @Test
  @Tag("HE-05")
  @DisplayName("the latency is the mean")
  void latency_isTheMean() {
    HealthTracker tracker = tracker();
    for (int latency : new int[] {10, 20, 30}) {
      tracker.recordSuccess(millis(latency));
    }
    assertThat(tracker.snapshot().meanLatency()).isEqualTo(millis(20));
  }

  @Test
  @Tag("HE-06")
  @Tag("fault-59")
  @DisplayName(
      "failures are counted; an error message replaces the previous one, and a failure without "
          + "one keeps it with its time")
  void failure_isCounted() {
    HealthTracker tracker = tracker();
    tracker.recordFailure(null);
    assertThat(tracker.snapshot().consecutiveFailures()).isEqualTo(1);
    assertThat(tracker.snapshot().lastError()).isNull();
    tracker.recordFailure("first");
    assertThat(tracker.snapshot().consecutiveFailures()).isEqualTo(2);
    assertThat(tracker.snapshot().lastError()).isEqualTo("first");
    time.advance(SECOND);
    tracker.recordFailure("second");
    time.advance(SECOND);
    tracker.recordFailure(null);
    HealthTrackerSnapshot snapshot = tracker.snapshot();
    assertThat(snapshot.lastError()).isEqualTo("second");
    assertThat(snapshot.lastErrorAt()).isEqualTo(ManualTime.DEFAULT_START.plus(SECOND));
    assertThat(snapshot.lastCheck())
        .isEqualTo(ManualTime.DEFAULT_START.plus(SECOND.multipliedBy(2)));
  }

  @Test
  @Tag("HE-07")
  @DisplayName(
      "the failure that reaches the threshold makes it unhealthy, and later ones keep it so")
  void failure_atTheThreshold_isUnhealthy() {
    HealthTracker tracker = tracker(3, 2, 10);
    assertThat(healthAfter(tracker, "FFFF")).containsExactly(true, true, false, false);
    assertThat(tracker.snapshot().consecutiveFailures()).isEqualTo(4);
    assertThat(tracker.snapshot().status()).isEqualTo(HealthStatus.UNHEALTHY);
  }

  @Test
  @Tag("HE-08")
  @DisplayName("consecutive successes recover it; a failure between them starts anew")
  void successes_consecutive_recover() {
    assertThat(healthAfter(tracker(2, 3, 10), "FFSSFSSS"))
        .containsExactly(true, false, false, false, false, false, false, true);
  }

  @Test
  @Tag("HE-09")
  @DisplayName("thresholds of 1 work")
  void thresholds_ofOne_work() {
    assertThat(healthAfter(tracker(1, 1, 10), "FS")).containsExactly(false, true);
    HealthTracker other = resilience
        .health()
        .tracker(
            "other",
            HealthTrackerConfig.builder()
                .failureThreshold(1)
                .recoveryThreshold(2)
                .build());
    assertThat(healthAfter(other, "FS")).containsExactly(false, false);
  }

  @Test
  @Tag("HE-10")
  @Tag("fault-59")
  @DisplayName("a recovery clears the last error; a success while healthy keeps it, with its time")
  void recovery_clearsTheLastError() {
    HealthTracker tracker = tracker(2, 1, 10);
    tracker.recordFailure("err1");
    tracker.recordFailure("err2");
    tracker.recordSuccess();
    assertThat(tracker.snapshot().lastError()).isNull();
    assertThat(tracker.snapshot().lastErrorAt()).isNull();
    tracker.recordFailure("err2");
    time.advance(SECOND);
    tracker.recordSuccess();
    assertThat(tracker.snapshot().lastError()).isEqualTo("err2");
    assertThat(tracker.snapshot().lastErrorAt()).isEqualTo(ManualTime.DEFAULT_START);
    assertThat(tracker.snapshot().consecutiveFailures()).isZero();
  }

  @Test
  @Tag("HE-11")
  @DisplayName("only consecutive failures count, and the cycle repeats")
  void cycle_onlyConsecutiveFailuresCount() {
    HealthTracker tracker = tracker(3, 1, 10);
    assertThat(healthAfter(tracker, "FFSFF")).containsOnly(true);
    assertThat(tracker.snapshot().consecutiveFailures()).isEqualTo(2);
    assertThat(healthAfter(tracker, "FSFFF")).containsExactly(false, true, true, true, false);
  }

  @Test
  @Tag("HE-12")
  @DisplayName("the window holds the latest latencies")
  void latencyWindow_holdsTheLatest() {
    HealthTracker tracker = tracker(3, 2, 3);
    latencies(tracker, 10, 10, 10, 100, 100, 100);
    assertThat(tracker.snapshot().meanLatency()).isEqualTo(millis(100));
    latencies(tracker, 10, 20, 30);
    assertThat(tracker.snapshot().meanLatency()).isEqualTo(millis(20));
    latencies(tracker, 40);
    assertThat(tracker.snapshot().meanLatency()).isEqualTo(millis(30));
  }

  @Test
  @Tag("HE-12")
  @DisplayName("a report without a latency uses no slot of the window")
  void latencyWindow_reportWithoutLatency_usesNoSlot() {
    HealthTracker tracker = tracker(3, 2, 2);
    latencies(tracker, 20);
    tracker.recordSuccess();
    latencies(tracker, 40);
    assertThat(tracker.snapshot().meanLatency()).isEqualTo(millis(30));
  }

  @Test
  @Tag("HE-12")
  @DisplayName("a window that is not full has the mean of its latencies")
  void latencyWindow_notFull_hasTheMeanOfItsLatencies() {
    HealthTracker wide = resilience.health().tracker("wide");
    latencies(wide, 5, 15);
    assertThat(wide.snapshot().meanLatency()).isEqualTo(millis(10));
  }

  private static void latencies(HealthTracker tracker, int... latencies) {
    for (int latency : latencies) {
      tracker.recordSuccess(millis(latency));
    }
  }

  @Test
  @Tag("HE-12")
  @Tag("fault-60")
  @DisplayName("the window is bounded for any number of reports; failures have latencies, and the "
      + "largest is shown")
  void latencies_areBounded() {
    HealthTracker tracker = tracker(3, 2, 1000);
    for (int i = 0; i < 100_000; i++) {
      tracker.recordSuccess(Duration.ofDays(365));
    }
    assertThat(tracker.snapshot().meanLatency()).isEqualTo(Duration.ofDays(365));
    tracker.reset();
    tracker.recordSuccess(millis(10));
    tracker.recordFailure("slow", millis(50));
    assertThat(tracker.snapshot().meanLatency()).isEqualTo(millis(30));
    assertThat(tracker.snapshot().maxLatency()).isEqualTo(millis(50));
  }

  @Test
  @Tag("HE-13")
  @DisplayName("metadata is set, overwritten, removed and copied; snapshots do not change")
  void metadata_isSetRemovedAndCopied() {
    HealthTracker tracker = tracker();
    tracker.setMetadata("region", "eu");
    Map<String, Object> nested = new HashMap<>(Map.of("size", 8));
    tracker.setMetadata("pool", nested);
    HealthTrackerSnapshot before = tracker.snapshot();
    nested.put("size", 9);
    tracker.setMetadata("region", "us");
    tracker.setMetadata("pool", null);
    tracker.recordFailure("down");
    assertThat(before.metadata())
        .containsOnly(Map.entry("region", "eu"), Map.entry("pool", Map.of("size", 8)));
    assertThat(before.consecutiveFailures()).isZero();
    assertThat(tracker.snapshot().metadata()).containsOnly(Map.entry("region", "us"));
  }

  @Test
  void metadata_isBounded() {
    HealthTracker tracker = tracker();
    for (int i = 0; i < 100; i++) {
      tracker.setMetadata("key " + i, i);
    }
    tracker.setMetadata("key 0", "again");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tracker.setMetadata("one more", 1))
        .withMessage("metadata of 'db' must have at most 100 keys: one more");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tracker.setMetadata(" ", 1))
        .withMessageContaining("metadata key must not be blank");
    assertThat(tracker.snapshot().metadata()).hasSize(100);
    tracker.recordFailure("x".repeat(100_000));
    assertThat(tracker.snapshot().lastError()).hasSize(1000);
  }

  @Test
  @Tag("HE-14")
  @DisplayName("a reset makes it as new")
  void reset_makesTheTrackerNew() {
    HealthTracker tracker = tracker(1, 2, 10);
    tracker.setMetadata("region", "eu");
    tracker.recordSuccess(millis(5));
    tracker.recordFailure("down");
    time.advance(SECOND);
    tracker.reset();
    HealthTrackerSnapshot snapshot = tracker.snapshot();
    assertThat(snapshot.isHealthy()).isTrue();
    assertThat(snapshot.consecutiveFailures()).isZero();
    assertThat(snapshot.consecutiveSuccesses()).isZero();
    assertThat(snapshot.lastError()).isNull();
    assertThat(snapshot.meanLatency()).isNull();
    assertThat(snapshot.maxLatency()).isNull();
    assertThat(snapshot.metadata()).isEmpty();
    assertThat(snapshot.lastCheck()).isEqualTo(ManualTime.DEFAULT_START.plus(SECOND));
    assertThat(snapshot.since()).isEqualTo(ManualTime.DEFAULT_START.plus(SECOND));
  }

  @Test
  @Tag("fault-58")
  @DisplayName("a healthy component without reports becomes unknown after staleAfter")
  void healthy_silent_becomesUnknown() {
    HealthTracker tracker = staleAfterFiveMinutes();
    tracker.recordSuccess();
    time.advance(Duration.ofMinutes(5).minusNanos(1));
    assertThat(tracker.snapshot().status()).isEqualTo(HealthStatus.HEALTHY);
    time.advance(Duration.ofNanos(1));
    assertThat(tracker.snapshot().status()).isEqualTo(HealthStatus.UNKNOWN);
    assertThat(tracker.snapshot().since())
        .isEqualTo(ManualTime.DEFAULT_START.plus(Duration.ofMinutes(5)));
    assertThat(line().detail()).startsWith("no report since 2026-01-01T00:00:00Z");
    tracker.recordSuccess();
    assertThat(tracker.snapshot().status()).isEqualTo(HealthStatus.HEALTHY);
  }

  private HealthTracker staleAfterFiveMinutes() {
    return resilience
        .health()
        .tracker(
            "db",
            HealthTrackerConfig.builder()
                .failureThreshold(1)
                .staleAfter(Duration.ofMinutes(5))
                .build());
  }

  @Test
  @Tag("fault-58")
  @DisplayName("an unhealthy component without reports stays unhealthy")
  void unhealthy_silent_staysUnhealthy() {
    HealthTracker tracker = staleAfterFiveMinutes();
    tracker.recordFailure("down");
    time.advance(Duration.ofDays(1));
    assertThat(tracker.snapshot().status()).isEqualTo(HealthStatus.UNHEALTHY);
  }

  private HealthResult line() {
    HealthResult line = resilience.health().checkAll().checks().get("db");
    assertThat(line).isNotNull();
    return line;
  }

  @Test
  @Tag("HE-19")
  @DisplayName("a report carries the state of a tracker, and since when it holds")
  void reportLine_carriesTheTracker() {
    HealthTracker tracker = tracker(1, 2, 10);
    assertThat(line().detail()).isEqualTo("no report yet");
    tracker.recordFailure(null);
    assertThat(line().detail()).isEqualTo("no error message was reported");
    time.advance(SECOND);
    tracker.setMetadata("region", "eu");
    tracker.recordFailure("no route", millis(250.75));
    HealthResult line = line();
    assertThat(line.status()).isEqualTo(HealthStatus.UNHEALTHY);
    assertThat(line.detail()).isEqualTo("no route");
    assertThat(line.duration()).isEqualTo(millis(250.75));
    assertThat(line.since()).isEqualTo(ManualTime.DEFAULT_START);
    assertThat(line.details())
        .containsEntry("consecutive_failures", 2L)
        .containsEntry("latency_ms", 250.75)
        .containsEntry("metadata", Map.of("region", "eu"))
        .doesNotContainKeys("status", "healthy", "since");
  }

  @Test
  void aLaterDeclaration_countsFromTheNextReport_andKeepsTheLatestLatencies() {
    HealthTracker tracker = tracker();
    latencies(tracker, 1, 2, 3, 4);
    tracker.recordFailure("down");
    assertThat(tracker(2, 1, 2)).isSameAs(tracker);
    assertThat(tracker.snapshot().meanLatency()).isEqualTo(millis(3.5));
    tracker.recordFailure("down");
    assertThat(tracker.snapshot().isHealthy()).isFalse();
    assertThat(tracker.config().latencyWindow()).isEqualTo(2);
  }
}
