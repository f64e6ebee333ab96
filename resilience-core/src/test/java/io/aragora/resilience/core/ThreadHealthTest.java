package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ThreadHealthTest {
  private final ManualTime time = ManualTime.create();
  private final List<ThreadLoad> loads = new ArrayList<>();
  private final ThreadHealth health = new ThreadHealth(() -> loads, time);

  private void load(int waiting, long failures) {
    loads.clear();
    loads.add(ThreadLoad.builder("end").busy(2).bound(2).waiting(waiting).build());
    loads.add(ThreadLoad.builder("timer").failures(failures).build());
  }

  private void assertHealth(HealthStatus status, String detail) {
    HealthResult result = health.get();
    assertThat(result).isNotNull();
    assertThat(result.status()).isEqualTo(status);
    assertThat(result.detail()).isEqualTo(detail);
  }

  @Test
  void nothingIsSaid_beforeSomethingHappens() {
    load(0, 0);
    assertThat(health.get()).isNull();
  }

  @Test
  void aFailure_isShownForAMinute() {
    load(0, 1);
    assertHealth(HealthStatus.DEGRADED, "a thread failed and continues: timer");
    time.advance(Duration.ofSeconds(59));
    assertHealth(HealthStatus.DEGRADED, "a thread failed and continues: timer");
    time.advance(Duration.ofSeconds(1));
    assertHealth(HealthStatus.HEALTHY, "");
    load(0, 2);
    assertHealth(HealthStatus.DEGRADED, "a thread failed and continues: timer");
  }

  @Test
  void tasksThatWait_areShownWhileTheyDo() {
    load(3, 1);
    assertHealth(HealthStatus.DEGRADED, "tasks wait for a free thread: end");
    assertThat(health.get().details()).containsEntry("waiting", 3L).containsEntry("failures", 1L);
    load(0, 1);
    time.advance(Duration.ofMinutes(1));
    assertHealth(HealthStatus.HEALTHY, "");
  }

  @Test
  void tasksOfAGroupWithOneThread_waitForEachOtherByDesign() {
    loads.add(ThreadLoad.builder("store").busy(1).waiting(1).build());
    assertThat(health.get()).isNull();
  }

  /** A time whose driver fails once. */
  private static ForwardingTime failingOnce(CountDownLatch wentOn) {
    AtomicBoolean failed = new AtomicBoolean();
    return new ForwardingTime(SystemTimeSource.INSTANCE) {
      @Override
      public TimerRegistration drive(String name, TimerCallback driver) {
        return super.drive(name, new TimerCallback() {
          @Override
          public long advanceTo(long nowNanos) {
            if (failed.compareAndSet(false, true)) {
              throw new OutOfMemoryError("injected");
            }
            long next = driver.advanceTo(nowNanos);
            wentOn.countDown();
            return next;
          }

          @Override
          public boolean hasHandOver() {
            return driver.hasHandOver();
          }
        });
      }
    };
  }

  @Test
  void aThreadOfARuntimeThatFailed_isInItsReadiness() throws Exception {
    CountDownLatch wentOn = new CountDownLatch(1);
    try (Resilience resilience =
        Resilience.builder().name("r").timeSource(failingOnce(wentOn)).build()) {
      assertThat(checks(resilience)).doesNotContainKey(HealthRegistry.THREADS);
      resilience.timeout("limit", Duration.ofMillis(1)).callAsync(() -> new CompletableFuture<>());
      assertThat(wentOn.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(checks(resilience).get(HealthRegistry.THREADS)).satisfies(threads -> {
        assertThat(threads.status()).isEqualTo(HealthStatus.DEGRADED);
        assertThat(threads.detail()).isEqualTo("a thread failed and continues: timer");
      });
    }
  }

  private static Map<String, HealthResult> checks(Resilience resilience) {
    return resilience.health().check(HealthGroup.READINESS).checks();
  }
}
