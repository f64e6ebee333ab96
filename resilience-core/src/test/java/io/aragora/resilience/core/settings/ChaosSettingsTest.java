package io.aragora.resilience.core.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a process says about chaos, and what settings outside the code may say of a policy. */
class ChaosSettingsTest {
  private final Map<String, String> system = new HashMap<>();
  private final Map<String, String> environment = new HashMap<>();
  private final Map<String, String> builder = new HashMap<>();
  private final List<String> warnings = new ArrayList<>();

  @TempDir
  private Path folder;

  private RuntimeSettings settings(Map<String, String> config) {
    return new RuntimeSettings(
        List.of(ConfigSource.ofMap(config)),
        new MapSurroundings(system, environment),
        new HeardWarnings(warnings),
        builder);
  }

  private ChaosSettings chaos() {
    return settings(Map.of()).chaos();
  }

  @Test
  @Tag("CH-12")
  void processThatSaysNothing_enablesNothing() {
    assertThat(chaos()).isEqualTo(new ChaosSettings(false, null, Duration.ofHours(1)));
    assertThat(settings(Map.of()).chaosAtStart()).isNull();
  }

  @Test
  @Tag("CH-12")
  void eachSourceOfTheProcess_isTaken_theStrongestFirst() {
    builder.put("resilience.chaos.enabled", "true");
    builder.put("resilience.chaos.startFor", "10m");
    assertThat(chaos())
        .isEqualTo(new ChaosSettings(true, Duration.ofMinutes(10), Duration.ofHours(1)));
    environment.put("ARAGORA_CHAOS_ENABLED", "false");
    assertThat(chaos().isEnabled()).isFalse();
    system.put("resilience.chaos.enabled", "TRUE");
    environment.put("ARAGORA_CHAOS_MAX_DURATION", "2h");
    environment.put("ARAGORA_CHAOS_START_FOR", "90m");
    assertThat(chaos())
        .isEqualTo(new ChaosSettings(true, Duration.ofMinutes(90), Duration.ofHours(2)));
    assertThat(settings(Map.of()).chaosAtStart()).isEqualTo(Duration.ofMinutes(90));
    assertThat(warnings).as("while it was not enabled").hasSize(1);
  }

  @Test
  @Tag("CH-12")
  void invalidValues_areIgnoredWithAWarning_orAnErrorOfTheBuilder() {
    system.put("resilience.chaos.enabled", "yes");
    assertThat(chaos().isEnabled()).isFalse();
    assertThat(warnings)
        .containsExactly("system property resilience.chaos.enabled=yes is ignored:"
            + " resilience.chaos.enabled must be one of [true, false]: yes");
    builder.put("resilience.chaos.enabled", "yes");
    assertThatThrownBy(this::chaos)
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage("property resilience.chaos.enabled=yes: resilience.chaos.enabled must be one of"
            + " [true, false]: yes");
  }

  @Test
  @Tag("CH-11")
  void startForBeyondTheBound_isIgnored_orAnErrorOfTheBuilder() {
    system.put("resilience.chaos.enabled", "true");
    environment.put("ARAGORA_CHAOS_START_FOR", "2h");
    assertThat(chaos().startFor()).isNull();
    assertThat(warnings)
        .containsExactly(
            "environment variable ARAGORA_CHAOS_START_FOR=2h is ignored: startFor must be"
                + " at most PT1H: PT2H");
    environment.put("ARAGORA_CHAOS_START_FOR", "1h");
    assertThat(chaos().startFor()).isEqualTo(Duration.ofHours(1));
    environment.clear();
    builder.put("resilience.chaos.startFor", "2h");
    assertThatThrownBy(this::chaos).hasMessageEndingWith("startFor must be at most PT1H: PT2H");
    builder.clear();
    builder.put("resilience.chaos.maxDuration", "8d");
    assertThatThrownBy(this::chaos)
        .hasMessageEndingWith("maxDuration must be at most PT168H: PT192H");
  }

  @Test
  @Tag("CH-12")
  void startForOfAProcessThatIsNotEnabled_isWarnedOf() {
    system.put("resilience.chaos.startFor", "5m");
    assertThat(chaos().startFor()).isNull();
    assertThat(warnings)
        .containsExactly(
            "resilience.chaos.startFor does nothing, because resilience.chaos.enabled is not true");
  }

  @ParameterizedTest
  @Tag("CH-12")
  @ValueSource(strings = {"enabled", "startFor", "maxDuration"})
  void fileAndMap_cannotTurnChaosOn(String key) throws IOException {
    String name = "resilience.chaos." + key;
    String why = name
        + " does nothing here: it must be a system property, the environment variable "
        + ChaosSettings.variable(name) + " or a property of the builder, so that no artifact turns"
        + " chaos on. Remove it";
    assertThatThrownBy(() -> settings(Map.of(name, "true")))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage("config: " + why);
    Path file = Files.writeString(folder.resolve("r.properties"), name + "=true\n");
    assertThatThrownBy(() -> Resilience.builder().configFile(file).build())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage("configFile " + file + ": " + why);
  }

  @Test
  @Tag("CH-19")
  void scale_isAtMostOne_andTheNearestWins() {
    RuntimeSettings settings =
        settings(Map.of("resilience.chaos.scale", "0.5", "resilience.chaos.pay.scale", "0.25"));
    assertThat(settings.chaosScale("pay")).isEqualTo(0.25);
    assertThat(settings.chaosScale("stock")).isEqualTo(0.5);
    assertThat(settings(Map.of()).chaosScale("pay")).isEqualTo(1);
    environment.put("ARAGORA_CHAOS_SCALE", "0");
    assertThat(settings(Map.of()).chaosScale("pay")).isZero();
    system.put("resilience.chaos.pay.scale", "1.5");
    assertThat(settings(Map.of()).chaosScale("pay")).isZero();
    assertThat(warnings)
        .containsExactly(
            "system property resilience.chaos.pay.scale=1.5 is ignored: scale must be in"
                + " [0.0, 1.0]: 1.5");
    assertThatThrownBy(() -> settings(Map.of("resilience.chaos.pay.scale", "2")))
        .hasMessage("config: resilience.chaos.pay.scale=2: scale must be in [0.0, 1.0]: 2.0");
    assertThatThrownBy(() -> settings(Map.of("resilience.chaos.pay.fail", "2")))
        .hasMessageContaining("the key must end in a setting, one of scale");
  }
}
