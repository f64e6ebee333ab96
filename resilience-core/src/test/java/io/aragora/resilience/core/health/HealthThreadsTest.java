package io.aragora.resilience.core.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.GlobalResilience;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.AtOnce;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTracker;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.health.HealthTransition;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Trackers, listeners and the registry of the process, used by many threads at once. */
@Timeout(60)
class HealthThreadsTest {
  private final CountDownLatch release = new CountDownLatch(1);
  private final Resilience resilience = Resilience.create();

  @AfterEach
  void close() {
    release.countDown();
    resilience.close();
  }

  @Test
  @Tag("HE-28")
  @DisplayName("reports from many threads lose nothing")
  void concurrentReports_loseNothing() throws Exception {
    int threads = 4;
    int reports = 10_000;
    HealthTracker counted = resilience
        .health()
        .tracker(
            "counted",
            HealthTrackerConfig.builder().failureThreshold(threads * reports).build());
    resilience.health().subscribe(transition -> release.countDown());
    AtOnce.run(threads, thread -> {
      for (int report = 0; report < reports; report++) {
        counted.recordFailure("down");
      }
    });
    assertThat(counted.snapshot().consecutiveFailures()).isEqualTo(threads * reports);
    assertThat(counted.snapshot().isHealthy()).isFalse();
    assertThat(release.await(30, TimeUnit.SECONDS)).as("the one change of it").isTrue();
  }

  @Test
  @Tag("HE-28")
  @DisplayName("listeners receive the changes of many threads in order, also if some are dropped")
  void concurrentChanges_areReceivedInOrder() throws Exception {
    HealthTracker flapping = resilience
        .health()
        .tracker(
            "flapping",
            HealthTrackerConfig.builder()
                .failureThreshold(1)
                .recoveryThreshold(1)
                .build());
    List<HealthTransition> seen = new CopyOnWriteArrayList<>();
    resilience.health().subscribe(transition -> {
      if (seen.size() < 1000) {
        seen.add(transition);
      }
    });
    AtOnce.run(4, thread -> {
      for (int report = 0; report < 10_000; report++) {
        if (thread % 2 == 0) {
          flapping.recordSuccess(Duration.ofMillis(1));
        } else {
          flapping.recordFailure("down");
        }
      }
    });
    resilience.close();
    assertThat(seen).isNotEmpty();
    for (int i = 1; i < seen.size(); i++) {
      assertThat(seen.get(i).sequence()).isGreaterThan(seen.get(i - 1).sequence());
      if (seen.get(i).sequence() == seen.get(i - 1).sequence() + 1) {
        assertThat(seen.get(i).from()).isEqualTo(seen.get(i - 1).to());
      }
    }
  }

  @Test
  @Tag("HE-27")
  @Tag("fault-18")
  @DisplayName("a listener that blocks delays no report, and runs on another thread")
  void listener_blocks_delaysNoReport() throws Exception {
    HealthTracker db = resilience.health().tracker("db");
    CompletableFuture<Thread> heardOn = new CompletableFuture<>();
    resilience.health().subscribe(transition -> {
      heardOn.complete(Thread.currentThread());
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    for (int i = 0; i < 3; i++) {
      db.recordFailure("down");
    }
    assertThat(heardOn.get(30, TimeUnit.SECONDS)).isNotSameAs(Thread.currentThread());
    db.recordSuccess();
    db.recordSuccess();
    assertThat(db.snapshot().isHealthy()).isTrue();
    assertThat(resilience.health().checkAll().status()).isEqualTo(HealthStatus.HEALTHY);
  }

  @Test
  @Tag("HE-27")
  @DisplayName(
      "no lock is held while a listener runs, not even on the reporting thread of a closed "
          + "runtime")
  void afterClosing_listenersRunUnderNoLock() {
    HealthTracker db = resilience.health().tracker("db");
    List<Boolean> locked = new CopyOnWriteArrayList<>();
    resilience.health().subscribe(transition -> locked.add(Thread.holdsLock(db)));
    resilience.close();
    for (int i = 0; i < 3; i++) {
      db.recordFailure("down");
    }
    db.reset();
    assertThat(locked).containsExactly(false, false);
  }

  @Test
  @Tag("HE-22")
  @DisplayName("the process has one registry, also if many threads ask first")
  void globalRegistry_manyThreads_isOne() throws Exception {
    try {
      List<HealthRegistry> registries =
          AtOnce.call(20, thread -> Resilience.global().health());
      assertThat(registries).hasSize(20).containsOnly(Resilience.global().health());
      Resilience.global().health().tracker("shared").recordFailure("down");
      assertThat(Resilience.global().health().tracker("shared").snapshot().lastError())
          .isEqualTo("down");
    } finally {
      GlobalResilience.close();
    }
  }

  @Test
  @DisplayName("continuations of a report run apart from the threads of checks")
  void continuationOfAReport_blocks_threadOfTheCheckIsFree() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CompletableFuture<String> ranOn = new CompletableFuture<>();
    resilience.health().register("disk", () -> {
      asked.await();
      return HealthResult.healthy();
    });
    CompletableFuture<Void> continued = resilience.health().checkAllAsync().thenAccept(report -> {
      ranOn.complete(Thread.currentThread().getName());
      awaitRelease();
    });
    asked.countDown();
    assertThat(ranOn.get(30, TimeUnit.SECONDS)).contains("-end");
    assertThat(resilience.health().checkAll().status()).isEqualTo(HealthStatus.HEALTHY);
    release.countDown();
    continued.get(30, TimeUnit.SECONDS);
  }

  private void awaitRelease() {
    try {
      release.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
