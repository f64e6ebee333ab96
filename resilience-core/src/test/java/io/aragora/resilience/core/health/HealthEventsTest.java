package io.aragora.resilience.core.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTracker;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.health.HealthTransition;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The events that health listeners receive. */
class HealthEventsTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final HealthRegistry health = resilience.health();
  private final List<HealthTransition> seen = new CopyOnWriteArrayList<>();

  @BeforeEach
  void subscribe() {
    health.subscribe(seen::add);
  }

  @AfterEach
  void close() {
    resilience.close();
  }

  private HealthTracker tracker(String name, int failures, int recoveries) {
    return health.tracker(
        name,
        HealthTrackerConfig.builder()
            .failureThreshold(failures)
            .recoveryThreshold(recoveries)
            .build());
  }

  /** Reports a success for each S and a failure for each F, and returns the events. */
  private List<String> heard(HealthTracker tracker, String reports) {
    seen.clear();
    for (char report : reports.toCharArray()) {
      if (report == 'S') {
        tracker.recordSuccess();
      } else {
        tracker.recordFailure("down");
      }
    }
    time.runPending();
    return seen.stream().map(HealthEventsTest::change).toList();
  }

  private static String change(HealthTransition transition) {
    return transition.from().text() + " -> " + transition.to().text();
  }

  @Test
  @Tag("HE-23")
  @Tag("fault-59")
  @DisplayName(
      "there is no event below the threshold, and one at the threshold that reports unhealthy")
  void failures_atTheThreshold_areOneEvent() {
    HealthTracker db = tracker("db", 2, 2);
    db.recordSuccess();
    assertThat(heard(db, "F")).isEmpty();
    time.advance(Duration.ofSeconds(3));
    db.recordFailure("no route");
    time.runPending();
    assertThat(seen)
        .containsExactly(
            HealthTransition.builder("db", HealthStatus.HEALTHY, HealthStatus.UNHEALTHY)
                .consecutiveFailures(2)
                .detail("no route")
                .at(ManualTime.DEFAULT_START.plusSeconds(3))
                .build());
    assertThat(seen.get(0).isRecovery()).isFalse();
  }

  @Test
  @Tag("HE-24")
  @DisplayName("the first success is no event, the second is one recovery with no failures")
  void successes_afterUnhealthy_areOneRecovery() {
    HealthTracker db = tracker("db", 1, 2);
    assertThat(heard(db, "F")).containsExactly("unknown -> unhealthy");
    assertThat(heard(db, "S")).isEmpty();
    assertThat(heard(db, "S")).containsExactly("unhealthy -> healthy");
    assertThat(seen.get(0).isRecovery()).isTrue();
    assertThat(seen.get(0).consecutiveFailures()).isZero();
    assertThat(seen.get(0).detail()).isEmpty();
    assertThat(seen.get(0).sequence()).isEqualTo(2);
  }

  @Test
  @Tag("HE-25")
  @DisplayName("every change is an event and nothing else, not even becoming known")
  void changes_alone_areEvents() {
    assertThat(heard(tracker("quiet", 3, 2), "SSFFSF")).isEmpty();
    HealthTracker db = tracker("db", 1, 1);
    assertThat(heard(db, "FSF"))
        .containsExactly("unknown -> unhealthy", "unhealthy -> healthy", "healthy -> unhealthy");
    assertThat(seen.get(2).detail()).isEqualTo("down");
    seen.clear();
    db.reset();
    time.runPending();
    assertThat(seen).extracting(HealthEventsTest::change).containsExactly("unhealthy -> unknown");
  }

  @Test
  @Tag("HE-26")
  @DisplayName("a listener that throws affects neither the tracker nor other listeners")
  void listener_throws_affectsNoOther() {
    health.subscribe(transition -> {
      throw new IllegalStateException("listener");
    });
    List<HealthTransition> others = new CopyOnWriteArrayList<>();
    Subscription other = health.subscribe(others::add);
    HealthTracker db = tracker("db", 1, 1);
    assertThat(heard(db, "FS")).hasSize(2);
    assertThat(others).hasSize(2);
    assertThat(db.snapshot().isHealthy()).isTrue();
    other.close();
    other.close();
    assertThat(heard(db, "F")).hasSize(1);
    assertThat(others).as("closed").hasSize(2);
  }

  @Test
  @Tag("HE-27")
  @Tag("fault-18")
  @DisplayName("a listener may read and change the tracker, and ask for a report")
  void listener_mayCallBack() {
    HealthTracker db = tracker("db", 1, 1);
    AtomicReference<HealthStatus> read = new AtomicReference<>();
    health.subscribe(transition -> {
      if (transition.to() == HealthStatus.UNHEALTHY) {
        read.set(db.snapshot().status());
        db.recordSuccess();
        health.checkAll();
      }
    });
    assertThat(heard(db, "F")).containsExactly("unknown -> unhealthy", "unhealthy -> healthy");
    assertThat(read).hasValue(HealthStatus.UNHEALTHY);
  }

  @Test
  @Tag("HE-28")
  @DisplayName(
      "each change of a flapping tracker is an event, and trackers do not affect each other")
  void flapping_eachChange_isAnEvent() {
    HealthTracker db = tracker("db", 2, 2);
    HealthTracker cache = tracker("cache", 2, 2);
    assertThat(heard(db, "SFF".repeat(10)))
        .as("one success is not enough to recover")
        .containsExactly("healthy -> unhealthy");
    assertThat(heard(db, "SSFF".repeat(10))).hasSize(20);
    assertThat(seen)
        .extracting(HealthTransition::sequence)
        .isSorted()
        .doesNotHaveDuplicates()
        .endsWith(21L);
    assertThat(cache.snapshot().consecutiveFailures()).isZero();
    assertThat(seen).extracting(HealthTransition::component).containsOnly("db");
  }

  @Test
  void whatWasRemoved_isNotReceived() {
    HealthTracker db = tracker("db", 1, 1);
    health.unregister("db");
    assertThat(heard(db, "F")).isEmpty();
    assertThat(db.snapshot().isHealthy()).isFalse();
  }

  @Test
  void checkThatWasRemovedWhileItRan_isNotReceived() {
    health.register("disk", () -> {
      health.unregister("disk");
      return HealthResult.of(HealthStatus.CRITICAL, "full");
    });
    health.checkAll();
    time.runPending();
    assertThat(seen).isEmpty();
  }

  @Test
  @Tag("fault-58")
  @Tag("fault-61")
  @DisplayName("changes of checks and breakers are noticed at regular checks, not before")
  void checksAndBreakers_changes_areNoticedRegularly() {
    AtomicReference<HealthStatus> status = healthyDisk();
    resilience.circuitBreaker("upstream");
    health.checkAll();
    time.runPending();
    assertThat(seen).as("becoming known").isEmpty();
    status.set(HealthStatus.CRITICAL);
    resilience.circuitBreaker("upstream").forceOpen();
    time.runPending();
    assertThat(seen).as("no caller asked").isEmpty();
    health.checkEvery(Duration.ofSeconds(10));
    time.advance(Duration.ofSeconds(11));
    assertThat(seen)
        .extracting(transition -> transition.component() + " " + change(transition))
        .containsExactly("disk healthy -> critical", "circuit breakers healthy -> degraded");
    assertThat(seen.get(0).consecutiveFailures()).isEqualTo(1);
    assertThat(seen.get(0).detail()).isEqualTo("as set");
  }

  private AtomicReference<HealthStatus> healthyDisk() {
    AtomicReference<HealthStatus> status = new AtomicReference<>(HealthStatus.HEALTHY);
    health.register(
        "disk",
        () -> HealthResult.of(status.get(), "as set"),
        HealthCheckOptions.defaults().withTimeToLive(Duration.ZERO));
    return status;
  }

  @Test
  @Tag("fault-58")
  @DisplayName("a check whose status improves is a recovery")
  void check_statusImproves_isARecovery() {
    AtomicReference<HealthStatus> status = healthyDisk();
    status.set(HealthStatus.CRITICAL);
    health.checkAll();
    status.set(HealthStatus.DEGRADED);
    health.checkAll();
    time.runPending();
    assertThat(seen.get(seen.size() - 1).isRecovery()).isTrue();
  }

  @Test
  @Tag("fault-58")
  @DisplayName("closed regular checks notice no change")
  void regularChecks_closed_noticeNothing() {
    AtomicReference<HealthStatus> status = healthyDisk();
    Subscription regular = health.checkEvery(Duration.ofSeconds(10));
    time.advance(Duration.ofSeconds(11));
    regular.close();
    status.set(HealthStatus.UNHEALTHY);
    time.advance(Duration.ofMinutes(1));
    assertThat(seen).isEmpty();
  }
}
