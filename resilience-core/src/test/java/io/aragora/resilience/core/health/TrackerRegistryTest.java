package io.aragora.resilience.core.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTracker;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Trackers by name, and the report on them. */
class TrackerRegistryTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final HealthRegistry health = resilience.health();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static HealthTrackerConfig config(int failures, int recoveries) {
    return HealthTrackerConfig.builder()
        .failureThreshold(failures)
        .recoveryThreshold(recoveries)
        .build();
  }

  private HealthTracker healthy(String name) {
    HealthTracker tracker = health.tracker(name);
    tracker.recordSuccess();
    return tracker;
  }

  private HealthTracker unhealthy(String name) {
    HealthTracker tracker = health.tracker(name, config(1, 2));
    tracker.recordFailure("down");
    return tracker;
  }

  @Test
  @Tag("HE-15")
  @DisplayName("a name stands for one tracker; a different declaration is an error that shows both")
  void declaration_different_isAnError() {
    HealthTracker db = health.tracker("db", config(3, 2));
    assertThat(db.name()).isEqualTo("db");
    assertThat(health.tracker("db", config(3, 2))).isSameAs(db);
    assertThatThrownBy(() -> health.tracker("db", config(9, 2)))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll(
            "'db'", "declared with failureThreshold=3 (at ", "declaration has failureThreshold=9");
    assertThat(db.config().failureThreshold()).isEqualTo(3);
    HealthTracker cache = health.tracker(
        "cache",
        HealthTrackerConfig.builder()
            .failureThreshold(5)
            .recoveryThreshold(4)
            .latencyWindow(20)
            .build());
    assertThat(cache.config().latencyWindow()).isEqualTo(20);
    health.tracker("queue");
    assertThat(health.trackers())
        .extracting(HealthTracker::name)
        .containsExactly("db", "cache", "queue");
  }

  @Test
  @Tag("HE-16")
  @DisplayName("a look-up that creates none returns the same object or none, also after a removal")
  void find_createsNoTracker() {
    HealthTracker db = health.tracker("db");
    assertThat(health.findTracker("db")).containsSame(db);
    assertThat(health.findTracker("unknown")).isEmpty();
    assertThat(health.names()).containsExactly("db");
    health.unregister("db");
    assertThat(health.findTracker("db")).isEmpty();
  }

  @Test
  @Tag("HE-17")
  @Tag("fault-60")
  @DisplayName(
      "a look-up that creates one sets its whole config; an existing tracker keeps its state")
  void tracker_createsOnce_withItsConfig() {
    HealthTracker db = health.tracker("db", config(7, 5));
    assertThat(db.config().failureThreshold()).isEqualTo(7);
    assertThat(db.config().recoveryThreshold()).isEqualTo(5);
    db.recordFailure("down");
    db.setMetadata("region", "eu");
    assertThat(health.tracker("db")).isSameAs(db);
    assertThat(health.tracker("db").snapshot().consecutiveFailures()).isEqualTo(1);
    assertThat(health.tracker("db").snapshot().metadata()).containsKey("region");
    assertThat(health.findTracker("db")).containsSame(db);
  }

  @Test
  @Tag("HE-18")
  @DisplayName(
      "removal returns whether there was one, and keeps the others; checks behave the same way")
  void unregister_returnsWhetherPresent() {
    healthy("db");
    HealthTracker cache = healthy("cache");
    health.register("disk", HealthResult::healthy);
    assertThat(health.unregister("db")).isTrue();
    assertThat(health.unregister("db")).isFalse();
    assertThat(health.unregister("unknown")).isFalse();
    assertThat(health.unregister("disk")).isTrue();
    assertThat(health.names()).containsExactly("cache");
    assertThat(health.findTracker("cache")).containsSame(cache);
    assertThat(health.tracker("db", config(9, 9)).config().failureThreshold())
        .as("a new one")
        .isEqualTo(9);
  }

  @Test
  @Tag("HE-19")
  @DisplayName("a report without trackers is healthy")
  void report_withoutTrackers_isHealthy() {
    assertThat(health.checkAll().status()).isEqualTo(HealthStatus.HEALTHY);
    assertThat(health.checkAll().checks()).isEmpty();
    assertThat(health.checkAll().summary()).isEqualTo("nothing registered");
  }

  @Test
  @Tag("HE-19")
  @DisplayName("a report of healthy trackers is healthy")
  void report_ofHealthyTrackers_isHealthy() {
    healthy("db");
    healthy("cache");
    assertThat(health.checkAll().status()).isEqualTo(HealthStatus.HEALTHY);
    assertThat(health.checkAll().summary()).isEqualTo("all 2 healthy");
  }

  @Test
  @Tag("HE-19")
  @DisplayName("a report names the unhealthy trackers and has the time of the check")
  void report_ofAMixture_namesTheUnhealthy() {
    Instant before = time.wallTime();
    healthy("cache");
    unhealthy("db");
    HealthReport report = health.checkAll();
    assertThat(report.isHealthy()).isFalse();
    assertThat(report.status()).isEqualTo(HealthStatus.UNHEALTHY);
    assertThat(report.summary()).isEqualTo("1/2 not healthy: db");
    assertThat(report.checkedAt()).isEqualTo(before);
  }

  @Test
  @Tag("HE-19")
  @DisplayName("a report of unhealthy trackers names all of them")
  void report_ofUnhealthyTrackers_namesAll() {
    unhealthy("db");
    assertThat(health.checkAll().summary()).isEqualTo("1/1 not healthy: db");
    unhealthy("cache");
    assertThat(health.checkAll().summary()).isEqualTo("2/2 not healthy: db, cache");
  }

  @Test
  @Tag("HE-20")
  @DisplayName("all present statuses are listed with their type")
  void statuses_areTyped() {
    assertThat(health.report().checks()).isEmpty();
    healthy("db");
    unhealthy("cache").recordFailure("down");
    assertThat(health.report().checks().get("db").status()).isEqualTo(HealthStatus.HEALTHY);
    assertThat(health.report().checks().get("cache").detail()).isEqualTo("down");
    assertThat(health.trackers())
        .extracting(tracker -> tracker.snapshot().isHealthy())
        .containsExactly(true, false);
  }

  @Test
  @Tag("HE-21")
  @DisplayName("names are in registration order, without removed ones")
  void names_areInOrder() {
    assertThat(health.names()).isEmpty();
    List.of("c", "a", "b").forEach(health::tracker);
    assertThat(health.names()).containsExactly("c", "a", "b");
    health.unregister("a");
    assertThat(health.names()).containsExactly("c", "b");
    assertThatThrownBy(() -> health.names().clear())
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> health.trackers().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  @Tag("fault-58")
  @DisplayName("an optional tracker degrades, and each tracker answers for its own groups")
  void optionalTracker_degrades_inItsGroups() {
    health
        .tracker(
            "cache",
            HealthTrackerConfig.builder()
                .failureThreshold(1)
                .critical(false)
                .in(HealthGroup.READINESS, HealthGroup.STARTUP)
                .build())
        .recordFailure("down");
    assertThat(health.check(HealthGroup.READINESS).status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(health.check(HealthGroup.STARTUP).checks()).containsOnlyKeys("cache");
    assertThat(health.check(HealthGroup.LIVENESS).checks()).isEmpty();
    unhealthy("db");
    assertThat(health.check(HealthGroup.READINESS).status()).isEqualTo(HealthStatus.UNHEALTHY);
    assertThat(health.check(HealthGroup.STARTUP).status()).isEqualTo(HealthStatus.DEGRADED);
  }

  @Test
  void checksAndTrackers_shareNamesAndTheBound() {
    health.register("db", HealthResult::healthy);
    assertThatThrownBy(() -> health.tracker("db"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("health tracker 'db'", "already registered as a check");
    health.tracker("cache");
    assertThatThrownBy(() -> health.register("cache", HealthResult::healthy))
        .hasMessageContainingAll("health check 'cache'", "already registered as a tracker");
    assertThat(HealthRegistry.RESERVED_NAMES)
        .contains(HealthRegistry.ADMISSION)
        .allSatisfy(reserved -> assertThatThrownBy(() -> health.tracker(reserved))
            .hasMessageContaining("is reserved for the runtime"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> health.tracker(" "))
        .withMessageContaining("health tracker must not be blank");
    for (int i = health.names().size(); i < HealthRegistry.MAX_COMPONENTS; i++) {
      health.tracker("tracker " + i);
    }
    assertThatThrownBy(() -> health.tracker("one more"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage(
            "cannot register 'one more': the runtime already holds 1000 health checks and trackers."
                + " Remove unused ones");
    assertThatThrownBy(
            () -> health.register("one more", HealthResult::healthy, HealthCheckOptions.defaults()))
        .isInstanceOf(ResilienceConfigurationException.class);
    assertThat(health.tracker("cache").name()).isEqualTo("cache");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> health.checkEvery(Duration.ofMillis(99)))
        .withMessage("interval must be at least 100 ms: PT0.099S");
  }
}
