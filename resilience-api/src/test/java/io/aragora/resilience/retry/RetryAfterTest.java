package io.aragora.resilience.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
  /** The instant of the three dates in RFC 9110, 5.6.7. */
  private static final Instant EXAMPLE = Instant.parse("1994-11-06T08:49:37Z");

  @ParameterizedTest
  @Tag("HT-04")
  @Tag("HT-21")
  @DisplayName("seconds are read, with a fraction too")
  @CsvSource({"120, PT2M", "0, PT0S", "1.5, PT1.5S", " 45 , PT45S", "0000007, PT7S", "3., PT3S"})
  void seconds_areRead(String header, Duration expected) {
    RetryAfter read = RetryAfter.parse(header);
    assertThat(read).isNotNull();
    assertThat(read.delayNanos(EXAMPLE)).isEqualTo(expected.toNanos());
  }

  @ParameterizedTest
  @Tag("fault-48")
  @DisplayName("HTTP dates are read in the present and the two obsolete forms")
  @ValueSource(
      strings = {
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"
      })
  void dates_ofThreeForms_areRead(String header) {
    RetryAfter read = RetryAfter.parse(header);
    assertThat(read).isNotNull();
    assertThat(read.delayNanos(EXAMPLE.minusSeconds(90)))
        .isEqualTo(Duration.ofSeconds(90).toNanos());
    assertThat(read.delayNanos(EXAMPLE.plusSeconds(90))).as("passed").isZero();
  }

  @ParameterizedTest
  @Tag("HT-04")
  @Tag("fault-48")
  @DisplayName("any other text, a negative number included, is ignored")
  @NullSource
  @ValueSource(
      strings = {
        "",
        " ",
        "-1",
        "+1",
        "NaN",
        "Infinity",
        "1e9",
        "0x10",
        "soon",
        "1,5",
        "\u0661\u0662",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Mon, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET"
      })
  void otherText_isNoRequest(String header) {
    assertThat(RetryAfter.parse(header)).isNull();
  }

  @Test
  @Tag("fault-48")
  @DisplayName("the delay is bounded for a text of any length")
  void text_ofAnyLength_isBounded() {
    long longest = Long.MAX_VALUE;
    RetryAfter digits = RetryAfter.parse("9".repeat(60));
    assertThat(digits).isNotNull();
    assertThat(digits.delayNanos(EXAMPLE)).isEqualTo(longest);
    assertThat(RetryAfter.parse("9".repeat(65))).isNull();
    assertThat(RetryAfter.at(Instant.MAX).delayNanos(Instant.MIN)).isEqualTo(longest);
    assertThat(RetryAfter.at(Instant.MIN).delayNanos(Instant.MAX)).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryAfter.of(Duration.ofSeconds(-1)))
        .withMessageContaining("retryAfter")
        .withMessageContaining("PT-1S");
  }

  @Test
  void text_isChecked() {
    assertThat(RetryAfter.of(Duration.ofSeconds(2))).hasToString("retry after PT2S");
    assertThat(RetryAfter.at(EXAMPLE)).hasToString("retry at 1994-11-06T08:49:37Z");
  }
}
