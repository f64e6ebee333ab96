package io.aragora.resilience.core.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfigRegistry;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.reference.CircuitBreakerPresets;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BreakerSettingsTest extends BreakerSettingsFixture {
  private static CircuitBreakerConfig failures(int threshold) {
    return CircuitBreakerConfig.builder().failureThreshold(threshold).build();
  }

  // ---- registered settings

  @Test
  @Tag("CF-05")
  @DisplayName("without a provider the default is used; with one its preset, ignoring case")
  void resolve_preset() {
    assertThat(settings.resolve("a")).isSameAs(DEFAULTS);
    assertThat(settings.resolvePreset("a", CircuitBreakerPresets.named("ANTHROPIC")))
        .isSameAs(CircuitBreakerPresets.named("anthropic"));
    assertThat(settings.resolvePreset("a", CircuitBreakerPresets.named("unknown")))
        .isSameAs(DEFAULTS);
  }

  @Test
  @Tag("CF-07")
  @Tag("RG-05")
  @Tag("fault-28")
  @DisplayName("a registered config is used with and without a provider, and overrides its preset")
  void resolve_registered() {
    CircuitBreakerConfig registered = failures(9);
    settings.register("agent", registered);
    assertThat(settings.resolve("agent")).isSameAs(registered);
    assertThat(settings.resolvePreset("agent", CircuitBreakerPresets.named("anthropic")))
        .isSameAs(registered);
    assertThat(settings
            .resolvePreset("other", CircuitBreakerPresets.named("anthropic"))
            .failureThreshold())
        .isEqualTo(3);
  }

  @Test
  @Tag("CF-07")
  @DisplayName("the environment overrides the registered config")
  void resolve_environmentOverRegistered() {
    settings.register("agent", failures(9));
    environment.put("ARAGORA_CB_FAILURE_THRESHOLD", "1");
    assertThat(settings.resolve("agent").failureThreshold()).isEqualTo(1);
    assertThat(settings
            .resolvePreset("agent", CircuitBreakerPresets.named("openai"))
            .failureThreshold())
        .isEqualTo(1);
  }

  @Test
  @Tag("RG-03")
  @DisplayName("the config in the code overrides provider and registration")
  void resolve_declared() {
    settings.register("agent", failures(9));
    CircuitBreakerConfig declared = failures(50);
    assertThat(settings.resolve("agent", declared)).isSameAs(declared);
  }

  @Test
  @Tag("CF-08")
  @DisplayName("a config can be registered, replaced, removed and listed")
  void register_unregister_clear() {
    settings.register("a", failures(1));
    settings.register("b", failures(2));
    settings.register("b", failures(3));
    Map<String, CircuitBreakerConfig> listed = settings.registered();
    assertThat(listed).hasSize(2);
    assertThat(listed.get("b").failureThreshold()).isEqualTo(3);
    assertThatThrownBy(listed::clear).isInstanceOf(UnsupportedOperationException.class);
    assertThat(settings.unregister("a")).isTrue();
    assertThat(settings.unregister("a")).isFalse();
    assertThat(settings.unregister("unknown")).isFalse();
    assertThat(listed).containsKey("a");
    assertThat(settings.registered()).containsOnlyKeys("b");
    assertThat(CompletableFuture.runAsync(() -> settings.register("c", failures(4))))
        .as("another thread waits for no lock")
        .succeedsWithin(Duration.ofSeconds(30));
    assertThat(settings.registered()).containsOnlyKeys("b", "c");
    settings.clear();
    assertThat(settings.registered()).isEmpty();
    assertThat(settings.resolve("b")).isSameAs(DEFAULTS);
  }

  @Test
  @Tag("fault-33")
  @DisplayName("registrations are bounded, and existing ones can still be replaced")
  void register_bounded() {
    for (int i = 0; i < CircuitBreakerConfigRegistry.MAX_REGISTERED; i++) {
      settings.register("agent-" + i, DEFAULTS);
    }
    assertThatThrownBy(() -> settings.register("one more", DEFAULTS))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("'one more'", "10000");
    settings.register("agent-0", failures(1));
    assertThat(settings.resolve("agent-0").failureThreshold()).isEqualTo(1);
    settings.unregister("agent-1");
    assertThatCode(() -> settings.register("one more", DEFAULTS)).doesNotThrowAnyException();
  }

  @Test
  @Tag("CF-02")
  @DisplayName("an invalid name is rejected")
  void badName_isRejected() {
    assertThatThrownBy(() -> settings.register(" ", DEFAULTS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("name must not be blank");
    assertThatThrownBy(() -> settings.resolve(" "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("name must not be blank");
  }

  // ---- order of the sources

  @Test
  @Tag("RG-03")
  @Tag("RG-04")
  @DisplayName(
      "for each setting, properties override environment, environment overrides file, file "
          + "overrides code")
  void order_perSetting() throws IOException {
    CircuitBreakerConfigRegistry all = withFile(
        "resilience.circuitbreaker.failureThreshold=12",
        "resilience.circuitbreaker.successThreshold=12",
        "resilience.circuitbreaker.halfOpenMaxCalls=12");
    environment.put("ARAGORA_CB_FAILURE_THRESHOLD", "13");
    environment.put("ARAGORA_CB_SUCCESS_THRESHOLD", "13");
    properties.put("resilience.circuitbreaker.failureThreshold", "14");
    CircuitBreakerConfig resolved = all.resolve(
        "a",
        CircuitBreakerConfig.builder()
            .failureThreshold(11)
            .successThreshold(11)
            .halfOpenMaxCalls(11)
            .minimumNumberOfCalls(11)
            .build());
    assertThat(resolved.failureThreshold()).isEqualTo(14);
    assertThat(resolved.successThreshold()).isEqualTo(13);
    assertThat(resolved.halfOpenMaxCalls()).isEqualTo(12);
    assertThat(resolved.minimumNumberOfCalls()).isEqualTo(11);
    assertThat(warnings).isEmpty();
  }

  @Test
  @Tag("RG-03")
  @DisplayName("a threshold in the environment overrides the preset of the provider")
  void environment_overPreset() {
    environment.put("ARAGORA_CB_FAILURE_THRESHOLD", "1");
    CircuitBreakerConfig resolved =
        settings.resolvePreset("a", CircuitBreakerPresets.named("openai"));
    assertThat(resolved.failureThreshold()).isEqualTo(1);
    assertThat(resolved.cooldown()).isEqualTo(Duration.ofSeconds(60));
  }

  @Test
  void property_ofOne_winsOverThatOfAll() {
    properties.put("resilience.circuitbreaker.cooldown", "5m");
    properties.put("resilience.circuitbreaker.eu.prices.cooldown", "1h");
    assertThat(settings.resolve("eu.prices").cooldown()).isEqualTo(Duration.ofHours(1));
    assertThat(settings.resolve("other").cooldown()).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  @Tag("RG-04")
  @DisplayName(
      "settings that ignore external config keep the values in the code, registered ones too")
  void ignoreExternalConfig_keepsTheCode() throws IOException {
    CircuitBreakerConfigRegistry all = withFile("resilience.circuitbreaker.failureThreshold=12");
    environment.put("ARAGORA_CB_FAILURE_THRESHOLD", "13");
    properties.put("resilience.circuitbreaker.a.failureThreshold", "14");
    CircuitBreakerConfig pinned =
        failures(11).toBuilder().ignoreExternalConfig().build();
    assertThat(all.resolve("a", pinned)).isSameAs(pinned);
    all.register("a", pinned);
    assertThat(all.resolve("a")).isSameAs(pinned);
  }

  @Test
  void functions_areKept() {
    Predicate<Throwable> ignored = failure -> failure instanceof IOException;
    environment.put("ARAGORA_CB_FAILURE_THRESHOLD", "1");
    CircuitBreakerConfig resolved =
        settings.resolve("a", CircuitBreakerConfig.builder().ignoreIf(ignored).build());
    assertThat(resolved.ignoreIf()).isSameAs(ignored);
    assertThat(resolved.failureThreshold()).isEqualTo(1);
  }

  @Test
  void sources_areReadEachTime() {
    environment.put("ARAGORA_CB_FAILURE_THRESHOLD", "1");
    assertThat(settings.resolve("a").failureThreshold()).isEqualTo(1);
    environment.put("ARAGORA_CB_FAILURE_THRESHOLD", "2");
    assertThat(settings.resolve("a").failureThreshold()).isEqualTo(2);
  }

  // ---- environment and properties

  @ParameterizedTest
  @Tag("CF-06")
  @DisplayName("each variable changes its setting and no other")
  @CsvSource({
    "ARAGORA_CB_FAILURE_THRESHOLD, 7, failureThreshold=7",
    "ARAGORA_CB_SUCCESS_THRESHOLD, 7, successThreshold=7",
    "ARAGORA_CB_TIMEOUT_SECONDS, 120.5, cooldown=PT2M0.5S",
    "ARAGORA_CB_HALF_OPEN_MAX_CALLS, 7, halfOpenMaxCalls=7",
    "ARAGORA_CB_FAILURE_RATE_THRESHOLD, 50, failureRateThreshold=50.0",
    "ARAGORA_CB_SLOW_CALL_RATE_THRESHOLD, 2.5, slowCallRateThreshold=2.5",
    "ARAGORA_CB_SLOW_CALL_DURATION, 500ms, slowCallDuration=PT0.5S",
    "ARAGORA_CB_MINIMUM_NUMBER_OF_CALLS, 7, minimumNumberOfCalls=7",
    "ARAGORA_CB_WINDOW, 5m, window=PT5M",
    "ARAGORA_CB_COUNT_WINDOW, 50, countWindow=50",
    "ARAGORA_CB_COOLDOWN_BACKOFF, 2, cooldownBackoff=2.0",
    "ARAGORA_CB_MAX_COOLDOWN, 1h, maxCooldown=PT1H",
    "ARAGORA_CB_COOLDOWN_JITTER, 0.2, cooldownJitter=0.2",
    "ARAGORA_CB_HALF_OPEN_MAX_DURATION, PT5S, halfOpenMaxDuration=PT5S",
    "ARAGORA_CB_FAILURE_COUNT_THRESHOLD, 7, failureCountThreshold=7",
    "ARAGORA_CB_THROTTLE, 1.5, throttle=1.5",
    "ARAGORA_CB_HALF_OPEN_FAILURE_RATE_THRESHOLD, 50, halfOpenFailureRateThreshold=50.0",
    "ARAGORA_CB_HALF_OPEN_CALLS, 20, halfOpenCalls=20",
    "ARAGORA_CB_INITIAL_STATE, metrics_only, initialState=METRICS_ONLY",
    "ARAGORA_CB_RECORD_INTERRUPTED, true, recordInterrupted=true",
    "ARAGORA_CB_RECORD_CANCELLED, true, recordCancelled=true",
    "ARAGORA_CB_FOLLOW_PEERS, true, followPeers=true"
  })
  void variable_changesItsSetting(String variable, String value, String expected) {
    environment.put(variable, " " + value + "\t");
    List<String> changed = changes(settings.resolve("a"));
    assertThat(changed).containsExactly(expected);
    assertThat(warnings).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("allSettings")
  void property_changesTheSameAsTheVariable(String setting) {
    String value = switch (setting) {
      case "failureRateThreshold", "slowCallRateThreshold", "countWindow" -> "40";
      case "cooldownJitter" -> "0.5";
      case "followPeers", "recordInterrupted", "recordCancelled" -> "true";
      case "initialState" -> "disabled";
      default -> "4";
    };
    properties.put("resilience.circuitbreaker.a." + setting, value);
    CircuitBreakerConfig byProperty = settings.resolve("a");
    properties.clear();
    environment.put(new BreakerTable().variable(setting), value);
    assertThat(changes(byProperty)).hasSize(1).isEqualTo(changes(settings.resolve("a")));
  }

  static List<String> allSettings() {
    return new BreakerTable().settings();
  }

  // ---- off, windows, combinations

  @Test
  void off_turnsARuleOff() {
    environment.put("ARAGORA_CB_FAILURE_RATE_THRESHOLD", "50");
    environment.put("ARAGORA_CB_FAILURE_THRESHOLD", "OFF");
    CircuitBreakerConfig slow =
        CircuitBreakerConfig.builder().slowCallRateThreshold(50).build();
    environment.put("ARAGORA_CB_SLOW_CALL_RATE_THRESHOLD", "off");
    CircuitBreakerConfig resolved = settings.resolve("a", slow);
    assertThat(resolved.failureThreshold()).isZero();
    assertThat(resolved.slowCallRateThreshold()).isZero();
    assertThat(resolved.failureRateThreshold()).isEqualTo(50);
    assertThat(warnings).isEmpty();
  }

  @Test
  void windowOfOneKind_replacesTheOther() throws IOException {
    CircuitBreakerConfigRegistry all = withFile("resilience.circuitbreaker.countWindow=50");
    assertThat(all.resolve("a").countWindow()).isEqualTo(50);
    environment.put("ARAGORA_CB_WINDOW", "2m");
    assertThat(all.resolve("a").countWindow()).isZero();
    assertThat(all.resolve("a").window()).isEqualTo(Duration.ofMinutes(2));
    properties.put("resilience.circuitbreaker.countWindow", "10");
    assertThat(all.resolve("a").countWindow()).isEqualTo(10);
    assertThat(all.resolve("a").minimumNumberOfCalls()).isEqualTo(10);
    assertThat(warnings).isEmpty();
  }

  @Test
  void ofProcess_readsSystemProperties() {
    String key = "resilience.circuitbreaker.of-this-test.cooldown";
    System.setProperty(key, "7m");
    try {
      assertThat(new RuntimeSettings(List.of(), new Surroundings(), new HeardWarnings(warnings))
              .breakers()
              .resolve("of-this-test")
              .cooldown())
          .isEqualTo(Duration.ofMinutes(7));
    } finally {
      System.clearProperty(key);
    }
    Surroundings surroundings = new Surroundings();
    assertThat(System.getenv())
        .allSatisfy((name, value) -> assertThat(surroundings.variable(name)).isEqualTo(value));
  }
}
