package io.aragora.resilience.spring.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.testing.ManualTime;
import java.lang.reflect.Proxy;
import java.net.ConnectException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Every answer that the subscriber does not get is released, and the one that it gets is not. */
class WebClientTest {
  private final ManualTime time = ManualTime.create().fixedRandom(0.5);
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final Deque<Mono<ClientResponse>> script = new ArrayDeque<>();
  private final List<String> bodies = new ArrayList<>();
  private int sent;

  @AfterEach
  void close() {
    resilience.close();
  }

  /** An answer whose body says when it was read or released. */
  private ClientResponse answer(int status, String... header) {
    Flux<DataBuffer> body = Flux.defer(() -> {
      bodies.add(status + " read");
      return Flux.just(DefaultDataBufferFactory.sharedInstance.wrap(
          ("body of " + status).getBytes(StandardCharsets.UTF_8)));
    });
    ClientResponse.Builder builder =
        ClientResponse.create(HttpStatusCode.valueOf(status)).body(body);
    if (header.length > 0) {
      builder.header(header[0], header[1]);
    }
    return builder.build();
  }

  private void answers(int... statuses) {
    for (int status : statuses) {
      script.add(Mono.fromSupplier(() -> answer(status)));
    }
  }

  private Mono<ClientResponse> exchange(HttpProtection.Builder builder, ClientRequest request) {
    return new ResilientExchangeFilter(builder.build())
        .filter(
            request,
            ignored -> Mono.defer(() -> {
              sent++;
              Mono<ClientResponse> next = script.poll();
              return next == null ? Mono.fromSupplier(() -> answer(200)) : next;
            }));
  }

  private static ClientRequest request(HttpMethod method) {
    return ClientRequest.create(method, URI.create("http://shop/prices")).build();
  }

  /** Subscribes, and lets all delays pass. */
  private ClientResponse send(HttpProtection.Builder builder, ClientRequest request) {
    CompletableFuture<ClientResponse> response = exchange(builder, request).toFuture();
    time.advance(Duration.ofMinutes(10));
    assertThat(response).isDone();
    return response.join();
  }

  private HttpProtection.Builder builder() {
    return HttpProtection.builder(resilience);
  }

  private static String text(ClientResponse response) {
    return String.valueOf(response.bodyToMono(String.class).block(Duration.ofSeconds(10)));
  }

  @Test
  void filter_transientStatus_isRetriedAndReleased() {
    answers(503, 500);

    ClientResponse response = send(builder(), request(HttpMethod.GET));

    assertThat(response.statusCode().value()).isEqualTo(200);
    assertThat(sent).isEqualTo(3);
    assertThat(bodies).containsExactly("503 read", "500 read");
    assertThat(text(response)).isEqualTo("body of 200");
  }

  @Test
  void filter_attemptsExhausted_passesLastAnswerOnWhole() {
    answers(500, 502, 503, 504);

    ClientResponse response = send(builder(), request(HttpMethod.GET));

    assertThat(response.statusCode().value()).isEqualTo(504);
    assertThat(bodies).containsExactly("500 read", "502 read", "503 read");
    assertThat(text(response)).isEqualTo("body of 504");
  }

  @Test
  void filter_notIdempotent_isSentOnce() {
    answers(503);

    assertThat(text(send(builder(), request(HttpMethod.POST)))).isEqualTo("body of 503");
    assertThat(sent).isEqualTo(1);
  }

  @Test
  void filter_body_isRepeatedOnlyIfDeclaredReplayable() {
    ClientRequest put = ClientRequest.from(request(HttpMethod.PUT))
        .body(BodyInserters.fromValue("7"))
        .build();
    answers(503);
    assertThat(send(builder(), put).statusCode().value()).isEqualTo(503);
    assertThat(sent).isEqualTo(1);

    answers(503);
    ClientRequest declared = ClientRequest.from(put)
        .attribute(ResilientExchangeFilter.REPLAYABLE_BODY, true)
        .build();
    assertThat(send(builder(), declared).statusCode().value()).isEqualTo(200);
    assertThat(sent).isEqualTo(3);
  }

  @Test
  void filter_networkFailure_isRetried() {
    script.add(Mono.error(new ConnectException("refused")));

    assertThat(send(builder(), request(HttpMethod.GET)).statusCode().value()).isEqualTo(200);
    assertThat(sent).isEqualTo(2);
  }

  @Test
  void filter_breakerOpens_rejectsWithoutSending() {
    for (int i = 0; i < 3; i++) {
      answers(503);
      HttpProtection.Builder builder = builder();
      exchange(builder, request(HttpMethod.POST)).block(Duration.ofSeconds(10));
    }

    assertThatThrownBy(
            () -> exchange(builder(), request(HttpMethod.GET)).block(Duration.ofSeconds(10)))
        .isInstanceOf(CallNotPermittedException.class);
    assertThat(sent).isEqualTo(3);
  }

  @Test
  void filter_cancelledDuringDelay_releasesHeldAnswer() {
    answers(503);

    Disposable call = exchange(builder(), request(HttpMethod.GET)).subscribe();
    assertThat(bodies).isEmpty();
    call.dispose();

    assertThat(bodies).containsExactly("503 read");
    time.advance(Duration.ofMinutes(10));
    assertThat(sent).isEqualTo(1);
  }

  @Test
  void filter_cancelledWhileAnswerIsJudged_releasesIt() {
    AtomicReference<Disposable> call = new AtomicReference<>();
    Sinks.One<ClientResponse> answer = Sinks.one();
    script.add(answer.asMono());
    call.set(exchange(builder(), request(HttpMethod.GET)).subscribe());

    answer.tryEmitValue(judged(answer(503), () -> call.get().dispose()));

    assertThat(bodies).containsExactly("503 read");
  }

  @Test
  void filter_judgeThrows_releasesAnswer() {
    AssertionError foreign = new AssertionError("foreign");
    script.add(Mono.fromSupplier(() -> judged(answer(503), () -> {
      throw foreign;
    })));

    assertThatThrownBy(
            () -> exchange(builder(), request(HttpMethod.POST)).block(Duration.ofSeconds(10)))
        .cause()
        .isSameAs(foreign);
    assertThat(bodies).containsExactly("503 read");
  }

  /** An answer during whose judgement something happens. */
  private static ClientResponse judged(ClientResponse answer, Runnable meanwhile) {
    return (ClientResponse) Proxy.newProxyInstance(
        ClientResponse.class.getClassLoader(),
        new Class<?>[] {ClientResponse.class},
        (proxy, method, arguments) -> {
          if (method.getName().equals("statusCode")) {
            meanwhile.run();
          }
          return method.invoke(answer, arguments);
        });
  }

  @Test
  void filter_eachSubscription_isACall() {
    Mono<ClientResponse> call = exchange(builder(), request(HttpMethod.GET));

    call.block(Duration.ofSeconds(10));
    call.block(Duration.ofSeconds(10));

    assertThat(sent).isEqualTo(2);
    assertThat(resilience
            .policies()
            .keyedCircuitBreakers()
            .iterator()
            .next()
            .totals()
            .successes())
        .isEqualTo(2);
  }
}
