package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.retry.RetryAfter;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpErrorClassifierTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  private final HttpErrorClassifier classifier = HttpErrorClassifier.DEFAULT;

  private static HttpHeaders headers(String name, String value) {
    return HttpHeaders.of(Map.of(name, List.of(value)), (n, v) -> true);
  }

  private HttpErrorInfo info(int status) {
    return classifier.classify(status, null, "");
  }

  private RetryAfter retryAfter(String value) {
    return classifier.classify(429, headers("Retry-After", value), "").retryAfter();
  }

  @Test
  @Tag("HT-01")
  @Tag("fault-51")
  @DisplayName("five statuses are transient by default, and the set cannot be changed")
  void transientStatuses_areFiveByDefault() {
    assertThat(classifier.transientStatuses()).containsExactlyInAnyOrder(429, 500, 502, 503, 504);
    assertThatThrownBy(() -> classifier.transientStatuses().add(418))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 502, 503, 504})
  @Tag("HT-02")
  @DisplayName("the five statuses are transient")
  void status_ofTheFive_isTransient(int status) {
    assertThat(info(status).isTransient()).isTrue();
    assertThat(info(status).status()).isEqualTo(status);
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 400, 401, 403, 404, 405, 409, 422})
  @Tag("HT-01")
  @Tag("HT-02")
  @DisplayName("other statuses are not transient")
  void status_ofNoneOfTheFive_isNotTransient(int status) {
    assertThat(info(status).isTransient()).isFalse();
    assertThat(info(status).status()).isEqualTo(status);
  }

  @Test
  @Tag("HT-03")
  @DisplayName(
      "the status 429 is a rate limit, 401 and 403 are about authentication, others are neither")
  void status_hasItsKind() {
    assertThat(info(429).isRateLimit()).isTrue();
    assertThat(info(500).isRateLimit()).isFalse();
    assertThat(info(401).isAuthError()).isTrue();
    assertThat(info(403).isAuthError()).isTrue();
    assertThat(info(404).isAuthError()).isFalse();
    assertThat(info(429).isAuthError()).isFalse();
  }

  @Test
  @Tag("HT-04")
  @Tag("fault-48")
  @DisplayName("Retry-After is read in any spelling, in seconds or as a date")
  void retryAfter_isRead() {
    assertThat(retryAfter("120").delayNanos(NOW))
        .isEqualTo(Duration.ofSeconds(120).toNanos());
    assertThat(retryAfter("1.5").delayNanos(NOW)).isEqualTo(1_500_000_000L);
    assertThat(retryAfter("Tue, 24 Nov 2026 12:00:30 GMT").delayNanos(NOW))
        .isEqualTo(30_000_000_000L);
    RetryAfter lowerCase =
        classifier.classify(503, headers("retry-after", "45"), "").retryAfter();
    assertThat(lowerCase.delayNanos(NOW)).isEqualTo(45_000_000_000L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"not-a-number", "", "-1", "NaN", "Infinity", "1e9"})
  @Tag("HT-04")
  @Tag("fault-48")
  @DisplayName("an invalid Retry-After is ignored")
  void retryAfter_invalid_isIgnored(String value) {
    assertThat(retryAfter(value)).isNull();
  }

  @Test
  @Tag("HT-04")
  @DisplayName("without the header, or without headers, there is no delay")
  void retryAfter_withoutTheHeader_isEmpty() {
    assertThat(classifier.classify(503, headers("Server", "x"), "").retryAfter())
        .isNull();
    assertThat(info(503).retryAfter()).isNull();
  }

  @Test
  @Tag("HT-05")
  @Tag("fault-51")
  @DisplayName("the message of a map is always text, error before message")
  void message_ofAMap_isText() {
    assertThat(message(Map.of("error", "bad", "message", "worse"))).isEqualTo("bad");
    assertThat(message(Map.of("message", "worse"))).isEqualTo("worse");
    assertThat(message(Map.of("Message", "worst"))).isEqualTo("worst");
    assertThat(message(Map.of("error", "", "message", "worse"))).isEqualTo("worse");
    assertThat(message(Map.of("detail", "teapot"))).contains("detail").contains("teapot");
    assertThat(message(Map.of("error", Map.of("code", 7)))).isEqualTo("{code=7}");
    Map<String, Object> nothing = new LinkedHashMap<>();
    nothing.put("error", null);
    nothing.put("message", "worse");
    assertThat(message(nothing)).isEqualTo("worse");
    assertThat(message(Map.of())).isEqualTo("HTTP 500");
  }

  private String message(Map<String, ?> body) {
    return classifier.classify(500, null, body).message();
  }

  @Test
  @Tag("HT-05")
  @DisplayName("the message of a text is its beginning; without a body it names the status")
  void message_ofAText_isItsBeginning() {
    assertThat(classifier.classify(500, null, "down").message()).isEqualTo("down");
    assertThat(classifier.classify(500, null, "x".repeat(500)).message())
        .isEqualTo("x".repeat(200));
    assertThat(classifier.classify(500, null, "").message()).isEqualTo("HTTP 500");
    assertThat(classifier.classify(500, null, (String) null).message()).isEqualTo("HTTP 500");
  }

  @Test
  @Tag("HT-06")
  @DisplayName("other statuses can be transient instead; a status that is no error is rejected")
  void transientStatuses_ofACustomSet_replaceTheDefaults() {
    HttpErrorClassifier custom = HttpErrorClassifier.of(Set.of(418, 429));
    assertThat(custom.isTransient(418)).isTrue();
    assertThat(custom.isTransient(500)).isFalse();
    assertThatThrownBy(() -> HttpErrorClassifier.of(Set.of(200)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("transientStatuses must be in [400, 599]: 200");
  }

  @Test
  @DisplayName("classifiers and summaries are equal if their values are, and say what they hold")
  void values_areCompared() {
    HttpErrorClassifier custom = HttpErrorClassifier.of(Set.of(429, 418));
    assertThat(custom)
        .isEqualTo(HttpErrorClassifier.of(Set.of(418, 429)))
        .hasSameHashCodeAs(HttpErrorClassifier.of(Set.of(418, 429)))
        .isNotEqualTo(classifier)
        .hasToString("HTTP error classifier, transient: [418, 429]");
    assertThat(info(503))
        .isEqualTo(info(503))
        .hasSameHashCodeAs(info(503))
        .isNotEqualTo(info(500))
        .hasToString("HTTP error 503, transient: HTTP 503");
    assertThat(info(404)).hasToString("HTTP error 404: HTTP 404");
  }
}
