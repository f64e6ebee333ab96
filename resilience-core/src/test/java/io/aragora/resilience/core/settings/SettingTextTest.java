package io.aragora.resilience.core.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingTextTest {
  private static SettingText text(String value) {
    return new SettingText("cooldown", value);
  }

  @ParameterizedTest
  @Tag("CF-06")
  @DisplayName("all valid forms of durations are accepted")
  @CsvSource({
    "500ms, PT0.5S",
    "30s, PT30S",
    "5m, PT5M",
    "1h, PT1H",
    "1d, PT24H",
    "120.5, PT2M0.5S",
    "120, PT2M",
    "0.000000001, PT0.000000001S",
    "1.5h, PT1H30M",
    "30 s, PT30S",
    "30S, PT30S",
    "' 30s\t', PT30S",
    "PT30S, PT30S",
    "P1DT1H, PT25H",
    "-10, PT-10S",
    "999999999999d, PT23999999999976H"
  })
  void duration_validText_isAccepted(String value, Duration expected) {
    assertThat(text(value).duration()).isEqualTo(expected);
  }

  @ParameterizedTest
  @Tag("CF-06")
  @Tag("fault-32")
  @DisplayName("text that is no duration is rejected, infinity and NaN included")
  @ValueSource(
      strings = {
        "",
        " ",
        "abc",
        "nan",
        "NaN",
        "inf",
        "Infinity",
        "-inf",
        "1e3",
        "1e999999999",
        "0x10",
        "5 minutes",
        "5min",
        "1_000",
        "1,5",
        "ms",
        "P",
        "1234567890123",
        "٣",
        "9999999999999999999999d"
      })
  void duration_unreadable(String value) {
    assertThatThrownBy(() -> text(value).duration())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("cooldown must be a duration")
        .hasMessageEndingWith(": " + value.strip());
  }

  @ParameterizedTest
  @Tag("CF-06")
  @DisplayName("whole numbers are accepted, with surrounding blanks")
  @CsvSource({"3, 3", "' 3 ', 3", "+3, 3", "-1, -1", "0, 0", "2147483647, 2147483647"})
  void whole_validText_isAccepted(String value, int expected) {
    assertThat(text(value).whole()).isEqualTo(expected);
  }

  @ParameterizedTest
  @Tag("CF-06")
  @DisplayName("text that is no whole number is rejected, 3.5 included")
  @ValueSource(strings = {"", "3.5", "3.0", "three", "1e3", "2147483648", "99999999999999", "٣"})
  void whole_unreadable(String value) {
    assertThatThrownBy(() -> text(value).whole())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("cooldown must be a whole number: ");
  }

  @ParameterizedTest
  @Tag("fault-32")
  @DisplayName("text that is no number is rejected, infinity and NaN included")
  @ValueSource(strings = {"", "NaN", "Infinity", "1e3", "0x1p3", "1d", "1f", ".5", "5.", "50%"})
  void decimal_unreadable(String value) {
    assertThatThrownBy(() -> text(value).decimal())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("cooldown must be a number");
  }

  @Test
  void decimal_invalidText_isRejected() {
    assertThat(text("2.5").decimal()).isEqualTo(2.5);
    assertThat(text("50").decimal()).isEqualTo(50);
  }

  @Test
  void shown_isShort_andOneLine() {
    assertThat(text("a\nWARNING: b").shown()).isEqualTo("a?WARNING: b");
    assertThat(text("x".repeat(5000)).shown()).hasSize(103);
  }
}
