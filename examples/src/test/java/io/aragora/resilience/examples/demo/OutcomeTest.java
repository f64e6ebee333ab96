package io.aragora.resilience.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OutcomeTest {
  private static final CallNotPermittedException REFUSAL = new CallNotPermittedException(
      "upstream", CircuitBreakerState.OPEN, TransitionCause.FAILURE_THRESHOLD, 1);

  private Upstream upstream;
  private HttpCall call;

  @BeforeEach
  void start() throws IOException {
    upstream = Upstream.start(Duration.ofMinutes(1));
    call = new HttpCall(
        HttpClient.newHttpClient(), HttpRequest.newBuilder(upstream.uri()).build());
  }

  @AfterEach
  void close() {
    upstream.close();
  }

  @Test
  void of_refusalBeforeAnythingWasSent_isRejected() {
    assertThat(Outcome.of(REFUSAL, call)).isEqualTo(Outcome.REJECTED);
  }

  @Test
  void of_refusalAfterAFailedAttempt_isFailed() {
    upstream.become(Upstream.Mode.FAILING);
    assertThatIOException().isThrownBy(call::send);

    assertThat(Outcome.of(REFUSAL, call)).isEqualTo(Outcome.FAILED);
  }

  @Test
  void of_refusalAfterAnInterruptedAttempt_isTimedOut() {
    upstream.become(Upstream.Mode.SLOW);
    Thread.currentThread().interrupt();
    assertThatExceptionOfType(InterruptedException.class).isThrownBy(call::send);

    assertThat(Outcome.of(REFUSAL, call)).isEqualTo(Outcome.TIMED_OUT);
  }

  @Test
  void of_refusalAfterACancelledAttempt_isTimedOut() {
    upstream.become(Upstream.Mode.SLOW);
    assertThat(call.sendAsync().toCompletableFuture().cancel(true)).isTrue();

    assertThat(Outcome.of(REFUSAL, call)).isEqualTo(Outcome.TIMED_OUT);
  }

  @Test
  void of_timeout_isTimedOut() {
    assertThat(
            Outcome.of(new TimeoutExceededException("upstream", Duration.ofMillis(1), null), call))
        .isEqualTo(Outcome.TIMED_OUT);
  }

  @Test
  void of_anythingElse_isFailed() {
    assertThat(Outcome.of(new IOException("503"), call)).isEqualTo(Outcome.FAILED);
  }
}
