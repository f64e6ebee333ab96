package io.aragora.resilience.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DemoOptionsTest {
  private static DemoOptions options(String... keysAndValues) {
    Map<String, String> properties = new HashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      properties.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return DemoOptions.from(properties::get);
  }

  @Test
  void from_nothing_givesTheDefaults() {
    DemoOptions options = options();

    assertThat(options.length()).isEqualTo(Duration.ofSeconds(20));
    assertThat(options.url()).isEmpty();
    assertThat(options.folder()).isEqualTo(Path.of("target", "demo").toAbsolutePath());
    assertThat(options.port()).isZero();
    assertThat(options.callers()).isEqualTo(16);
    assertThat(options.timeout()).isEqualTo(Duration.ofMillis(200));
    assertThat(options.cooldown()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void from_blankValues_countAsNotSet() {
    assertThat(options("demo.seconds", " ", "demo.url", "", "demo.port", "", "demo.callers", ""))
        .isEqualTo(options());
  }

  @Test
  void from_everything_isTaken() {
    DemoOptions options = options(
        "demo.seconds", "60",
        "demo.cooldown", "45",
        "demo.url", "https://example.org/health",
        "demo.dir", "somewhere",
        "demo.port", "9464",
        "demo.callers", "8");

    assertThat(options)
        .isEqualTo(new DemoOptions(
            Duration.ofSeconds(60),
            Duration.ofSeconds(45),
            Optional.of(URI.create("https://example.org/health")),
            Path.of("somewhere").toAbsolutePath(),
            9464,
            8));
  }

  @Test
  void from_addressOfTheUser_isCalledGently() {
    DemoOptions options = options("demo.url", "http://localhost:8080");

    assertThat(options.callers()).isEqualTo(4);
    assertThat(options.pace()).isGreaterThan(options().pace());
    assertThat(options.timeout()).isGreaterThan(options().timeout());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      demo.seconds | 3     | demo.seconds must be in [5, 3600]: 3
      demo.seconds | 3601  | demo.seconds must be in [5, 3600]: 3601
      demo.seconds | ten   | demo.seconds must be a whole number in [5, 3600]: ten
      demo.port    | -1    | demo.port must be in [0, 65535]: -1
      demo.port    | 65536 | demo.port must be in [0, 65535]: 65536
      demo.callers | 0     | demo.callers must be in [1, 64]: 0
      """)
  void from_badNumber_namesSettingRuleAndValue(String key, String value, String message) {
    assertThatIllegalArgumentException().isThrownBy(() -> options(key, value)).withMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ftp://example.org", "example.org", "http:", "/path", "mailto:a@b.c"})
  void from_addressThatIsNotHttp_isRejected(String url) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options("demo.url", url))
        .withMessageStartingWith("demo.url must be an")
        .withMessageEndingWith(url);
  }

  @Test
  void from_addressThatCannotBeRead_isRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options("demo.url", "http://a b"))
        .withMessage("demo.url must be an address: http://a b");
  }

  @Test
  void cooldown_shortDemo_isASecondAtLeast() {
    assertThat(options("demo.seconds", "5").cooldown()).isEqualTo(Duration.ofSeconds(1));
  }
}
