package io.aragora.resilience.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OutcomeTest {
  private static final CallNotPermittedException REFUSAL = new CallNotPermittedException(
      "upstream", CircuitBreakerState.OPEN, TransitionCause.FAILURE_THRESHOLD, 1);

  @Test
  void of_refusalBeforeAnythingWasSent_isRejected() {
    assertThat(Outcome.of(REFUSAL, 0)).isEqualTo(Outcome.REJECTED);
  }

  @Test
  void of_refusalOfTheSecondAttempt_isFailed() {
    assertThat(Outcome.of(REFUSAL, 1)).isEqualTo(Outcome.FAILED);
  }

  @Test
  void of_timeout_isTimedOut() {
    assertThat(Outcome.of(new TimeoutExceededException("upstream", Duration.ofMillis(1), null), 3))
        .isEqualTo(Outcome.TIMED_OUT);
  }

  @Test
  void of_anythingElse_isFailed() {
    assertThat(Outcome.of(new IOException("503"), 3)).isEqualTo(Outcome.FAILED);
  }
}
