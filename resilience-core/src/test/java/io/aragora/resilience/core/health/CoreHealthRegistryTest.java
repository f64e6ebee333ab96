package io.aragora.resilience.core.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.Subscription;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CoreHealthRegistryTest {
  private final ManualTime time = ManualTime.create();

  @Test
  @DisplayName(
      "HE-19 HE-30: all checks together, the worst that counts, optional ones degrade at worst")
  void report_weighsChecks() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      assertThat(resilience.health().checkAll().summary()).isEqualTo("nothing registered");
      resilience.health().register("db", HealthResult::healthy);
      resilience
          .health()
          .register(
              "cache",
              () -> {
                throw new IllegalStateException("no route");
              },
              HealthCheckOptions.defaults().optional());
      HealthReport report = resilience.health().checkAll();
      assertThat(report.status()).isEqualTo(HealthStatus.DEGRADED);
      assertThat(report.checks().get("cache")).satisfies(result -> {
        assertThat(result.status()).isEqualTo(HealthStatus.UNHEALTHY);
        assertThat(result.detail()).isEqualTo("no route");
      });
      assertThat(report.summary()).isEqualTo("1/2 not healthy: cache");
    }
  }

  @Test
  void groups_areAskedApart_andRegistrationEnds() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      Subscription registration = resilience
          .health()
          .register(
              "deadlock",
              () -> HealthResult.of(HealthStatus.CRITICAL, "stuck"),
              HealthCheckOptions.defaults().in(HealthGroup.LIVENESS));
      assertThat(resilience.health().check(HealthGroup.LIVENESS).status())
          .isEqualTo(HealthStatus.CRITICAL);
      assertThat(resilience.health().check(HealthGroup.READINESS).status())
          .isEqualTo(HealthStatus.HEALTHY);
      assertThatThrownBy(() -> resilience.health().register("deadlock", HealthResult::healthy))
          .hasMessageContaining("'deadlock' is registered already");
      registration.close();
      assertThat(resilience.health().names()).isEmpty();
    }
  }

  @Test
  void result_isUsedAgainForItsTimeToLive() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      AtomicInteger runs = new AtomicInteger();
      resilience.health().register("db", () -> {
        runs.incrementAndGet();
        return HealthResult.healthy();
      });
      resilience.health().checkAll();
      resilience.health().checkAll();
      assertThat(runs).hasValue(1);
      time.advance(Duration.ofSeconds(1));
      resilience.health().checkAll();
      assertThat(runs).hasValue(2);
    }
  }

  @Test
  void openBreakers_degradeReadinessAndKeepItServing() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      resilience.circuitBreaker("upstream").forceOpen();
      HealthReport report = resilience.health().check(HealthGroup.READINESS);
      assertThat(report.status()).isEqualTo(HealthStatus.DEGRADED);
      assertThat(report.status().isServing()).isTrue();
      assertThat(report.checks().get("circuit breakers").detail())
          .isEqualTo("upstream forced_open");
    }
  }

  @Test
  void checks_runInParallel_andAHungOneCostsItsTimeoutAndOneRun() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger hungRuns = new AtomicInteger();
    try (Resilience resilience = Resilience.create()) {
      CyclicBarrier both = new CyclicBarrier(2);
      for (String name : new String[] {"one", "two"}) {
        resilience
            .health()
            .register(
                name,
                () -> {
                  both.await(30, TimeUnit.SECONDS);
                  return HealthResult.healthy();
                },
                HealthCheckOptions.defaults().withTimeout(Duration.ofSeconds(30)));
      }
      resilience
          .health()
          .register(
              "hung",
              () -> {
                hungRuns.incrementAndGet();
                boolean done = false;
                while (!done) {
                  try {
                    release.await();
                    done = true;
                  } catch (InterruptedException e) {
                    // does not heed the interrupt
                  }
                }
                return HealthResult.healthy();
              },
              HealthCheckOptions.defaults()
                  .withTimeout(Duration.ofMillis(20))
                  .withTimeToLive(Duration.ZERO));
      HealthReport report = resilience.health().checkAll();
      assertThat(report.checks().get("one").status()).isEqualTo(HealthStatus.HEALTHY);
      assertThat(report.checks().get("two").status()).isEqualTo(HealthStatus.HEALTHY);
      assertThat(report.checks().get("hung").detail()).isEqualTo("no answer within PT0.02S");
      assertThat(resilience.health().checkAll().checks().get("hung").detail())
          .contains("still running");
      assertThat(hungRuns).hasValue(1);
      release.countDown();
    }
  }
}
