package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.reference.FailureText;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.HttpFailureInspector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class HttpFailuresTest {
  /** Exceptions of another client: with a status, or with a response that has one. */
  private static final class OtherClientException extends IOException {
    private static final long serialVersionUID = 1L;
    private final transient Integer status;
    private final transient Integer statusOfResponse;
    private final transient String retryAfter;

    OtherClientException(Integer status, Integer statusOfResponse, String retryAfter) {
      this.status = status;
      this.statusOfResponse = statusOfResponse;
      this.retryAfter = retryAfter;
    }
  }

  private static final class OtherClientInspector implements HttpFailureInspector {
    @Override
    public OptionalInt status(Throwable failure) {
      if (!(failure instanceof OtherClientException other)) {
        return OptionalInt.empty();
      }
      Integer found = other.status != null ? other.status : other.statusOfResponse;
      return found == null ? OptionalInt.empty() : OptionalInt.of(found);
    }

    @Override
    public RetryAfter retryAfter(Throwable failure) {
      return failure instanceof OtherClientException other
          ? RetryAfter.parse(other.retryAfter)
          : null;
    }
  }

  private final HttpFailures failures =
      HttpFailures.of(HttpErrorClassifier.DEFAULT, new OtherClientInspector());

  private static HttpStatusException own(int status, Map<String, List<String>> headers) {
    return new HttpStatusException(
        URI.create("http://shop.example/secret?key=1"),
        status,
        HttpHeaders.of(headers, (n, v) -> true),
        null);
  }

  private boolean isTransient(Throwable failure) {
    return failures.transientFailures().test(failure);
  }

  @Test
  @Tag("HT-18")
  @Tag("HT-23")
  @Tag("fault-49")
  @DisplayName("the status decides, and the type only if there is no status")
  void status_decidesBeforeTheType() {
    assertThat(isTransient(new TimeoutException())).isTrue();
    assertThat(isTransient(new SocketTimeoutException())).isTrue();
    assertThat(isTransient(new ConnectException())).isTrue();
    assertThat(isTransient(new SocketException("Connection reset"))).isTrue();
    assertThat(isTransient(new IOException())).isTrue();
    assertThat(isTransient(own(503, Map.of()))).isTrue();
    assertThat(isTransient(own(429, Map.of()))).isTrue();
    assertThat(isTransient(own(400, Map.of()))).isFalse();
    assertThat(isTransient(new OtherClientException(400, null, null))).isFalse();
    assertThat(isTransient(new OtherClientException(null, 503, null))).isTrue();
    assertThat(isTransient(new IllegalStateException())).isFalse();
  }

  @Test
  @Tag("HT-18")
  @DisplayName("another set of statuses is honoured")
  void status_ofACustomSet_isTransient() {
    Predicate<Throwable> teapot =
        HttpFailures.of(HttpErrorClassifier.of(Set.of(418))).transientFailures();
    assertThat(teapot.test(own(418, Map.of()))).isTrue();
    assertThat(teapot.test(own(503, Map.of()))).isFalse();
  }

  @Test
  @Tag("HT-19")
  @Tag("fault-49")
  @DisplayName("texts are searched only on request, and for whole words")
  void text_isSearchedOnRequest_forWholeWords() {
    Predicate<Throwable> text = FailureText.namesRateLimit().or(FailureText.namesServerError());
    assertThat(text.test(new Exception("rate limit"))).isTrue();
    for (String status : List.of("429", "500", "502", "503", "504")) {
      assertThat(text.test(new Exception("server returned " + status)))
          .as(status)
          .isTrue();
    }
    assertThat(text.test(new Exception("invalid parameter format"))).isFalse();
    assertThat(text.test(new Exception("invalid connection string"))).isFalse();
    assertThat(isTransient(new Exception("server returned 503"))).isFalse();
  }

  @Test
  @Tag("HT-20")
  @Tag("HT-24")
  @Tag("fault-49")
  @DisplayName(
      "the status is that of the failure, then of its response, then of its cause; null is "
          + "skipped")
  void status_isFoundAlongTheCauses() {
    assertThat(failures.status(new OtherClientException(500, 404, null))).hasValue(500);
    assertThat(failures.status(new OtherClientException(null, 404, null))).hasValue(404);
    assertThat(failures.status(own(418, Map.of()))).hasValue(418);
    assertThat(failures.status(new UncheckedIOException(own(418, Map.of())))).hasValue(418);
    assertThat(failures.status(new OtherClientException(null, null, null))).isEmpty();
    assertThat(failures.status(new IOException())).isEmpty();
  }

  @Test
  @Tag("fault-49")
  @DisplayName("cyclic causes end the search")
  void cause_cyclic_endsTheSearch() {
    IOException first = new IOException("first");
    first.initCause(new IOException("second", first));
    assertThat(failures.status(first)).isEmpty();
  }

  @Test
  @Tag("HT-17")
  @Tag("HT-21")
  @DisplayName("Retry-After is read from the failure or its headers, in any spelling")
  void retryAfter_inAnySpelling_isRead() {
    assertThat(nanos(new OtherClientException(429, null, "30.0"))).isEqualTo(seconds(30));
    assertThat(nanos(new OtherClientException(429, null, "60"))).isEqualTo(seconds(60));
    assertThat(nanos(own(429, Map.of("Retry-After", List.of("45"))))).isEqualTo(seconds(45));
    assertThat(nanos(own(429, Map.of("retry-after", List.of("25"))))).isEqualTo(seconds(25));
    assertThat(failures.retryAfter(own(429, Map.of("Retry-After", List.of("")))))
        .isNull();
    assertThat(failures.retryAfter(new OtherClientException(429, null, "soon"))).isNull();
    assertThat(failures.retryAfter(new OtherClientException(429, null, null))).isNull();
    assertThat(failures.retryAfter(new IOException())).isNull();
  }

  private long nanos(Throwable failure) {
    return failures.retryAfter(failure).delayNanos(Instant.EPOCH);
  }

  private static long seconds(int seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  @Tag("HT-14")
  @DisplayName("client errors do not count against the server")
  void callerErrors_doNotCountAgainstTheServer() {
    Predicate<Throwable> counted = failures.serverFailures();
    assertThat(counted.test(own(503, Map.of()))).isTrue();
    assertThat(counted.test(own(400, Map.of()))).isFalse();
    assertThat(counted.test(new ConnectException())).isTrue();
    assertThat(counted.test(new UncheckedIOException(new IOException()))).isTrue();
    assertThat(counted.test(new IllegalArgumentException())).isFalse();
  }

  @Test
  @DisplayName(
      "signs of overload are 429, 503 and timeouts, but no other answers and no other failures of the network")
  void overload_isA429A503AndATimeout() {
    Predicate<Throwable> overload = failures.overload();
    assertThat(overload.test(own(429, Map.of()))).isTrue();
    assertThat(overload.test(own(503, Map.of()))).isTrue();
    assertThat(overload.test(own(500, Map.of()))).isFalse();
    assertThat(overload.test(own(400, Map.of()))).isFalse();
    assertThat(overload.test(new HttpTimeoutException("request timed out"))).isTrue();
    assertThat(overload.test(new RejectedExecutionException())).isTrue();
    assertThat(overload.test(new ConnectException())).isFalse();
    assertThat(overload).isEqualTo(failures.overload());
  }

  @Test
  @Tag("HT-09")
  @DisplayName("by default a request is retried three times, from half a second")
  void config_byDefault_retriesThreeTimes() {
    RetryConfig config = io.aragora.resilience.reference.RetryPresets.http();
    assertThat(config.maxAttempts()).isEqualTo(4);
    assertThat(config.backoff().delayNanos(0, 0, 0.5)).isEqualTo(500_000_000L);
    assertThat(config.toBuilder().maxAttempts(7).build().maxAttempts()).isEqualTo(7);
  }

  @Test
  @DisplayName(
      "the exception shows status and origin, and nothing of the path, which may be confidential")
  void message_showsStatusAndOrigin_noPath() {
    assertThat(own(503, Map.of())).hasMessage("HTTP 503 from http://shop.example:80");
    assertThat(own(503, Map.of()).getStackTrace()).isEmpty();
  }
}
