package io.aragora.resilience.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.aragora.resilience.http.client.HttpStatusException;
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

  private StatusService service() {
    return new HttpStatusService(http, HttpRequest.newBuilder(upstream.uri()).build());
  }

  @Test
  void call_healthy_isAnswered() throws Exception {
    assertThat(service().status()).isEqualTo(200);
  }

  @Test
  void call_slow_isAnsweredAllTheSame() throws Exception {
    upstream.become(Upstream.Mode.SLOW);

    assertThat(service().status()).isEqualTo(200);
  }

  @Test
  void call_failing_isAnException() {
    upstream.become(Upstream.Mode.FAILING);

    assertThatExceptionOfType(HttpStatusException.class)
        .isThrownBy(service()::status)
        .satisfies(failure -> assertThat(failure.status()).isEqualTo(503));
  }

  @Test
  void call_closedUpstream_isRejected() {
    upstream.close();

    assertThatIOException().isThrownBy(service()::status);
  }
}
