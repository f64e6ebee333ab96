package io.aragora.resilience.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UpstreamTest {
  private final HttpClient http = HttpClient.newHttpClient();
  private Upstream upstream;

  @BeforeEach
  void start() throws IOException {
    upstream = Upstream.start(Duration.ofMillis(1));
  }

  @AfterEach
  void close() {
    upstream.close();
  }

  private HttpCall call() {
    return new HttpCall(http, HttpRequest.newBuilder(upstream.uri()).build());
  }

  @Test
  void call_healthy_isAnswered() throws Exception {
    HttpCall call = call();

    assertThat(call.send()).isEqualTo(200);
    assertThat(call.sendAsync().toCompletableFuture().join()).isEqualTo(200);
    assertThat(call.attempts()).isEqualTo(2);
  }

  @Test
  void call_slow_isAnsweredAllTheSame() throws Exception {
    upstream.become(Upstream.Mode.SLOW);

    assertThat(call().send()).isEqualTo(200);
  }

  @Test
  void call_failing_isAnException() {
    upstream.become(Upstream.Mode.FAILING);
    HttpCall call = call();

    assertThatIOException().isThrownBy(call::send).withMessage(upstream.uri() + " answered 503");
    assertThat(call.sendAsync().toCompletableFuture())
        .failsWithin(Duration.ofSeconds(10))
        .withThrowableThat()
        .withCauseInstanceOf(IOException.class);
  }

  @Test
  void call_closedUpstream_isRefused() {
    upstream.close();

    assertThatIOException().isThrownBy(call()::send);
  }
}
