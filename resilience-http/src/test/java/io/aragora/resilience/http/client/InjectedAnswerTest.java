package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that chaos injects into a client. */
class InjectedAnswerTest extends HttpClientFixture {
  private final Resilience enabled = Resilience.builder()
      .timeSource(time)
      .name("enabled")
      .property("resilience.chaos.enabled", "true")
      .build();

  @AfterEach
  void closeEnabled() {
    enabled.close();
  }

  private ResilientHttpClientBuilder chaotic() {
    return ResilientHttpClient.builder(enabled).client(inner).retry(retry(3));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("CH-18")
  void injectedStatus_isAnAnswerLikeAnyOther_andNothingIsSent(boolean async) throws Exception {
    ResilientHttpClient client = chaotic().chaosStatus(100, 503).build();
    inner.answer(200);
    assertThat(send(async, client, get()).statusCode()).as("not started").isEqualTo(200);
    assertThat(inner.sent).hasSize(1);
    Chaos chaos = enabled.chaos("http");
    enabled.chaos().start(Duration.ofHours(1));

    HttpResponse<String> answer = send(async, client, get());

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).isEmpty();
    assertThat(answer.headers().map()).isEmpty();
    assertThat(answer.uri()).isEqualTo(SHOP);
    assertThat(inner.sent).as("nothing more").hasSize(1);
    assertThat(chaos.totals().failed()).as("each attempt of the retry").isEqualTo(3);
    assertThat(enabled.retry("http").totals().exhausted()).isEqualTo(1);
    assertThat(client.circuitBreaker(SHOP).orElseThrow().snapshot().totals().failures())
        .isEqualTo(1);

    enabled.chaos().stop();
    assertThat(send(async, client, get()).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("CH-18")
  void injectedStatus_hasEachPropertyOfAnAnswer_alsoForTheHandler(boolean async) throws Exception {
    ResilientHttpClient client = chaotic().noRetry().chaosStatus(100, 503).build();
    enabled.chaos().start(Duration.ofHours(1));
    List<String> seen = new ArrayList<>();
    BodyHandler<String> handler = info -> {
      seen.add(info.statusCode() + " " + info.version() + " " + info.headers().map());
      return BodyHandlers.ofString().apply(info);
    };
    HttpRequest request = get();

    HttpResponse<String> answer = send(async, client, request, handler);

    assertThat(seen).containsExactly("503 HTTP_1_1 {}");
    assertThat(answer.request()).isSameAs(request);
    assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
    assertThat(answer.previousResponse()).isEmpty();
    assertThat(answer.sslSession()).isEmpty();
    assertThat(answer).hasToString("(GET " + SHOP + ") 503 (injected)");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("CH-18")
  void injectedSuccess_andAClientWithoutPolicies(boolean async) throws Exception {
    ResilientHttpClient client = ResilientHttpClient.builder(enabled)
        .client(inner)
        .noRetry()
        .noCircuitBreaker()
        .chaosStatus(100, 404)
        .build();
    enabled.chaos().start(Duration.ofHours(1));
    assertThat(send(async, client, get()).statusCode()).isEqualTo(404);
    assertThat(inner.sent).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("CH-18")
  void failures_areInjectedIntoAttempts_andLostAnswersAreClosed(boolean async) throws Exception {
    ResilientHttpClient client = chaotic()
        .chaos(ChaosConfig.builder()
            .failAfter(100, () -> new SocketException("chaos"))
            .onlyIf(call -> call.attempt() == 1)
            .build())
        .build();
    inner.answer(200);
    enabled.chaos().start(Duration.ofHours(1));
    List<Stream> bodies = new ArrayList<>();
    BodyHandler<InputStream> handler =
        info -> BodySubscribers.mapping(BodySubscribers.ofByteArray(), bytes -> {
          Stream body = new Stream(bytes);
          bodies.add(body);
          return body;
        });

    HttpResponse<InputStream> answer = send(async, client, get(), handler);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(inner.sent).as("the first took effect, too").hasSize(2);
    assertThat(bodies).extracting(body -> body.closings).containsExactly(1, 0);
    assertThat(answer.body()).isSameAs(bodies.get(1));
    assertThat(enabled.chaos("http").totals().failedAfter()).isEqualTo(1);
  }

  /** Counts how often it is closed. */
  private static final class Stream extends ByteArrayInputStream {
    int closings;

    Stream(byte[] bytes) {
      super(bytes);
    }

    @Override
    public void close() {
      closings++;
    }
  }

  /** Never completes its body. */
  private static final class Endless implements BodySubscriber<String> {
    @Override
    public CompletionStage<String> getBody() {
      return new CompletableFuture<>();
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {}

    @Override
    public void onNext(List<ByteBuffer> item) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onComplete() {}
  }

  private ResilientHttpClient plainWith404() {
    enabled.chaos().start(Duration.ofHours(1));
    return ResilientHttpClient.builder(enabled)
        .client(inner)
        .noRetry()
        .noCircuitBreaker()
        .chaosStatus(100, 404)
        .build();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("CH-18")
  void handlerThatFails_isAnIOException(boolean async) {
    Path missing = Path.of("no", "such", "directory", "body");
    assertThatThrownBy(() -> send(async, plainWith404(), get(), BodyHandlers.ofFile(missing)))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  @Tag("CH-18")
  void handlerThatNeverCompletesItsBody_isEndedByAnInterrupt() {
    ResilientHttpClient client = plainWith404();
    BodyHandler<String> handler = info -> {
      Thread.currentThread().interrupt();
      return new Endless();
    };
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> assertThatThrownBy(() -> client.send(get(), handler))
            .isInstanceOf(InterruptedException.class));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("CH-18")
  void rateLimiterAndHedge_seeAnInjectedAnswer(boolean async) throws Exception {
    AtomicReference<Throwable> judged = new AtomicReference<>();
    ResilientHttpClient client = chaotic()
        .rateLimiter(RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).build())
        .hedge(HedgeConfig.forIdempotentCalls().delay(Duration.ofSeconds(5)).build())
        .retry(retry(2).toBuilder()
            .retryIf(failure -> {
              judged.set(failure);
              return false;
            })
            .build())
        .chaosStatus(100, 503)
        .build();
    enabled.chaos().start(Duration.ofHours(1));

    HttpResponse<String> answer = send(async, client, get());

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).isEmpty();
    assertThat(HttpFailures.standard().status(judged.get())).hasValue(503);
    assertThat(enabled.policies().keyedRateLimiters()).hasSize(1);
    assertThat(enabled.hedge("http").totals().hedges()).as("none after a 503").isZero();
    assertThat(inner.sent).isEmpty();
  }

  @Test
  @Tag("CH-18")
  void processThatDoesNotEnableChaos_hasNone() throws Exception {
    ResilientHttpClient client = builder()
        .chaos(
            ChaosConfig.builder().fail(50, () -> new ConnectException("chaos")).build())
        .chaosStatus(50, 503)
        .build();
    inner.answer(200);
    assertThat(send(false, client, get()).statusCode()).isEqualTo(200);
    assertThat(resilience.chaos("http").totals().calls()).isZero();
  }

  @Test
  void badValues_areRejected() {
    assertThatThrownBy(() -> builder().chaosStatus(101, 503))
        .hasMessage("percent must be in (0, 100]: 101.0");
    assertThatThrownBy(() -> builder().chaosStatus(1, 199))
        .hasMessage("status must be in [200, 599]: 199");
    assertThatThrownBy(() -> builder().chaosStatus(60, 503).chaosStatus(60, 500).build())
        .hasMessage("chances must add up to at most 100: 120.0");
  }

  @Test
  void secondClientOfTheName_declaresTheSame() {
    ResilientHttpClient first = chaotic().chaosStatus(2, 503).build();
    assertThat(chaotic().chaosStatus(2, 503).build()).isNotSameAs(first);
    assertThatThrownBy(() -> chaotic().chaosStatus(3, 503).build())
        .hasMessageContaining("chaos 'http' is already declared");
  }
}
