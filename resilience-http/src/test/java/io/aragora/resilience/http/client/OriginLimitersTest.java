package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimitExceededException.Reason;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rate limiters of a client, one for each origin. */
class OriginLimitersTest extends HttpClientFixture {
  private static final RateLimiterConfig TEN_A_SECOND =
      RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).burst(2).build();

  private static final HttpRequest OTHER =
      HttpRequest.newBuilder(URI.create("http://other.example/pears")).build();

  private void assertRejected(
      boolean async, ResilientHttpClient client, Reason reason, Duration retryAfter) {
    int sent = inner.sent.size();
    assertThatThrownBy(() -> send(async, client, get()))
        .isInstanceOf(IOException.class)
        .cause()
        .isInstanceOfSatisfying(RateLimitExceededException.class, rejection -> {
          assertThat(rejection.reason()).isEqualTo(reason);
          assertThat(rejection.retryAfter())
              .isBetween(retryAfter.minus(Duration.ofMillis(200)), retryAfter);
        });
    assertThat(inner.sent).as("nothing was sent").hasSize(sent);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("GW-04")
  @DisplayName(
      "a rejection by the rate limiter is an IOException with it as the cause, and nothing is sent")
  void call_beyondTheLimit_isAnIOException(boolean async) throws Exception {
    inner.answer(200);
    ResilientHttpClient client = builder().rateLimiter(TEN_A_SECOND).build();
    client.send(get(), java.net.http.HttpResponse.BodyHandlers.ofString());
    client.send(get(), java.net.http.HttpResponse.BodyHandlers.ofString());
    assertRejected(async, client, Reason.LIMIT, Duration.ofMillis(100));
    assertThat(send(async, client, OTHER).statusCode()).as("another origin").isEqualTo(200);
    assertCounted(client, 2, 0);
    assertThat(breaker(client).snapshot().totals().ignored()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("GW-01")
  @DisplayName("a breaker around the client counts neither success nor failure for its rejections")
  void rejection_isNeutral_forABreakerAroundTheClient(boolean async) throws Exception {
    inner.answer(200);
    ResilientHttpClient client = builder().rateLimiter(TEN_A_SECOND).build();
    CircuitBreaker around = resilience.circuitBreaker("around", c -> c.failureThreshold(1));
    around.call(() -> send(async, client, get()));
    around.call(() -> send(async, client, get()));
    assertThatThrownBy(() -> around.call(() -> send(async, client, get())))
        .isInstanceOf(IOException.class);
    assertThat(around.snapshot().totals().successes()).isEqualTo(2);
    assertThat(around.snapshot().totals().ignored()).isEqualTo(1);
    assertThat(around.snapshot().totals().failures()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RL-20")
  @DisplayName("a 429 that says for how long pauses all requests of its origin")
  void answer429_pausesItsOrigin(boolean async) throws Exception {
    inner.answer(429, "Retry-After", "20").answer(200);
    ResilientHttpClient client = builder().noRetry().rateLimiter(TEN_A_SECOND).build();
    assertThat(send(async, client, get()).statusCode()).isEqualTo(429);
    assertRejected(async, client, Reason.PAUSED, Duration.ofSeconds(20));
    assertThat(send(async, client, OTHER).statusCode()).as("another origin").isEqualTo(200);
    time.advance(Duration.ofSeconds(20));
    assertThat(send(async, client, get()).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RL-20")
  @DisplayName("a successful answer that says that nothing remains pauses its origin, too")
  void successfulAnswer_isObserved(boolean async) throws Exception {
    inner.answer(200, "RateLimit", "\"default\";r=0;t=30").answer(200);
    ResilientHttpClient client = builder().rateLimiter(TEN_A_SECOND).build();
    assertThat(send(async, client, get()).statusCode()).isEqualTo(200);
    assertRejected(async, client, Reason.PAUSED, Duration.ofSeconds(30));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RL-20")
  @DisplayName("a Retry-After that is not about a limit pauses nothing")
  void retryAfter_ofAJob_pausesNothing(boolean async) throws Exception {
    inner.answer(202, "Retry-After", "20").answer(200);
    ResilientHttpClient client = builder().rateLimiter(TEN_A_SECOND).build();
    assertThat(send(async, client, get()).statusCode()).isEqualTo(202);
    assertThat(send(async, client, get()).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RL-20")
  @DisplayName("the attempt after a 429 with Retry-After is admitted when the pause ends")
  void retry_afterThePause_isAdmitted(boolean async) throws Exception {
    inner.answer(429, "Retry-After", "20").answer(200);
    ResilientHttpClient client = builder().rateLimiter(TEN_A_SECOND).build();
    assertThat(send(async, client, get()).statusCode()).isEqualTo(200);
    assertThat(waited()).isBetween(Duration.ofSeconds(20), Duration.ofSeconds(21));
    assertThat(inner.sent).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RL-21")
  @DisplayName("each attempt takes a permit")
  void eachAttempt_takesAPermit(boolean async) {
    inner.answer(503);
    ResilientHttpClient client = builder()
        .retry(retry(5).toBuilder()
            .backoff(Backoff.constant(Duration.ofMillis(10)).withJitter(Jitter.NONE))
            .build())
        .rateLimiter(TEN_A_SECOND)
        .build();
    assertThatThrownBy(() -> send(async, client, get()))
        .isInstanceOf(IOException.class)
        .hasCauseInstanceOf(RateLimitExceededException.class);
    assertThat(inner.sent).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("one limiter for all origins observes the answers of all")
  void oneLimiter_observesAllOrigins(boolean async) throws Exception {
    inner.answer(429, "Retry-After", "20").answer(200);
    RateLimiter account = resilience.rateLimiter("account", TEN_A_SECOND);
    ResilientHttpClient client = builder().noRetry().rateLimiter(account).build();
    assertThat(send(async, client, OTHER).statusCode()).isEqualTo(429);
    assertRejected(async, client, Reason.PAUSED, Duration.ofSeconds(20));
    assertThat(account.snapshot().pausedFor()).isPositive();
  }
}
