package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/**
 * The story after a run that was killed while its breaker was open: the breaker is still open, rejects calls, and then
 * recovers.
 */
final class Aftermath implements Story {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final SavedBreaker left;

  Aftermath(SavedBreaker left) {
    this.left = left;
  }

  @Override
  public void play(Stage stage, Verdict verdict) throws IOException, InterruptedException {
    String runtime = stage.openClient().name();
    CircuitBreakerSnapshot restored = stage.breaker().snapshot();
    stage
        .view()
        .print("A new runtime, " + runtime + ", is open on it: the breaker is "
            + Figures.state(restored) + " (" + Figures.reason(restored)
            + "), and nothing was called yet.");
    if (isStillOpen()) {
      Outcome first = stage.client().call();
      verdict.claim(
          "still open after the kill",
          restored.state() == CircuitBreakerState.OPEN
              && restored.remainingCooldown().compareTo(restored.cooldown()) <= 0
              && first == Outcome.REJECTED,
          Figures.seconds(restored.remainingCooldown()) + " of the cooldown left, first call "
              + first.name().toLowerCase(Locale.ROOT));
    } else {
      verdict.claim(
          "ready to probe after the kill",
          restored.state().code() != CircuitBreakerState.CLOSED.code(),
          "the cooldown was over, the breaker came back " + Figures.state(restored));
    }
    stage.startLoad();
    boolean closed = stage.playUntil(
        "aftermath",
        "the upstream is healthy",
        () -> stage.breaker().state() == CircuitBreakerState.CLOSED,
        restored.remainingCooldown().plus(PATIENCE));
    stage.stopLoad();
    stage.view().settle();
    verdict.claim("recovered after the kill", closed, "closed by its probes");
  }

  /** With a margin for the time between this reading and the call. */
  private boolean isStillOpen() {
    Instant until = left.openUntil();
    return until != null && Instant.now().plusSeconds(1).isBefore(until);
  }
}
