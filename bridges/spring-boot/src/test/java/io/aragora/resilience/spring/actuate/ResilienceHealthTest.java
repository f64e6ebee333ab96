package io.aragora.resilience.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.spring.WebApp;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;

class ResilienceHealthTest {
  private static final String PROBES = "management.endpoint.health.probes.enabled=true";
  private static final String DETAILS = "management.endpoint.health.show-details=always";

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Shop {}

  @Test
  void health_byDefault_hidesNamesAndDetails() throws Exception {
    try (WebApp app = WebApp.start(Shop.class, PROBES)) {
      app.resilience().health().register("database", HealthResult::healthy);

      for (String path : new String[] {"/actuator/health", "/actuator/health/readiness"}) {
        assertThat(app.get(path))
            .startsWith("200")
            .contains("\"status\":\"UP\"")
            .doesNotContain("database");
      }
      assertThat(app.get("/actuator/health/resilience")).startsWith("404");
    }
  }

  @Test
  void health_detailsShown_hasEachCheck() throws Exception {
    try (WebApp app = WebApp.start(Shop.class, PROBES, DETAILS)) {
      app.resilience()
          .health()
          .register("database", () -> HealthResult.of(HealthStatus.HEALTHY, "12 connections"));

      assertThat(app.get("/actuator/health/resilience/readiness"))
          .startsWith("200")
          .contains("\"database\":{\"status\":\"healthy\",\"detail\":\"12 connections\"");
    }
  }

  @Test
  void readiness_openBreaker_staysUp() throws Exception {
    try (WebApp app = WebApp.start(Shop.class, PROBES, DETAILS)) {
      for (int i = 0; i < 3; i++) {
        app.resilience().circuitBreaker("b" + i).forceOpen();
      }

      for (String path : new String[] {"", "/readiness", "/liveness"}) {
        assertThat(app.get("/actuator/health" + path)).startsWith("200");
      }
      assertThat(app.get("/actuator/health/resilience/readiness"))
          .contains("\"status\":\"degraded\"", "circuit breakers");
    }
  }

  @Test
  void readiness_criticalCheckFails_isDownAndLivenessIsNot() throws Exception {
    try (WebApp app = WebApp.start(Shop.class, PROBES)) {
      app.resilience()
          .health()
          .register("database", () -> HealthResult.of(HealthStatus.UNHEALTHY, "no route"));

      assertThat(app.get("/actuator/health/readiness")).startsWith("503").contains("DOWN");
      assertThat(app.get("/actuator/health/liveness")).startsWith("200");
      assertThat(app.get("/actuator/health")).startsWith("503");
    }
  }

  @Test
  void liveness_livenessCheckFails_isDownAndReadinessIsNot() throws Exception {
    try (WebApp app = WebApp.start(Shop.class, PROBES)) {
      app.resilience()
          .health()
          .register(
              "deadlock",
              () -> HealthResult.of(HealthStatus.CRITICAL, "two threads"),
              HealthCheckOptions.defaults().in(HealthGroup.LIVENESS));

      assertThat(app.get("/actuator/health/liveness")).startsWith("503");
      assertThat(app.get("/actuator/health/readiness")).startsWith("200");
    }
  }

  @Test
  void probe_membersListedByApplication_isLeftAlone() throws Exception {
    try (WebApp app = WebApp.start(
        Shop.class, PROBES, "management.endpoint.health.group.readiness.include=readinessState")) {
      app.resilience()
          .health()
          .register("database", () -> HealthResult.of(HealthStatus.UNHEALTHY, "no route"));

      assertThat(app.get("/actuator/health/readiness")).startsWith("200");
      assertThat(app.get("/actuator/health")).startsWith("503");
    }
  }

  @Test
  void health_disabled_isNotThere() throws Exception {
    try (WebApp app =
        WebApp.start(Shop.class, PROBES, DETAILS, "management.health.resilience.enabled=false")) {
      app.resilience()
          .health()
          .register("database", () -> HealthResult.of(HealthStatus.UNHEALTHY, "no route"));

      assertThat(app.get("/actuator/health")).startsWith("200").doesNotContain("resilience");
    }
  }
}
