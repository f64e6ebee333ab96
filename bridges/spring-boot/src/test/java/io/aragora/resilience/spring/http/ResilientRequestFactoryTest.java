package io.aragora.resilience.spring.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.http.client.HttpFailures;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.reference.RetryPresets;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.StreamingHttpOutputMessage;
import org.springframework.http.client.ClientHttpRequest;
import org.springframework.http.client.ClientHttpResponse;
import org.springframework.mock.http.client.MockClientHttpRequest;

/** Every answer that the caller does not get is closed, and the one that it gets is not. */
class ResilientRequestFactoryTest {
  private static final String ORIGIN = "http://shop:80";
  private static final URI ADDRESS = URI.create("http://shop/prices");

  private final ManualTime time = ManualTime.create().autoAdvance(true).fixedRandom(0.5);
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final Deque<Object> script = new ArrayDeque<>();
  private final List<FakeResponse> responses = new ArrayList<>();
  private final List<FakeRequest> sent = new ArrayList<>();

  @AfterEach
  void close() {
    resilience.close();
  }

  private interface Send {
    ClientHttpResponse send(FakeRequest request) throws IOException;
  }

  /** Knows how its body was written. */
  private static final class FakeRequest extends MockClientHttpRequest
      implements StreamingHttpOutputMessage {
    private final Send send;
    private @Nullable Body body;

    FakeRequest(HttpMethod method, URI uri, Send send) {
      super(method, uri);
      this.send = send;
    }

    @Override
    public void setBody(Body body) {
      this.body = body;
    }

    @Override
    protected ClientHttpResponse executeInternal() throws IOException {
      if (body != null) {
        body.writeTo(getBody());
      }
      return send.send(this);
    }
  }

  private static final class FakeResponse implements ClientHttpResponse {
    private final int status;
    private final String body;
    private final HttpHeaders headers = new HttpHeaders();
    private boolean isClosed;

    FakeResponse(int status, String body) {
      this.status = status;
      this.body = body;
    }

    FakeResponse with(String name, String value) {
      headers.add(name, value);
      return this;
    }

    @Override
    public HttpStatusCode getStatusCode() {
      return HttpStatusCode.valueOf(status);
    }

    @Override
    public String getStatusText() {
      return "text";
    }

    @Override
    public HttpHeaders getHeaders() {
      return headers;
    }

