package io.aragora.resilience.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("RL-19")
class RateLimitHintTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  /** Headers as {@code name: value|name: value}. */
  private static RateLimitHint parse(String headers) {
    Map<String, List<String>> map = new TreeMap<>();
    for (String header : headers.split("\\|")) {
      int colon = header.indexOf(':');
      if (colon > 0) {
        map.computeIfAbsent(header.substring(0, colon).strip(), name -> new ArrayList<>())
            .add(header.substring(colon + 1).strip());
      }
    }
    return RateLimitHint.parse(map);
  }

  @ParameterizedTest
  @DisplayName("limit, remaining, reset and Retry-After of each form of the headers are read")
  @CsvSource(delimiter = '~', nullValues = "-", textBlock = """
          RateLimit: "hour";r=12;t=340                                                      ~ -1   ~ -      ~ 12 ~ PT5M40S ~ -
          RateLimit: "hour";r=12;t=340|RateLimit-Policy: "hour";q=5000;w=3600               ~ 5000 ~ PT1H   ~ 12 ~ PT5M40S ~ -
          ratelimit: "day";r=900;t=9, "hour";r=0;t=7|RateLimit-Policy: "day";q=9, "hour";q=5;w=60 ~ 5 ~ PT1M ~ 0 ~ PT7S    ~ -
          RateLimit: "a,b;c";r=3;pk=:dGVzdA==:                                              ~ -1   ~ -      ~ 3  ~ -       ~ -
          RateLimit: default;r=3                                                            ~ -1   ~ -      ~ 3  ~ -       ~ -
          RateLimit: limit=100, remaining=7, reset=30                                       ~ 100  ~ -      ~ 7  ~ PT30S   ~ -
          RateLimit-Limit: 100|RateLimit-Remaining: 7|RateLimit-Reset: 30                   ~ 100  ~ -      ~ 7  ~ PT30S   ~ -
          RateLimit-Limit: 100, 100;w=60;burst=5|RateLimit-Remaining: 0|RateLimit-Reset: 3  ~ 100  ~ -      ~ 0  ~ PT3S    ~ -
          X-RateLimit-Limit: 60|X-RateLimit-Remaining: 0|X-RateLimit-Reset: 20              ~ 60   ~ -      ~ 0  ~ PT20S   ~ -
          x-ratelimit-limit: 60|x-ratelimit-remaining: 0|x-ratelimit-reset: 1767225620      ~ 60   ~ -      ~ 0  ~ PT20S   ~ -
          X-RateLimit-Reset: 1767225619.5                                                   ~ -1   ~ -      ~ -1 ~ PT20S   ~ -
          X-RateLimit-Reset: 0.25                                                           ~ -1   ~ -      ~ -1 ~ PT0.25S ~ -
          X-RateLimit-Reset: Thu, 01 Jan 2026 00:00:20 GMT                                  ~ -1   ~ -      ~ -1 ~ PT20S   ~ -
          Retry-After: 20                                                                   ~ -1   ~ -      ~ -1 ~ -       ~ PT20S
          Retry-After: Thu, 01 Jan 2026 00:00:20 GMT                                        ~ -1   ~ -      ~ -1 ~ -       ~ PT20S
          RateLimit-Remaining: 4|X-RateLimit-Remaining: 9|Retry-After: 1                    ~ -1   ~ -      ~ 4  ~ -       ~ PT1S
          RateLimit: nonsense;r=x|X-RateLimit-Remaining: 9                                  ~ -1   ~ -      ~ 9  ~ -       ~ -
          X-RateLimit-Limit: 0|X-RateLimit-Remaining: 0                                     ~ -1   ~ -      ~ 0  ~ -       ~ -
          """)
  void headers_areRead(
      String headers,
      long limit,
      Duration window,
      long remaining,
      Duration reset,
      Duration retryAfter) {
    RateLimitHint hint = parse(headers);
    assertThat(hint).isNotNull();
    assertThat(hint.limit()).isEqualTo(limit);
    assertThat(hint.window()).isEqualTo(window);
    assertThat(hint.remaining()).isEqualTo(remaining);
    assertThat(hint.reset() == null ? null : Duration.ofNanos(hint.reset().delayNanos(NOW)))
        .isEqualTo(reset);
    assertThat(
            hint.retryAfter() == null
                ? null
                : Duration.ofNanos(hint.retryAfter().delayNanos(NOW)))
        .isEqualTo(retryAfter);
  }

  @ParameterizedTest
  @DisplayName("nonsense and negative numbers are no hint")
  @ValueSource(
      strings = {
        "",
        "Content-Type: text/plain",
        "RateLimit: ",
        "RateLimit: ;r=1",
        "RateLimit: \"hour",
        "RateLimit: \"hour\";r=-1;t=5",
        "RateLimit: \"hour\";t=5",
        "RateLimit: \"hour\";r=99999999999999999999",
        "RateLimit: \"hour\";r=1, ",
        "RateLimit: limit=0, other=1",
        "RateLimit-Policy: \"hour\";q=5000;w=3600",
        "RateLimit-Remaining: -1",
        "RateLimit-Remaining: many|RateLimit-Limit: 1e9|RateLimit-Reset: soon",
        "X-RateLimit-Limit: 0",
        "X-RateLimit-Reset: -5",
        "X-RateLimit-Reset: 999999999999999999",
        "Retry-After: -5",
        "Retry-After: later"
      })
  void nonsense_isNoHint(String headers) {
    assertThat(parse(headers)).isNull();
  }

  @Test
  void answerWithoutAnyHeader_isNoHint() {
    assertThat(RateLimitHint.parse(Map.of())).isNull();
    assertThat(RateLimitHint.parse(Map.of("Retry-After", List.of()))).isNull();
  }

  @Test
  void randomText_isNeverAnError() {
    Random random = new Random(42);
    String letters = "\"\\,;= .-rtqw0129azT\u00e9";
    List<String> names = List.of(
        "RateLimit", "RateLimit-Policy", "RateLimit-Limit", "X-RateLimit-Reset", "Retry-After");
    for (int i = 0; i < 20_000; i++) {
      Map<String, List<String>> headers = new TreeMap<>();
      for (String name : names) {
        StringBuilder value = new StringBuilder();
        for (int length = random.nextInt(24); length > 0; length--) {
          value.append(letters.charAt(random.nextInt(letters.length())));
        }
        headers.put(name, List.of(value.toString()));
      }
      assertThatCode(() -> RateLimitHint.parse(headers)).doesNotThrowAnyException();
    }
  }

  @Test
  void valuesOfABuilder_areChecked() {
    RateLimitHint.Builder hint = RateLimitHint.builder();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> hint.limit(0))
        .withMessage("limit must be at least 1: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> hint.remaining(-1))
        .withMessage("remaining must not be negative: -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> hint.window(Duration.ZERO))
        .withMessage("window must be positive: PT0S");
    assertThat(hint.limit(5).window(Duration.ofSeconds(2)).remaining(1).build())
        .hasToString(
            "RateLimitHint[limit=5, window=PT2S, remaining=1, reset=null, retryAfter=null]");
  }
}
