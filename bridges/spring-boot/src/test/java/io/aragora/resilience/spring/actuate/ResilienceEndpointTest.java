package io.aragora.resilience.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.ChaosState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.spring.ResilienceBuilderCustomizer;
import io.aragora.resilience.spring.WebApp;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;

class ResilienceEndpointTest {
  private static final String EXPOSED = "management.endpoints.web.exposure.include=resilience";
  private static final String WRITABLE = "management.endpoint.resilience.access=unrestricted";
  private static final String BREAKER = "/actuator/resilience/circuitbreaker/prices";

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Shop {
    @Bean
    ResilienceBuilderCustomizer settings() {
      return builder -> builder.name("shop").property("resilience.chaos.enabled", "true");
    }
  }

  private static WebApp app;

  @BeforeAll
  static void start() {
    app = WebApp.start(Shop.class, EXPOSED, WRITABLE);
  }

  @AfterAll
  static void stop() {
    app.close();
  }

  @AfterEach
  void removePolicies() {
    Policies policies = app.resilience().policies();
    policies.circuitBreakers().forEach(each -> policies.removeCircuitBreaker(each.name()));
    policies
        .keyedCircuitBreakers()
        .forEach(each -> policies.removeKeyedCircuitBreaker(each.name()));
    policies.rateLimiters().forEach(each -> policies.removeRateLimiter(each.name()));
    policies.retries().forEach(each -> policies.removeRetry(each.name()));
    app.resilience().chaos().stop();
  }

  @Test
  void endpoint_notExposed_isNotFound() throws Exception {
    try (WebApp other = WebApp.start(Shop.class)) {
      assertThat(other.get("/actuator/resilience")).startsWith("404");
      assertThat(other.context().getBeanNamesForType(ResilienceEndpoint.class)).isEmpty();
    }
  }

  @Test
  void runtime_get_showsRuntimeAndPolicies() throws Exception {
    app.resilience().circuitBreaker("prices").forceOpen();
    app.resilience().retry("prices");

    assertThat(app.get("/actuator/resilience"))
        .startsWith("200")
        .contains("\"runtime\":\"shop\"", "\"closed\":false", "\"open\":[\"prices\"]")
        .contains("\"circuitbreaker\":1", "\"retry\":1", "\"chaos\":{\"state\":\"stopped\"}")
        .contains("\"state_store\":{\"configured\":false");
  }

  @Test
  void policies_ofEveryKind_areShown() throws Exception {
    OnePolicyOfEachKind.declare(app.resilience(), "prices");
    Set<String> kinds = new TreeSet<>();
    app.resilience().policies().read(new Readings() {
      @Override
      public void policy(String kind, String name) {
        kinds.add(kind);
      }

      @Override
      public void count(String what, String outcome, long value) {}

      @Override
      public void level(String what, double value) {}
    });
    kinds.add("pipeline");

    assertThat(kinds).hasSizeGreaterThanOrEqualTo(12);
    for (String kind : kinds) {
      assertThat(app.get("/actuator/resilience/" + kind))
          .as(kind)
          .startsWith("200")
          .contains("\"count\":1", "\"left_out\":0", "\"name\":\"prices\"");
      assertThat(app.get("/actuator/resilience/" + kind + "/prices"))
          .as(kind)
          .startsWith("200")
          .contains("\"kind\":\"" + kind + "\"");
    }
  }

  @Test
  void policies_moreThanFit_showsImpairedFirstAndCountsTheOthers() throws Exception {
    for (int i = 0; i < PolicyReport.MOST + 5; i++) {
      app.resilience().circuitBreaker("b" + (1000 + i));
    }
    app.resilience().circuitBreaker("z").forceOpen();

    String answer = app.get("/actuator/resilience/circuitbreaker");

    assertThat(answer).contains("\"left_out\":6").contains("\"policies\":[{\"name\":\"z\"");
    assertThat(answer.split("\"counts\"", -1)).hasSize(PolicyReport.MOST + 1);
  }

  @Test
  void policy_breaker_hasExplanationSnapshotAndSettings() throws Exception {
    app.resilience().circuitBreaker("prices").forceOpen();

    assertThat(app.get(BREAKER))
        .startsWith("200")
        .contains("\"explanation\":\"", "\"snapshot\":{\"state\":\"", "\"settings\":\"");
  }

  @Test
  void policy_unknown_isNotFoundAndCreatesNone() throws Exception {
    assertThat(app.get("/actuator/resilience/nothing")).startsWith("404").contains("\"error\"");
    assertThat(app.get(BREAKER)).startsWith("404").contains("\"error\"");
    assertThat(app.resilience().policies().circuitBreakers()).isEmpty();
  }

  @Test
  void policy_nameWithSlashes_isFound() throws Exception {
    app.resilience().circuitBreaker("shop/prices/eu");

    assertThat(app.get("/actuator/resilience/circuitbreaker/shop/prices/eu"))
        .startsWith("200")
        .contains("\"name\":\"shop/prices/eu\"");
  }

  @Test
  void policy_key_isShownAndNotCreated() throws Exception {
    var tenants = app.resilience().keyedCircuitBreaker("tenants", c -> {});
    tenants.forKey("acme").forceOpen();

    assertThat(app.get("/actuator/resilience/keyedcircuitbreaker/tenants?key=acme"))
        .startsWith("200")
        .contains("\"key\":\"acme\"", "\"explanation\"");
    assertThat(app.get("/actuator/resilience/keyedcircuitbreaker/tenants"))
        .contains("\"impaired_keys\":{\"acme\":\"");
    assertThat(app.get("/actuator/resilience/keyedcircuitbreaker/tenants?key=none"))
        .startsWith("404");
    assertThat(tenants.size()).isEqualTo(1);
  }

