package io.aragora.resilience.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;

class SettingsTest {
  private final ApplicationContextRunner runner = new ApplicationContextRunner()
      .withConfiguration(AutoConfigurations.of(ResilienceAutoConfiguration.class));

  static ApplicationContextRunner withYaml(ApplicationContextRunner runner, String yaml) {
    return runner.withInitializer(context -> yaml(context, yaml));
  }

  private static void yaml(ConfigurableApplicationContext context, String yaml) {
    try {
      for (PropertySource<?> source : new YamlPropertySourceLoader()
          .load(
              "shop.yml",
              new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8), "shop.yml"))) {
        context.getEnvironment().getPropertySources().addLast(source);
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void runs(String yaml, java.util.function.Consumer<Resilience> check) {
    withYaml(runner, yaml).run(context -> {
      assertThat(context).hasNotFailed();
      check.accept(context.getBean(Resilience.class));
    });
  }

  private static FailureAnalysis analysis(Throwable failure) {
    return new ResilienceFailureAnalyzer().analyze(failure);
  }

  private void fails(String yaml, String... parts) {
    withYaml(runner, yaml).run(context -> {
      assertThat(context).hasFailed();
      FailureAnalysis analysis = analysis(context.getStartupFailure());
      assertThat(analysis).as("%s", context.getStartupFailure()).isNotNull();
      assertThat(analysis.getDescription()).contains(parts);
      assertThat(analysis.getAction()).isNotBlank();
    });
  }

  @Test
  void yaml_relaxedNames_areThoseOfTheLibrary() {
    runs("""
        resilience:
          name: shop
          circuit-breaker:
            cooldown: 45s
            prices:
              failure-threshold: 3
              half_open_max_calls: 7
          circuitBreaker:
            orders:
              failureThreshold: 4
          rate-limiter.api: {limit: 10, period: 1s}
        """, resilience -> {
      assertThat(resilience.name()).isEqualTo("shop");
      assertThat(resilience.circuitBreaker("prices").config().failureThreshold())
          .isEqualTo(3);
      assertThat(resilience.circuitBreaker("prices").config().halfOpenMaxCalls())
          .isEqualTo(7);
      assertThat(resilience.circuitBreaker("orders").config().failureThreshold())
          .isEqualTo(4);
      assertThat(resilience.circuitBreaker("any").config().cooldown())
          .isEqualTo(Duration.ofSeconds(45));
      assertThat(resilience.rateLimiter("api").config().limit()).isEqualTo(10);
    });
  }

  @Test
  void yaml_namesWithDotsCapitalsAndBrackets_areNamesOfPolicies() {
    runs("""
        resilience.retry:
          com.shop.Prices.price:
            max-attempts: 5
          "[prices/eu]":
            max-attempts: 6
          "[com.shop.Prices.price(String,int)]":
            max-attempts: 7
        """, resilience -> {
      assertThat(resilience.retry("com.shop.Prices.price").config().maxAttempts())
          .isEqualTo(5);
      assertThat(resilience.retry("prices/eu").config().maxAttempts()).isEqualTo(6);
      assertThat(resilience.retry("com.shop.Prices.price(String,int)").config().maxAttempts())
          .isEqualTo(7);
    });
  }

  @Test
  void yaml_offAndDashedWords_meanWhatTheySay() {
    runs("""
        resilience:
          log-transitions: off
          circuit-breaker:
            prices:
              failure-threshold: off
              failure-rate-threshold: 40
              initial-state: half-open
              record-cancelled: off
          bulkhead.prices.order: newest-first
          rate-limiter.prices: {limit: 1, period: 1s, when-alone: reject}
        """, resilience -> {
      var config = resilience.circuitBreaker("prices").config();
      assertThat(config.failureThreshold()).isZero();
      assertThat(config.initialState()).isEqualTo(CircuitBreakerState.HALF_OPEN);
      assertThat(resilience.bulkhead("prices").config().order())
          .isEqualTo(BulkheadConfig.Order.NEWEST_FIRST);
    });
  }

  @Test
  void yaml_listOfPolicies_isAPipeline() {
    runs(
        """
        resilience:
          timeout.limit: 2s
          pipeline:
            prices:
              policies:
                - retry
                - circuitbreaker:shop
                - timeout
        """,
        resilience -> assertThat(resilience.pipeline("prices").policies())
            .containsExactly(
                resilience.retry("prices"),
                resilience.circuitBreaker("shop"),
                resilience.timeout("prices")));
  }

  @Test
  void sources_sameSettingInOtherSpelling_strongerWins() {
    withYaml(
            runner.withPropertyValues("resilience.retry.prices.maxAttempts=8"),
            "resilience.retry.prices.max-attempts: 5\nresilience.retry.orders.max-attempts: ${attempts}\nattempts: 6")
        .run(context -> {
          Resilience resilience = context.getBean(Resilience.class);
          assertThat(resilience.retry("prices").config().maxAttempts()).isEqualTo(8);
          assertThat(resilience.retry("orders").config().maxAttempts()).isEqualTo(6);
        });
  }

  static ApplicationContextRunner withVariables(
      ApplicationContextRunner runner, Map<String, Object> variables) {
    return runner.withInitializer(context -> context
        .getEnvironment()
        .getPropertySources()
        .replace(
            StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
            new SystemEnvironmentPropertySource(
                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables)));
  }

  @Test
  void sources_variableOfTheSystem_isForTheNameThatAFileHas() {
    withYaml(
            withVariables(
                runner,
                Map.of(
                    "RESILIENCE_RETRY_USERSERVICE_MAXATTEMPTS", "5",
                    "RESILIENCE_RETRY_USERSERVICE_MAXDURATION", "7s",
                    "RESILIENCE_RETRY_COM_SHOP_PRICES_MAXATTEMPTS", "6",
                    "RESILIENCE_RETRY_ORDERS_MAXATTEMPTS", "8")),
            """
            resilience.retry:
              user-service.max-attempts: 2
              "[com.shop.Prices]": {max-attempts: 2}
              Orders.max-duration: 9s
            """)
        .run(context -> {
          Resilience resilience = context.getBean(Resilience.class);
          assertThat(resilience.retry("user-service").config().maxAttempts()).isEqualTo(5);
          assertThat(resilience.retry("user-service").config().maxDuration())
              .isEqualTo(Duration.ofSeconds(7));
          assertThat(resilience.retry("com.shop.Prices").config().maxAttempts()).isEqualTo(6);
          assertThat(resilience.retry("Orders").config().maxAttempts()).isEqualTo(8);
          assertThat(resilience.retry("Orders").config().maxDuration())
              .isEqualTo(Duration.ofSeconds(9));
        });
  }

  @Test
  void sources_strongerSourceWithAnotherSpellingOfAName_isForTheNameOfTheWeaker() {
    withYaml(
            runner.withPropertyValues("resilience.retry.userService.max-attempts=5"),
            "resilience.retry.user-service.max-attempts: 2")
        .run(context -> assertThat(
                context.getBean(Resilience.class).retry("user-service").config().maxAttempts())
            .isEqualTo(5));
  }

  @Test
  void source_twoSpellingsOfAName_isAnErrorAndBracketsAreNot() {
    fails("""
        resilience.retry:
          order-eu.max-attempts: 2
          ordereu.max-attempts: 3
        """, "order-eu", "ordereu", "in brackets");
    runs("""
        resilience.retry:
          "[order-eu]": {max-attempts: 2}
          "[ordereu]": {max-attempts: 4}
        """, resilience -> {
      assertThat(resilience.retry("order-eu").config().maxAttempts()).isEqualTo(2);
      assertThat(resilience.retry("ordereu").config().maxAttempts()).isEqualTo(4);
    });
  }

  @Test
  void yaml_sectionsWithoutKeys_areIgnored() {
    for (String section : List.of(
        "resilience:",
        "resilience.retry:",
        "resilience.retry: {}",
        "resilience.circuit-breaker.prices:",
        "resilience.endpoint:",
        "resilience.properties:",
        "resilience.http:",
        "resilience.http.clients:")) {
      runs(
          section + "\n",
          resilience ->
              assertThat(resilience.retry("prices").config().maxAttempts()).isEqualTo(3));
    }
  }

  @Test
  void values_ofUnknownKeysAndOfLocations_areNotPrinted() {
    for (String line : List.of(
        "resilience.endpoint.operator-tokn: s3cret",
        "resilience.state-stor: s3cret",
        "resilience.retry.prices.max-attempt: s3cret",
        "resilience.state-store: nowhere://user:s3cret@host",
        "resilience.quota-store: nowhere://user:s3cret@host",
        "resilience.state-store: redis://s3cret@${nowhere}")) {
      withYaml(runner, line).run(context -> {
        assertThat(context).hasFailed();
        for (Throwable e = context.getStartupFailure(); e != null; e = e.getCause()) {
          assertThat(e.getMessage()).as("of %s", line).doesNotContain("s3cret");
        }
      });
    }
  }

  @Test
  void sources_environmentOfTheSystem_isReadToo() {
    withVariables(
            runner,
            Map.of(
                "RESILIENCE_CIRCUITBREAKER_PRICES_FAILURETHRESHOLD", "3",
                "RESILIENCE_SERVICE_HOST", "10.0.0.1")) // of a service in Kubernetes
        .run(context -> {
          assertThat(context).hasNotFailed();
          assertThat(context
                  .getBean(Resilience.class)
                  .circuitBreaker("prices")
                  .config()
                  .failureThreshold())
              .isEqualTo(3);
        });
  }

  @Test
  void invalidValue_isNamedByFileLineKeyRuleAndValue() {
    fails(
        """
        resilience:
          circuit-breaker:
            prices:
              failure-threshold: 0
        """,
        "shop.yml",
        "4:26",
        "resilience.circuit-breaker.prices.failure-threshold=0",
        "failureThreshold must be at least 1: 0");
  }

  @Test
  void unknownSetting_isAnErrorWithASuggestion() {
    fails(
        "resilience.circuit-breaker.prices.failure-treshold: 3",
        "resilience.circuit-breaker.prices.failure-treshold: ",
        "did you mean 'failure-threshold'?");
  }

  @Test
  void unknownKind_isAnErrorWithASuggestion() {
    fails("resilience.circuit-braker.prices.cooldown: 3s", "did you mean 'circuit-breaker'?");
    fails("resilience.max-policy: 3", "did you mean 'max-policies'?");
  }

  @Test
  void invalidSettingOfTheRuntime_isNamedByItsPlace() {
    fails("resilience.max-policies: 0", "1:26", "maxPolicies must be at least 1: 0");
    fails("resilience.max-policies: many", "maxPolicies must be a whole number: many");
    fails("resilience.stale-after: soon", "staleAfter must be a duration");
    fails("resilience.require-state-store: maybe", "requireStateStore must be one of");
    fails("resilience.log-transitions: loud", "logTransitions must be one of");
    fails("resilience.state-store: nowhere", "resilience.state-store: ");
  }

  @Test
  void nameWithOtherCharacters_isAnErrorThatShowsBrackets() {
    fails("resilience.retry.prices/eu.max-attempts: 3", "resilience.retry.[prices/eu]");
  }

  @Test
  void placeholderWithoutValue_isAnError() {
    fails(
        "resilience.retry.max-attempts: ${missing}", "a placeholder cannot be resolved: ${missing");
  }

  @Test
  void chaosInAFile_isRejected_onTheCommandLineItIsNot() {
    fails("resilience.chaos.enabled: true", "so that no artifact turns chaos on");
    runner
        .withInitializer(context -> context
            .getEnvironment()
            .getPropertySources()
            .addFirst(new MapPropertySource(
                "commandLineArgs", Map.of("resilience.chaos.enabled", "true"))))
        .run(context -> assertThat(context).hasNotFailed());
  }

  @Test
  void settingsOfTheRuntime_reachItsBuilder() {
    runs("""
        resilience:
          max-policies: 2
          stale-after: 1d
          state-store: "memory:"
          require-state-store: true
          save-interval: 5s
          state-retention: 2d
          log-transitions: debug
          properties:
            "[disk.folder]": /data
        """, resilience -> {
      assertThat(resilience.status().stateStore().location()).contains("memory:");
      resilience.retry("a");
      resilience.retry("b");
      assertThatThrownBy(() -> resilience.retry("c"))
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContaining("maxPolicies=2");
    });
  }

  @Test
  void metadata_hasEverySettingOfEveryKind() throws Exception {
    Map<String, String> types = metadata();
    ResilienceBuilder builder = Resilience.builder();
    List<String> missing = new ArrayList<>();
    builder.settings().forEach((kind, settings) -> {
      String dashed = TranslatedSettings.dashed(kind);
      if (!types.getOrDefault("resilience." + dashed, "").startsWith("java.util.Map<")) {
        missing.add("resilience." + dashed + " by name");
      }
      for (String setting : settings) {
        String key = "resilience." + dashed + "." + TranslatedSettings.dashed(setting);
        if (!types.containsKey(key)) {
          missing.add(key);
        }
      }
    });
    RuntimeSetting.names().forEach(name -> {
      if (!types.containsKey("resilience." + TranslatedSettings.dashed(name))) {
        missing.add(name);
      }
    });
    TranslatedSettings.PLUG_INS.forEach(name -> {
      if (types.keySet().stream().noneMatch(key -> key.replace("-", "").equalsIgnoreCase(name))) {
        missing.add(name);
      }
    });
    assertThat(missing).isEmpty();
  }

  @Test
  void metadata_ofPolicies_hasNothingThatTheLibraryDoesNotKnow() {
    Map<String, List<String>> kinds = Resilience.builder().settings();
    Set<String> wrong = new TreeSet<>();
    for (RecordComponent each : ResilienceProperties.All.class.getRecordComponents()) {
      List<String> settings = kinds.get(EnvironmentSettings.uniform(each.getName()));
      if (settings != null) {
        Class<?> kind = Arrays.stream(ResilienceProperties.class.getDeclaredClasses())
            .filter(type -> type.getSimpleName().equalsIgnoreCase(each.getName()))
            .findFirst()
            .orElseThrow();
        for (RecordComponent setting : kind.getRecordComponents()) {
          if (!settings.contains(setting.getName())) {
            wrong.add(each.getName() + "." + setting.getName());
          }
          if ((setting.getType() == Boolean.class)
              != TranslatedSettings.BOOLEANS.contains(setting.getName())) {
            wrong.add(each.getName() + "." + setting.getName() + " in BOOLEANS");
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static Map<String, String> metadata() throws Exception {
    try (var stream =
        SettingsTest.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      return ((Collection<?>) JsonParserFactory.getJsonParser().parseMap(text).get("properties"))
          .stream()
              .map(each -> (Map<?, ?>) each)
              .filter(each -> String.valueOf(each.get("sourceType"))
                  .startsWith(ResilienceProperties.class.getName()))
              .peek(each -> assertThat(each.get("description")).as("%s", each).isNotNull())
              .collect(Collectors.toMap(
                  each -> (String) each.get("name"), each -> (String) each.get("type")));
    }
  }
}
