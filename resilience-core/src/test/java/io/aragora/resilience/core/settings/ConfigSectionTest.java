package io.aragora.resilience.core.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigSectionTest {
  private static final CircuitBreakerConfig DEFAULTS = CircuitBreakerConfig.defaults();

  @TempDir
  private Path folder;

  private Path write(String... lines) throws IOException {
    return Files.writeString(folder.resolve("breakers.properties"), String.join("\n", lines));
  }

  private static ConfigSection<CircuitBreakerConfig, CircuitBreakerConfig.Builder> section(
      Path path) {
    return new ConfigSection<>(ConfigSource.ofFile(path), new BreakerTable());
  }

  private void assertRejected(Path path, String... parts) {
    assertThatThrownBy(() -> section(path))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageStartingWith("configFile " + path + ": ")
        .hasMessageContainingAll(parts);
  }

  @Test
  void one_winsOverAll() throws IOException {
    ConfigSection<CircuitBreakerConfig, CircuitBreakerConfig.Builder> file = section(write(
        "# of the operator",
        "resilience.circuitbreaker.cooldown = 5m",
        "resilience.circuitbreaker.prices.cooldown = 1h",
        "resilience.circuitbreaker.prices.failureThreshold = 9",
        "resilience.circuitbreaker.eu.prices.cooldown = PT2H",
        "something.else = anything"));
    assertThat(file.over("prices", DEFAULTS).cooldown()).isEqualTo(Duration.ofHours(1));
    assertThat(file.over("prices", DEFAULTS).failureThreshold()).isEqualTo(9);
    assertThat(file.over("eu.prices", DEFAULTS).cooldown()).isEqualTo(Duration.ofHours(2));
    assertThat(file.over("eu.prices", DEFAULTS).failureThreshold()).isEqualTo(5);
    assertThat(file.over("other", DEFAULTS).cooldown()).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void nothingOfOurs_changesNothing() throws IOException {
    assertThat(section(write("a=b")).over("x", DEFAULTS)).isSameAs(DEFAULTS);
  }

  @Test
  void breakerNamedAsASetting_isNotMistaken() throws IOException {
    ConfigSection<CircuitBreakerConfig, CircuitBreakerConfig.Builder> file =
        section(write("resilience.circuitbreaker.cooldown.window=2m"));
    assertThat(file.over("cooldown", DEFAULTS).window()).isEqualTo(Duration.ofMinutes(2));
    assertThat(file.over("x", DEFAULTS)).isSameAs(DEFAULTS);
  }

  @Test
  void utf8_withAndWithoutByteOrderMark() throws IOException {
    ConfigSection<CircuitBreakerConfig, CircuitBreakerConfig.Builder> file = section(write(
        "\uFEFFresilience.circuitbreaker.cooldown=2s",
        "resilience.circuitbreaker.bücher.cooldown=3s"));
    assertThat(file.over("x", DEFAULTS).cooldown()).isEqualTo(Duration.ofSeconds(2));
    assertThat(file.over("bücher", DEFAULTS).cooldown()).isEqualTo(Duration.ofSeconds(3));
  }

  @ParameterizedTest
  @Tag("CF-02")
  @Tag("CF-06")
  @Tag("fault-32")
  @DisplayName("an invalid value in the file is an error with file, key, value and rule")
  @CsvSource({
    "failureThreshold, 0, must be at least 1",
    "failureThreshold, -1, must be at least 1",
    "failureThreshold, 3.5, must be a whole number",
    "successThreshold, 0, must be at least 1",
    "halfOpenMaxCalls, 0, 'must be in [1, 1000]'",
    "cooldown, 0, must be positive",
    "cooldown, -10, must be positive",
    "cooldown, nan, must be a duration",
    "cooldown, inf, must be a duration",
    "cooldown, 106752d, 'must be positive and at most 106,751 days'",
    "cooldown, off, must be a duration",
    "cooldown, '', must be a duration",
    "failureRateThreshold, 101, 'must be in (0, 100]'",
    "failureRateThreshold, NaN, must be a number",
    "window, 1ms, must be at least 100 ms",
    "countWindow, 0, 'must be in [1, 1000000]'",
    "cooldownBackoff, 0.5, 'must be in [1.0, 100.0]'",
    "cooldownJitter, 2, 'must be in [0.0, 1.0]'"
  })
  void badValue_isAnError(String setting, String value, String rule) throws IOException {
    String all = "resilience.circuitbreaker." + setting;
    assertRejected(write(all + "=" + value), all + "=" + value, setting + " " + rule);
    String one = "resilience.circuitbreaker.prices." + setting;
    assertRejected(write(one + "=" + value), one + "=" + value, setting + " " + rule);
  }

  @ParameterizedTest
  @CsvSource({"cooldwn", "Cooldown", "prices.timeout", "prices", "''", "prices."})
  void unknownKey_isAnError_thatListsTheKnownOnes(String rest) throws IOException {
    assertRejected(
        write("resilience.circuitbreaker." + rest + "=3"),
        "resilience.circuitbreaker." + rest + "=3: the key must end in a setting",
        "failureThreshold, failureCountThreshold, failureRateThreshold, slowCallRateThreshold,"
            + " slowCallDuration,"
            + " throttle, minimumNumberOfCalls, window, countWindow, cooldown, cooldownBackoff, maxCooldown,"
            + " cooldownJitter, successThreshold, halfOpenMaxCalls, halfOpenMaxDuration,"
            + " halfOpenFailureRateThreshold, halfOpenCalls, initialState, recordInterrupted,"
            + " recordCancelled,"
            + " followPeers");
  }

  @Test
  void keyWithoutABreaker_isAnError() throws IOException {
    assertRejected(write("resilience.circuitbreaker..cooldown=3"), "must name a circuit breaker");
  }

  @Test
  void twoKindsOfWindow_areAnError() throws IOException {
    assertRejected(
        write(
            "resilience.circuitbreaker.prices.window=1m",
            "resilience.circuitbreaker.prices.countWindow=50"),
        "prices.window=1m",
        "prices.countWindow=50");
    assertRejected(
        write("resilience.circuitbreaker.window=1m", "resilience.circuitbreaker.countWindow=50"),
        "circuitbreaker.window=1m",
        "circuitbreaker.countWindow=50");
  }

  @Test
  void otherKindOfWindowForOne_isNone() throws IOException {
    ConfigSection<CircuitBreakerConfig, CircuitBreakerConfig.Builder> file = section(write(
        "resilience.circuitbreaker.countWindow=50", "resilience.circuitbreaker.prices.window=1m"));
    assertThat(file.over("prices", DEFAULTS).countWindow()).isZero();
    assertThat(file.over("other", DEFAULTS).countWindow()).isEqualTo(50);
  }

  @Test
  @Tag("fault-32")
  @DisplayName("a config that build() rejects is an error that names file, keys, breaker and rule")
  void combination_isAnError() throws IOException {
    Path path = write("resilience.circuitbreaker.failureThreshold=off");
    ConfigSection<CircuitBreakerConfig, CircuitBreakerConfig.Builder> file = section(path);
    assertThatThrownBy(() -> file.over("prices", DEFAULTS))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll(
            path.toString(),
            "resilience.circuitbreaker.failureThreshold=off",
            "circuit breaker 'prices'",
            "must be set: none is");
    CircuitBreakerConfig withAnotherRule =
        CircuitBreakerConfig.builder().failureRateThreshold(50).build();
    assertThat(file.over("prices", withAnotherRule).failureThreshold()).isZero();
  }

  @Test
  void missing_isAnError() {
    assertRejected(
        folder.resolve("none.properties"), "the file cannot be read", "NoSuchFileException");
  }

  @Test
  void folder_isAnError() {
    assertRejected(folder, "the file must be a regular file, or a link to one; it is a folder");
  }

  @Test
  void otherEncoding_isAnError() throws IOException {
    Path path = folder.resolve("latin.properties");
    Files.write(
        path, "resilience.circuitbreaker.bücher.cooldown=3s".getBytes(StandardCharsets.ISO_8859_1));
    assertRejected(path, "must be encoded in UTF-8");
  }

  @Test
  void badEscape_isAnError() throws IOException {
    assertRejected(write("a=\\u00"), "must be a properties file");
  }

  @Test
  void secondValueOfAKey_isRejected_unlessItIsTheSame() throws IOException {
    assertRejected(
        write("resilience.retry.prices.maxAttempts = 3\nresilience.retry.prices.maxAttempts: 4\n"),
        "resilience.retry.prices.maxAttempts must have one value, and has two: 3, 4");
    Path others =
        write("resilience.circuitbreaker.cooldown=5s\nresilience.circuitbreaker.cooldown=5s\n"
            + "other=1\nother=2\n");
    assertThat(section(others)).isNotNull();
  }

  @Test
  void tooLong_isAnError() throws IOException {
    String longest = "a=" + "x".repeat((1 << 20) - 2);
    assertThat(section(write(longest)).given("p")).isEmpty();
    assertRejected(write(longest + "x"), "at most 1048576 bytes");
  }
}
