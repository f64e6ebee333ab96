package io.aragora.resilience.core.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CoreHealthRegistryTest {
  private final ManualTime time = ManualTime.create();

  @Test
  @Tag("HE-19")
  @Tag("HE-30")
  @DisplayName("the worst status of all checks counts; optional checks degrade at worst")
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
  @Tag("fault-58")
  @DisplayName("liveness, readiness and startup are separate")
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
      assertThat(resilience.health().checkAsync(HealthGroup.LIVENESS).join().checks())
          .containsOnlyKeys("deadlock");
      assertThat(resilience.health().checkAsync(HealthGroup.READINESS).join().checks())
          .isEmpty();
      assertThatThrownBy(() -> resilience.health().register("deadlock", HealthResult::healthy))
          .hasMessageContaining("'deadlock' is already registered");
      registration.close();
      assertThat(resilience.health().names()).isEmpty();
    }
  }

  @Test
  void consecutiveFailures_ofACheck_areKnownWithoutARun() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      HealthRegistry health = resilience.health();
      AtomicInteger runs = new AtomicInteger();
      health.register(
          "db",
          () -> runs.incrementAndGet() < 4
              ? HealthResult.of(HealthStatus.UNHEALTHY, "no route")
              : HealthResult.healthy());
      assertThat(health.consecutiveFailures("db")).isZero();
      for (int i = 1; i <= 3; i++) {
        health.checkAll();
        health.checkAll(); // the result is used again, and counts once
        assertThat(health.consecutiveFailures("db")).isEqualTo(i);
        time.advance(Duration.ofSeconds(2));
      }
      assertThat(runs).hasValue(3);
      health.checkAll();
      assertThat(health.consecutiveFailures("db")).isZero();
    }
  }

  @Test
  void consecutiveFailures_ofTrackersAndBreakers_areKnown() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      HealthRegistry health = resilience.health();
      health.tracker("mail").recordFailure("rejected");
      assertThat(health.consecutiveFailures("mail")).isOne();
      for (String name : List.of("a", "b", "c")) {
        resilience.circuitBreaker(name).forceOpen();
      }
      health.checkAll();
      assertThat(health.consecutiveFailures(HealthRegistry.CIRCUIT_BREAKERS)).isOne();
      assertThat(health.consecutiveFailures("unknown")).isZero();
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
  @Tag("fault-58")
  @Tag("fault-61")
  @DisplayName("an open breaker and a failing store degrade readiness and do not affect liveness")
  void contributions_areOptionalPartsOfReadiness() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      assertThat(resilience.health().checkAll().checks())
          .as("nothing to say")
          .doesNotContainKeys(HealthRegistry.CIRCUIT_BREAKERS, HealthRegistry.STATE_STORE);
      for (String name : new String[] {"a", "b", "c"}) {
        resilience.circuitBreaker(name).forceOpen();
      }
      HealthReport ready = resilience.health().check(HealthGroup.READINESS);
      assertThat(ready.checks().get(HealthRegistry.CIRCUIT_BREAKERS)).satisfies(result -> {
        assertThat(result.status()).isEqualTo(HealthStatus.CRITICAL);
        assertThat(result.detail()).isEqualTo("a forced_open, b forced_open, c forced_open");
        assertThat(result.details()).containsEntry("open", 3).containsEntry("total", 3);
      });
      assertThat(ready.status()).isEqualTo(HealthStatus.DEGRADED);
      assertThat(resilience.health().check(HealthGroup.LIVENESS).checks()).isEmpty();
      assertThat(resilience.health().check(HealthGroup.STARTUP).checks()).isEmpty();
    }
  }

  @Test
  @Tag("HE-30")
  @DisplayName(
      "a check's result is kept with details, duration and start time; an exception becomes "
          + "its message")
  void whatAChecksSays_isKept() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      resilience.health().register("pool", () -> {
        time.advance(Duration.ofMillis(5));
        return HealthResult.of(HealthStatus.DEGRADED, "nearly full").withDetails(Map.of("free", 1));
      });
      resilience.health().register("broken", () -> {
        throw new LinkageError();
      });
      resilience.health().register("absent", nothing());
      assertThat(resilience.health().report().checks().get("pool").detail())
          .isEqualTo("not checked yet");
      assertThat(resilience.health().report().status()).isEqualTo(HealthStatus.UNKNOWN);
      HealthReport report = resilience.health().checkAll();
      assertThat(report.checks().get("pool"))
          .isEqualTo(HealthResult.builder(HealthStatus.DEGRADED)
              .detail("nearly full")
              .duration(Duration.ofMillis(5))
              .since(ManualTime.DEFAULT_START.plusMillis(5))
              .details(Map.of("free", 1))
              .build());
      assertThat(report.checks().get("broken").detail()).isEqualTo("LinkageError");
      assertThat(report.checks().get("absent").detail()).isEqualTo("the check returned null");
      assertThat(report.checks().keySet()).containsExactly("pool", "broken", "absent");
      time.advance(Duration.ofMinutes(1));
      assertThat(resilience.health().report().checks())
          .as("known without another run")
          .isEqualTo(report.checks());
    }
  }

  @SuppressWarnings("NullAway") // what a check must not do
  private static HealthCheck nothing() {
    return () -> null;
  }

  @Test
  void regularChecks_goOnAfterSlowOnes_andEndWithTheRuntime() {
    AtomicInteger runs = new AtomicInteger();
    Resilience resilience = Resilience.builder().timeSource(time).build();
    resilience.health().register("db", () -> {
      runs.incrementAndGet();
      return HealthResult.healthy();
    });
    resilience.health().checkEvery(Duration.ofSeconds(10));
    time.advance(Duration.ofSeconds(35));
    assertThat(runs).hasValue(3);
    resilience.close();
    time.advance(Duration.ofMinutes(5));
    assertThat(runs).hasValue(3);
  }
}