    @Override
    public InputStream getBody() {
      return new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)) {
        @Override
        public synchronized int read(byte[] into, int offset, int length) {
          if (isClosed) {
            throw new IllegalStateException("read after close");
          }
          return super.read(into, offset, length);
        }
      };
    }

    @Override
    public void close() {
      isClosed = true;
    }
  }

  private void answers(Object... answers) {
    script.addAll(List.of(answers));
  }

  private static FakeResponse answer(int status) {
    return new FakeResponse(status, "body of " + status);
  }

  private HttpProtection.Builder builder() {
    return HttpProtection.builder(resilience);
  }

  private ClientHttpResponse send(HttpProtection.Builder builder, HttpMethod method)
      throws IOException {
    return send(builder.build(), method);
  }

  private ClientHttpResponse send(HttpProtection protection, HttpMethod method) throws IOException {
    return request(protection, method).execute();
  }

  private ClientHttpRequest request(HttpProtection protection, HttpMethod method)
      throws IOException {
    return request(protection, method, this::next);
  }

  private static ClientHttpRequest request(HttpProtection protection, HttpMethod method, Send send)
      throws IOException {
    return new ResilientRequestFactory((uri, each) -> new FakeRequest(each, uri, send), protection)
        .createRequest(ADDRESS, method);
  }

  private ClientHttpResponse next(FakeRequest request) throws IOException {
    sent.add(request);
    Object next = script.isEmpty() ? answer(200) : script.removeFirst();
    if (next instanceof IOException failure) {
      throw failure;
    }
    responses.add((FakeResponse) next);
    return (FakeResponse) next;
  }

  private static String text(ClientHttpResponse response) throws IOException {
    return new String(response.getBody().readAllBytes(), StandardCharsets.UTF_8);
  }

  private CircuitBreakerState state() {
    return resilience
        .policies()
        .keyedCircuitBreakers()
        .iterator()
        .next()
        .forKey(ORIGIN)
        .state();
  }

  private long failures() {
    return resilience
        .policies()
        .keyedCircuitBreakers()
        .iterator()
        .next()
        .totals()
        .failures();
  }

  @Test
  void execute_success_isPassedOnOpen() throws Exception {
    ClientHttpResponse response = send(builder(), HttpMethod.GET);

    assertThat(response).isSameAs(responses.get(0));
    assertThat(responses.get(0).isClosed).isFalse();
    assertThat(text(response)).isEqualTo("body of 200");
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 502, 503, 504})
  void execute_transientStatus_isRetriedAndClosed(int status) throws Exception {
    answers(answer(status));

    ClientHttpResponse response = send(builder(), HttpMethod.GET);

    assertThat(response.getStatusCode()).isEqualTo(HttpStatus.OK);
    assertThat(responses).extracting(each -> each.isClosed).containsExactly(true, false);
    assertThat(failures()).isZero();
  }

  @Test
  void execute_attemptsExhausted_returnsLastAnswerWhole() throws Exception {
    answers(answer(500), answer(502), answer(503), answer(504));

    ClientHttpResponse response = send(builder(), HttpMethod.GET);

    assertThat(response.getStatusCode().value()).isEqualTo(504);
    assertThat(text(response)).isEqualTo("body of 504");
    response.close();
    assertThat(responses).hasSize(4).allMatch(each -> each.isClosed);
    assertThat(failures()).isEqualTo(1); // a call is one outcome
  }

  @Test
  void execute_heldBodyLongerThanHeld_isReturnedWhole() throws Exception {
    String longBody = "x".repeat(HeldResponse.MOST_BYTES + 10);
    answers(new FakeResponse(503, longBody));

    ClientHttpResponse response = send(
        builder()
            .retry(RetryPresets.http().toBuilder()
                .maxDuration(Duration.ofMillis(1))
                .build()),
        HttpMethod.GET);

    assertThat(sent).hasSize(1);
    assertThat(responses.get(0).isClosed).isFalse();
    assertThat(text(response)).isEqualTo(longBody);
    response.close();
    assertThat(responses.get(0).isClosed).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PATCH"})
  void execute_notIdempotent_isNeverRepeated(String method) throws Exception {
    answers(answer(503));

    ClientHttpResponse response = send(builder(), HttpMethod.valueOf(method));

    assertThat(response.getStatusCode().value()).isEqualTo(503);
    assertThat(text(response)).isEqualTo("body of 503");
    assertThat(sent).hasSize(1);
    assertThat(failures()).isEqualTo(1);

    answers(new ConnectException("refused"));
    assertThatThrownBy(() -> send(builder(), HttpMethod.valueOf(method)))
        .isInstanceOf(ConnectException.class);
    assertThat(sent).hasSize(2);
  }

  @Test
  void execute_idempotencyKey_isRepeated() throws Exception {
    answers(answer(503));
    ClientHttpRequest request = request(builder().build(), HttpMethod.POST);
    request.getHeaders().add("Idempotency-Key", "1");

    assertThat(request.execute().getStatusCode().value()).isEqualTo(200);
    assertThat(sent).hasSize(2);
  }

  @Test
  void execute_clientError_isNeitherRetriedNorCounted() throws Exception {
    answers(answer(404));

    assertThat(send(builder(), HttpMethod.GET).getStatusCode().value()).isEqualTo(404);
    assertThat(sent).hasSize(1);
    assertThat(failures()).isZero();
  }

  @Test
  void execute_clientErrorRecorded_isCountedAndNotRetried() throws Exception {
    answers(answer(404));

    ClientHttpResponse response = send(builder().recordClientErrors(true), HttpMethod.GET);

    assertThat(text(response)).isEqualTo("body of 404");
    assertThat(sent).hasSize(1);
    assertThat(failures()).isEqualTo(1);
  }

  @Test
  void execute_networkFailure_isRetried() throws Exception {
    answers(new ConnectException("refused"), new ConnectException("refused"));

    assertThat(send(builder(), HttpMethod.GET).getStatusCode().value()).isEqualTo(200);
    assertThat(sent).hasSize(3);
  }

  @Test
  void execute_mistakeOfTheCaller_isNeitherRetriedNorCounted() {
    HttpProtection protection = builder().build();
    assertThatThrownBy(() -> request(protection, HttpMethod.GET, request -> {
              sent.add(request);
              throw new IllegalArgumentException("invalid header");
            })
            .execute())
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(sent).hasSize(1);
    assertThat(failures()).isZero();
  }

  @Test
  void execute_retryAfter_isTheLeastDelay() throws Exception {
    answers(answer(503).with("Retry-After", "17"));
    List<RetryEvent> events = new ArrayList<>();
    HttpProtection protection = builder().build();
    resilience.retry("http").subscribe(events::add);
    send(protection, HttpMethod.GET);
    time.runPending();

    assertThat(events.get(0).delay()).isGreaterThanOrEqualTo(Duration.ofSeconds(17));
    assertThat(HttpFailures.standard().status(events.get(0).failure())).hasValue(503);
  }

  @Test
  void execute_breakerOpens_rejectsWithoutSending() throws Exception {
    for (int i = 0; i < 3; i++) {
      answers(answer(503));
      send(builder(), HttpMethod.POST).close();
    }
    assertThat(state()).isEqualTo(CircuitBreakerState.OPEN);

    assertThatThrownBy(() -> send(builder(), HttpMethod.GET))
        .isInstanceOf(CallNotPermittedException.class);
    assertThat(sent).hasSize(3);
    assertThat(responses).allMatch(each -> each.isClosed);
  }

  @Test
  void execute_answer429_pausesLimiter() throws Exception {
    var limiter = resilience.rateLimiter("http", c -> c.limit(100).period(Duration.ofSeconds(1)));
    answers(answer(429).with("Retry-After", "60"));

    send(builder().rateLimiter(limiter).noRetry(), HttpMethod.GET).close();

    assertThatThrownBy(() -> send(builder().rateLimiter(limiter).noRetry(), HttpMethod.GET))
        .isInstanceOf(RateLimitExceededException.class);
    assertThat(sent).hasSize(1);
  }

  @Test
  void execute_retryAfterOfAnotherStatus_pausesNothing() throws Exception {
    var limiter = resilience.rateLimiter("http", c -> c.limit(100).period(Duration.ofSeconds(1)));
    answers(answer(202).with("Retry-After", "60"));

    send(builder().rateLimiter(limiter), HttpMethod.GET).close();

    assertThat(
            send(builder().rateLimiter(limiter), HttpMethod.GET).getStatusCode().value())
        .isEqualTo(200);
  }

  @Test
  void execute_timeoutPassed_closesLateAnswer() {
    HttpProtection protection = builder()
        .noRetry()
        .timeout(resilience.timeout("http", Duration.ofSeconds(1)))
        .build();
    FakeResponse late = answer(200);

    assertThatThrownBy(() -> request(protection, HttpMethod.GET, request -> {
              time.advance(Duration.ofSeconds(2));
              return late;
            })
            .execute())
        .isInstanceOf(TimeoutExceededException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThat(late.isClosed).isTrue();
  }

  @Test
  void execute_bodyThatCanBeWrittenOnce_isPassedOnAndNotRepeated() throws Exception {
    answers(answer(503));
    ClientHttpRequest request = request(builder().build(), HttpMethod.PUT);
    StreamingHttpOutputMessage.Body body = into -> into.write(7);
    ((StreamingHttpOutputMessage) request).setBody(body);

    assertThat(request.execute().getStatusCode().value()).isEqualTo(503);
    assertThat(sent).hasSize(1);
    assertThat(sent.get(0).body).isSameAs(body);
    assertThat(failures()).isEqualTo(1);
  }

  @Test
  void execute_repeatableBody_isWrittenByEachAttempt() throws Exception {
    answers(answer(503));
    ClientHttpRequest request = request(builder().build(), HttpMethod.PUT);
    ((StreamingHttpOutputMessage) request).setBody(new StreamingHttpOutputMessage.Body() {
      @Override
      public void writeTo(OutputStream into) throws IOException {
        into.write('7');
      }

      @Override
      public boolean repeatable() {
        return true;
      }
    });

    assertThat(request.execute().getStatusCode().value()).isEqualTo(200);
    assertThat(sent).extracting(each -> each.getBodyAsString()).containsExactly("7", "7");
  }

  @Test
  void execute_bodyWrittenByClient_isSentByEachAttempt() throws Exception {
    answers(answer(503));
    ClientHttpRequest request = request(builder().build(), HttpMethod.PUT);
    request.getBody().write("7".getBytes(StandardCharsets.UTF_8));

    assertThat(request.execute().getStatusCode().value()).isEqualTo(200);
    assertThat(sent).extracting(each -> each.getBodyAsString()).containsExactly("7", "7");
  }

  @Test
  void execute_headersAndAttributes_arePartOfEachAttempt() throws Exception {
    answers(answer(503));
    ClientHttpRequest request = request(builder().build(), HttpMethod.GET);
    request.getHeaders().addAll("Accept", List.of("text/plain", "text/html"));
    request.getAttributes().put("name", "value");

    request.execute();

    assertThat(sent).hasSize(2).allSatisfy(each -> {
      assertThat(HttpAnswerException.copyOf(each.getHeaders()).get("Accept"))
          .containsExactly("text/plain", "text/html");
      assertThat(each.getAttributes()).containsEntry("name", "value");
    });
  }

  @Test
  void execute_twice_isRejected() throws Exception {
    ClientHttpRequest request = request(builder().build(), HttpMethod.GET);
    request.execute();

    assertThatThrownBy(request::execute).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(request::getBody).isInstanceOf(IllegalStateException.class);
    assertThat(sent).hasSize(1);
  }

  @Test
  void build_sameNameOtherSettings_isRejected() {
    builder().build();
    builder().build(); // the same

    assertThatThrownBy(() -> builder().transientStatuses(Set.of(503)).build())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("http");
  }

  @Test
  void idempotentIf_throws_requestIsNotRepeated() throws IOException {
    answers(answer(503));

    ClientHttpResponse response = send(
        builder().idempotentIf((method, headers) -> {
          throw new AssertionError("broken");
        }),
        HttpMethod.GET);

    assertThat(response.getStatusCode().value()).isEqualTo(503);
    assertThat(sent).hasSize(1);
    assertThat(failures()).isEqualTo(1);
  }

  static Stream<UnaryOperator<HttpProtection.Builder>> otherRules() {
    return Stream.of(
        client -> client.recordClientErrors(true),
        client -> client.noCircuitBreaker().recordClientErrors(true),
        client -> client.noRetry().recordClientErrors(true),
        client -> client.idempotentIf((method, headers) -> true),
        client -> client.noCircuitBreaker().idempotentIf((method, headers) -> true),
        client -> client.noRetry().idempotentIf((method, headers) -> true));
  }

  @ParameterizedTest
  @MethodSource("otherRules")
  void build_sharedNameWithOtherRules_isAnError(UnaryOperator<HttpProtection.Builder> other) {
    assertThat(builder().build().name()).isEqualTo("http");
    assertThat(builder().build().name()).as("with equal rules").isEqualTo("http");

    assertThatThrownBy(() -> other.apply(builder()).build())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining(" 'http' is already declared with ");
  }

  @Test
  void retryAfterDate_opensUntilThenByTheTimeOfTheRuntime() throws IOException {
    time.startingAt(Instant.parse("2040-01-01T00:00:00Z"));
    answers(answer(503).with("Retry-After", "Sun, 01 Jan 2040 00:03:00 GMT"));
    CircuitBreakerConfig once =
        CircuitBreakerConfig.builder().failureThreshold(1).build();

    send(builder().noRetry().circuitBreaker(once), HttpMethod.GET);

    CircuitBreaker breaker =
        resilience.policies().keyedCircuitBreakers().iterator().next().forKey(ORIGIN);
    assertThat(breaker.snapshot().cooldown()).isEqualTo(Duration.ofMinutes(3));
  }
}
