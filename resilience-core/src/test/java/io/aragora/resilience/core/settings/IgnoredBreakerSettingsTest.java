package io.aragora.resilience.core.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.reference.CircuitBreakerPresets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Invalid values from outside the code are ignored and logged. */
class IgnoredBreakerSettingsTest extends BreakerSettingsFixture {
  @ParameterizedTest
  @Tag("CF-06")
  @Tag("fault-32")
  @DisplayName("an invalid value from outside is ignored by itself, with one warning")
  @CsvSource({
    "FAILURE_THRESHOLD, 0",
    "FAILURE_THRESHOLD, -1",
    "FAILURE_THRESHOLD, 3.5",
    "FAILURE_THRESHOLD, many",
    "SUCCESS_THRESHOLD, 0",
    "HALF_OPEN_MAX_CALLS, 0",
    "TIMEOUT_SECONDS, 0",
    "TIMEOUT_SECONDS, -10",
    "TIMEOUT_SECONDS, nan",
    "TIMEOUT_SECONDS, inf",
    "TIMEOUT_SECONDS, off"
  })
  void badValue_isIgnored(String variable, String value) {
    environment.put("ARAGORA_CB_" + variable, value);
    environment.put("ARAGORA_CB_MINIMUM_NUMBER_OF_CALLS", "7");
    CircuitBreakerConfig resolved = settings.resolve("a");
    assertThat(changes(resolved)).containsExactly("minimumNumberOfCalls=7");
    settings.resolve("a");
    settings.resolvePreset("b", CircuitBreakerPresets.named("anthropic"));
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith("environment variable ARAGORA_CB_" + variable + "=" + value + " is ignored: ")
        .contains("must be");
  }

  @Test
  @Tag("CF-06")
  @DisplayName("each invalid value of a variable is logged once")
  void badValue_ofEachVariable_isLoggedOnce() {
    for (String value : List.of("x", "y", "x")) {
      environment.put("ARAGORA_CB_FAILURE_THRESHOLD", value);
      settings.resolve("a");
    }
    assertThat(warnings).hasSize(2);
  }

  @Test
  void badProperty_leavesTheVariableInPlace() {
    properties.put("resilience.circuitbreaker.a.failureThreshold", "x");
    properties.put("resilience.circuitbreaker.failureThreshold", "0");
    environment.put("ARAGORA_CB_FAILURE_THRESHOLD", "7");
    assertThat(settings.resolve("a").failureThreshold()).isEqualTo(7);
    assertThat(warnings)
        .hasSize(2)
        .allMatch(warning -> warning.startsWith("system property resilience.circuitbreaker."));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " "})
  void emptyVariable_isAsIfNotSet(String value) {
    environment.put("ARAGORA_CB_FAILURE_THRESHOLD", value);
    assertThat(settings.resolve("a")).isSameAs(DEFAULTS);
    assertThat(warnings).isEmpty();
  }

  @Test
  @Tag("fault-33")
  @DisplayName("warnings are bounded")
  void warnings_areBounded() {
    for (int i = 0; i < 1100; i++) {
      environment.put("ARAGORA_CB_FAILURE_THRESHOLD", "bad" + i);
      settings.resolve("a");
    }
    assertThat(warnings).hasSize(1001).last().asString().contains("further ones are not logged");
  }

  @Test
  @Tag("fault-32")
  @DisplayName("a combination that build() rejects is ignored with a warning, and the rest is used")
  void combination_isIgnored() {
    environment.put("ARAGORA_CB_FAILURE_THRESHOLD", "off");
    environment.put("ARAGORA_CB_SUCCESS_THRESHOLD", "1");
    CircuitBreakerConfig resolved = settings.resolve("a");
    assertThat(changes(resolved)).containsExactly("successThreshold=1");
    assertThat(warnings)
        .singleElement()
        .asString()
        .contains("ARAGORA_CB_FAILURE_THRESHOLD=off is ignored", "must be set: none is");
  }

  @Test
  void combination_aWeakerSourceMayBeTakenInstead() {
    properties.put("resilience.circuitbreaker.failureThreshold", "off");
    environment.put("ARAGORA_CB_FAILURE_THRESHOLD", "7");
    assertThat(settings.resolve("a").failureThreshold()).isEqualTo(7);
    assertThat(warnings).hasSize(1);
  }

  @Test
  void combination_ofTwoSources_isTriedTogether() {
    properties.put("resilience.circuitbreaker.failureThreshold", "off");
    environment.put("ARAGORA_CB_FAILURE_RATE_THRESHOLD", "50");
    environment.put("ARAGORA_CB_COOLDOWN_BACKOFF", "2");
    environment.put("ARAGORA_CB_MAX_COOLDOWN", "1s"); // shorter than the cooldown, so rejected
    CircuitBreakerConfig resolved = settings.resolve("a");
    assertThat(resolved.failureThreshold()).isZero();
    assertThat(resolved.failureRateThreshold()).isEqualTo(50);
    assertThat(resolved.cooldownBackoff()).isEqualTo(2);
    assertThat(resolved.maxCooldown()).isEqualTo(Duration.ofMinutes(10));
    assertThat(warnings).singleElement().asString().contains("ARAGORA_CB_MAX_COOLDOWN=1s");
  }

  @Test
  void windowsOfBothKinds_inTheEnvironment_areReported() {
    environment.put("ARAGORA_CB_WINDOW", "2m");
    environment.put("ARAGORA_CB_COUNT_WINDOW", "50");
    assertThat(settings.resolve("a").countWindow()).isZero();
    assertThat(warnings)
        .singleElement()
        .asString()
        .contains("ARAGORA_CB_COUNT_WINDOW=50 is ignored");
  }
}
