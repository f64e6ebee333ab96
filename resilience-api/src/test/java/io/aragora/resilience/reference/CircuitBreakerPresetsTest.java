package io.aragora.resilience.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CircuitBreakerPresetsTest {
  private static void assertPreset(
      CircuitBreakerConfig preset, int failures, int successes, int seconds, int probes) {
    assertThat(preset.failureThreshold()).isEqualTo(failures);
    assertThat(preset.successThreshold()).isEqualTo(successes);
    assertThat(preset.cooldown()).isEqualTo(Duration.ofSeconds(seconds));
    assertThat(preset.halfOpenMaxCalls()).isEqualTo(probes);
  }

  @ParameterizedTest
  @Tag("CF-04")
  @Tag("RG-02")
  @DisplayName("each provider has its preset")
  @CsvSource({
    "anthropic, 3, 2, 30, 2",
    "openai, 5, 2, 60, 3",
    "mistral, 4, 2, 45, 2",
    "openrouter, 5, 3, 90, 2",
    "xai, 3, 2, 60, 2",
    "grok, 3, 2, 60, 2",
    "gemini, 4, 2, 45, 3",
    "google, 4, 2, 45, 3",
    "default, 5, 2, 60, 3"
  })
  void named_knownProvider_hasItsPreset(
      String provider, int failures, int successes, int seconds, int probes) {
    assertPreset(CircuitBreakerPresets.named(provider), failures, successes, seconds, probes);
    assertThat(CircuitBreakerPresets.all())
        .containsEntry(provider, CircuitBreakerPresets.named(provider));
  }

  @Test
  @Tag("CF-04")
  @DisplayName("there are nine immutable presets, default among them")
  void all_isComplete_andImmutable() {
    assertThat(CircuitBreakerPresets.all()).hasSize(9).containsKey("default");
    assertThatThrownBy(() -> CircuitBreakerPresets.all().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @ParameterizedTest
  @Tag("CF-05")
  @DisplayName("case and surrounding blanks are ignored")
  @ValueSource(strings = {"anthropic", "Anthropic", "ANTHROPIC", " anthropic\n"})
  void named_ignoresCase(String provider) {
    assertPreset(CircuitBreakerPresets.named(provider), 3, 2, 30, 2);
    assertThat(CircuitBreakerPresets.find(provider)).isPresent();
  }

  @Test
  @Tag("CF-05")
  @DisplayName("case conversion does not depend on the locale")
  void named_ignoresCase_inTurkish() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("tr"));
    try {
      assertPreset(CircuitBreakerPresets.named("XAI"), 3, 2, 60, 2);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  @Tag("CF-05")
  @DisplayName("an unknown provider has the default preset, and find returns empty")
  void named_unknown_isDefault() {
    assertThat(CircuitBreakerPresets.named("unknown")).isSameAs(CircuitBreakerConfig.defaults());
    assertThat(CircuitBreakerPresets.named("")).isSameAs(CircuitBreakerConfig.defaults());
    assertThat(CircuitBreakerPresets.find("unknown")).isEmpty();
  }

  @Test
  @Tag("fault-29")
  @DisplayName("each entry point of the reference is one preset")
  void waysIn_haveTheirDefaults() {
    assertPreset(CircuitBreakerPresets.direct(), 3, 2, 60, 3);
    assertPreset(CircuitBreakerPresets.registry(), 5, 2, 60, 3);
    assertPreset(CircuitBreakerPresets.v2(), 5, 3, 60, 3);
    assertPreset(CircuitBreakerPresets.simple(), 5, 3, 30, 3);
    assertPreset(CircuitBreakerPresets.withResilience(), 3, 2, 60, 3);
    assertPreset(CircuitBreakerPresets.http(), 3, 2, 60, 3);
  }
}
