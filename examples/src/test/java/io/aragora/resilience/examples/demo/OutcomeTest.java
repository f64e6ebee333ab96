package io.aragora.resilience.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OutcomeTest {
  private static final CallNotPermittedException REJECTION = new CallNotPermittedException(
      "upstream", CircuitBreakerState.OPEN, TransitionCause.FAILURE_THRESHOLD, 1);

  private static final TimeoutExceededException TIMEOUT =
      new TimeoutExceededException("upstream", Duration.ofMillis(1), null);

  @Test
  void of_rejection_isRejected() {
    assertThat(Outcome.of(REJECTION)).isEqualTo(Outcome.REJECTED);
    assertThat(Outcome.of(new IOException(REJECTION))).isEqualTo(Outcome.REJECTED);
  }

  @Test
  void of_timeout_isTimedOut() {
    assertThat(Outcome.of(TIMEOUT)).isEqualTo(Outcome.TIMED_OUT);
    Throwable ofClient = new HttpTimeoutException("slow").initCause(TIMEOUT);
    assertThat(Outcome.of(ofClient)).isEqualTo(Outcome.TIMED_OUT);
  }

  @Test
  void of_anythingElse_isFailed() {
    assertThat(Outcome.of(new IOException("503"))).isEqualTo(Outcome.FAILED);
    assertThat(Outcome.of(new IOException(new IllegalStateException()))).isEqualTo(Outcome.FAILED);
  }

  @Test
  void of_response_isByItsStatus() throws Exception {
    try (Upstream upstream = Upstream.start(Duration.ofMillis(1))) {
      assertThat(Outcome.of(response(upstream))).isEqualTo(Outcome.SERVED);
      upstream.become(Upstream.Mode.FAILING);
      assertThat(Outcome.of(response(upstream))).isEqualTo(Outcome.FAILED);
    }
  }

  private static HttpResponse<Void> response(Upstream upstream) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(upstream.uri()).build(), BodyHandlers.discarding());
  }
}