  @Test
  void policy_key_visitsNoOtherKey() {
    KeyedCircuitBreaker tenants = app.resilience().keyedCircuitBreaker("tenants", c -> {});
    tenants.forKey("acme");
    KeyedCircuitBreaker unvisited =
        insteadOf(KeyedCircuitBreaker.class, tenants, "forEachKey", () -> {
          throw new AssertionError("there may be ten million keys");
        });
    Policies policies = insteadOf(
        Policies.class,
        app.resilience().policies(),
        "keyedCircuitBreakers",
        () -> List.of(unvisited));
    Resilience resilience =
        insteadOf(Resilience.class, app.resilience(), "policies", () -> policies);

    assertThat(new PolicyReport(resilience).policy("keyedcircuitbreaker", "tenants", "acme"))
        .hasValueSatisfying(answer -> assertThat(answer).containsEntry("key", "acme"));
  }

  private static <T> T insteadOf(Class<T> type, T real, String name, Supplier<?> answer) {
    return type.cast(Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, args) ->
            method.getName().equals(name) ? answer.get() : method.invoke(real, args)));
  }

  @Test
  void change_mistypedKey_isNotFoundAndNotCreated() throws Exception {
    var tenants = app.resilience().keyedCircuitBreaker("tenants", c -> {});
    tenants.forKey("acme");

    assertThat(app.post(
            "/actuator/resilience/keyedcircuitbreaker/tenants",
            "{\"action\":\"force-open\",\"key\":\"amce\"}"))
        .startsWith("404")
        .contains("the runtime has no policy of this name and key; nothing was changed");
    assertThat(tenants.states()).containsOnlyKeys("acme");
  }

  @Test
  void change_byDefault_isNotAllowed() throws Exception {
    try (WebApp other = WebApp.start(Shop.class, EXPOSED)) {
      var breaker = other.resilience().circuitBreaker("prices");

      assertThat(other.post(BREAKER, "{\"action\":\"force-open\"}")).startsWith("405");
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }

  @Test
  void change_unrestricted_controlsBreaker() throws Exception {
    var breaker = app.resilience().circuitBreaker("prices");

    assertThat(app.post(BREAKER, "{\"action\":\"force-open\"}"))
        .startsWith("200")
        .contains("\"done\":\"force-open\"");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    assertThat(app.post(BREAKER, "{\"action\":\"force-closed\"}")).startsWith("200");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    breaker.forceOpen();
    assertThat(app.post(BREAKER, "{\"action\":\"reset\"}")).startsWith("200");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  void change_unrestricted_controlsKeyAndLimiter() throws Exception {
    var tenants = app.resilience().keyedCircuitBreaker("tenants", c -> {});
    tenants.forKey("acme");
    var limiter =
        app.resilience().rateLimiter("prices", c -> c.limit(1).period(Duration.ofSeconds(1)));
    limiter.pauseFor(Duration.ofMinutes(5));

    assertThat(app.post(
            "/actuator/resilience/keyedcircuitbreaker/tenants",
            "{\"action\":\"force-open\",\"key\":\"acme\"}"))
        .startsWith("200");
    assertThat(tenants.state("acme")).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    assertThat(app.post("/actuator/resilience/ratelimiter/prices", "{\"action\":\"resume\"}"))
        .startsWith("200");
    assertThat(limiter.tryAcquire()).isTrue();
  }

  @Test
  void change_impossible_saysWhatIsPossible() throws Exception {
    app.resilience().circuitBreaker("prices");

    assertThat(app.post(BREAKER, "{\"action\":\"explode\"}"))
        .startsWith("400")
        .contains("action must be force-open, force-closed or reset");
    assertThat(app.post(BREAKER, "{}")).startsWith("400");
    assertThat(app.post("/actuator/resilience/retry/prices", "{\"action\":\"reset\"}"))
        .startsWith("400")
        .contains("kind must be");
    assertThat(app.post("/actuator/resilience/circuitbreaker/none", "{\"action\":\"reset\"}"))
        .startsWith("404");
    assertThat(app.post("/actuator/resilience/circuitbreaker", "{\"action\":\"reset\"}"))
        .startsWith("400");
    assertThat(app.resilience().policies().circuitBreakers()).hasSize(1);
  }

  @Test
  void reload_changedSetting_changesPolicy() throws Exception {
    var breaker = app.resilience().circuitBreaker("prices");
    Map<String, Object> settings = new HashMap<>();
    app.context()
        .getEnvironment()
        .getPropertySources()
        .addFirst(new MapPropertySource("changed", settings));
    settings.put("resilience.circuit-breaker.prices.cooldown", "7s");

    assertThat(app.post("/actuator/resilience", "{\"action\":\"reload\"}"))
        .startsWith("200")
        .contains("\"changed\":[\"", "prices");
    assertThat(breaker.config().cooldown()).isEqualTo(Duration.ofSeconds(7));

    settings.put("resilience.circuit-breaker.prices.cooldown", "soon");
    assertThat(app.post("/actuator/resilience", "{\"action\":\"reload\"}"))
        .startsWith("400")
        .contains("the log says which")
        .doesNotContain("soon");
    assertThat(app.post("/actuator/resilience", "{\"action\":\"forget\"}"))
        .startsWith("400")
        .contains("action must be reload");
    app.context().getEnvironment().getPropertySources().remove("changed");
  }

  @Test
  void stop_chaos_endsIt() throws Exception {
    app.resilience().chaos().start(Duration.ofMinutes(5));

    assertThat(app.get("/actuator/resilience")).contains("\"active_until\":\"");
    assertThat(app.post("/actuator/resilience/chaos", "{\"action\":\"stop\"}")).startsWith("200");
    assertThat(app.resilience().chaos().state()).isEqualTo(ChaosState.STOPPED);
  }
}
