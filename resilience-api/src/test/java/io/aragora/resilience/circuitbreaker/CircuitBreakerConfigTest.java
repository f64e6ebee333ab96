package io.aragora.resilience.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CircuitBreakerConfigTest {
  private static final CircuitBreakerConfig CUSTOM = CircuitBreakerConfig.builder()
      .failureThreshold(7)
      .successThreshold(4)
      .cooldown(Duration.ofSeconds(90))
      .halfOpenMaxCalls(6)
      .build();

  @Test
  @Tag("CF-01")
  @DisplayName("defaults are 5 failures, 2 successes, 60 s, 3 probes")
  void defaults_areThoseOfTheTable() {
    CircuitBreakerConfig defaults = CircuitBreakerConfig.defaults();
    assertThat(defaults.failureThreshold()).isEqualTo(5);
    assertThat(defaults.successThreshold()).isEqualTo(2);
    assertThat(defaults.cooldown()).isEqualTo(Duration.ofSeconds(60));
    assertThat(defaults.halfOpenMaxCalls()).isEqualTo(3);
  }

  @Test
  @Tag("CF-01")
  @DisplayName("custom values are kept and immutable")
  void customValues_areKept_immutably() {
    assertThat(CUSTOM.failureThreshold()).isEqualTo(7);
    assertThat(CUSTOM.successThreshold()).isEqualTo(4);
    assertThat(CUSTOM.cooldown()).isEqualTo(Duration.ofSeconds(90));
    assertThat(CUSTOM.halfOpenMaxCalls()).isEqualTo(6);
    assertThat(Arrays.stream(CircuitBreakerConfig.class.getDeclaredFields())
            .filter(field -> !Modifier.isFinal(field.getModifiers()))
            .map(Field::getName))
        .as("all but the text, which is written at its first reading")
        .containsExactly("text");
  }

  static Stream<Arguments> badValues() {
    return Stream.of(
        bad("failureThreshold", "0", b -> b.failureThreshold(0)),
        bad("failureThreshold", "-1", b -> b.failureThreshold(-1)),
        bad("successThreshold", "0", b -> b.successThreshold(0)),
        bad("cooldown", "PT0S", b -> b.cooldown(Duration.ZERO)),
        bad("cooldown", "PT-10S", b -> b.cooldown(Duration.ofSeconds(-10))),
        bad("halfOpenMaxCalls", "0", b -> b.halfOpenMaxCalls(0)),
        bad("failureRateThreshold", "NaN", b -> b.failureRateThreshold(Double.NaN)),
        bad("slowCallRateThreshold", "Infinity", b -> b.slowCallRateThreshold(1 / 0.0)),
        bad("minimumNumberOfCalls", "0", b -> b.minimumNumberOfCalls(0)));
  }

  private static Arguments bad(
      String setting, String shown, Consumer<CircuitBreakerConfig.Builder> setter) {
    return Arguments.of(setting, shown, setter);
  }

  @ParameterizedTest(name = "{0} {1}")
  @Tag("CF-02")
  @Tag("RG-04")
  @Tag("fault-31")
  @Tag("fault-32")
  @DisplayName("an invalid value is rejected, not replaced by a default")
  @MethodSource("badValues")
  void badValue_isRejected_withItsName(
      String setting, String shown, Consumer<CircuitBreakerConfig.Builder> setter) {
    CircuitBreakerConfig.Builder builder = CircuitBreakerConfig.builder();
    assertThatThrownBy(() -> setter.accept(builder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(setting + " must")
        .hasMessageEndingWith(": " + shown);
    assertThat(builder.build().declaresSameAs(CircuitBreakerConfig.defaults())).isTrue();
  }

  @Test
  @Tag("CF-03")
  @DisplayName("an override changes only the settings it names")
  void toBuilder_oneOverride_changesOneSetting() {
    CircuitBreakerConfig changed = CUSTOM.toBuilder().failureThreshold(1).build();
    assertThat(changed.failureThreshold()).isEqualTo(1);
    assertThat(changed.toBuilder().failureThreshold(7).build().declaresSameAs(CUSTOM))
        .isTrue();
    assertThat(CUSTOM.failureThreshold()).isEqualTo(7);
  }

  @Test
  @Tag("CF-03")
  @DisplayName("any number of overrides is applied, none included")
  void toBuilder_anyNumberOfOverrides_areApplied() {
    CircuitBreakerConfig changed =
        CUSTOM.toBuilder().failureThreshold(1).halfOpenMaxCalls(1).build();
    assertThat(changed.failureThreshold()).isEqualTo(1);
    assertThat(changed.halfOpenMaxCalls()).isEqualTo(1);
    assertThat(changed.successThreshold()).isEqualTo(4);
    assertThat(CUSTOM.toBuilder().build().declaresSameAs(CUSTOM)).isTrue();
  }

  @Test
  void toBuilder_defaultMinimum_followsAShorterWindow() {
    CircuitBreakerConfig changed =
        CircuitBreakerConfig.defaults().toBuilder().countWindow(10).build();
    assertThat(changed.minimumNumberOfCalls()).isEqualTo(10);
    CircuitBreakerConfig.Builder fixed =
        CircuitBreakerConfig.builder().minimumNumberOfCalls(20).build().toBuilder();
    assertThatThrownBy(() -> fixed.countWindow(10).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("minimumNumberOfCalls");
  }
}
