package io.aragora.resilience.core.recording;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A separate process in which every event occurs that would be recorded. */
public final class WithoutRecorder {
  private WithoutRecorder() {}

  /**
   * Prints whether there is a recorder, and "done".
   *
   * @param args none
   */
  public static void main(String[] args) {
    System.out.println(
        "recorder module: " + ModuleLayer.boot().findModule("jdk.jfr").isPresent());
    System.out.println("module: " + FlightRecording.class.getModule().isNamed());
    try (Resilience resilience = Resilience.create()) {
      CircuitBreaker breaker = resilience.circuitBreaker("b");
      breaker.forceOpen();
      System.out.println("rejected: " + breaker.tryCall(() -> "x").isRejected());
      RetryConfig twice = RetryConfig.builder()
          .maxAttempts(2)
          .backoff(Backoff.constant(Duration.ofMillis(1)))
          .retryResultIf(result -> true)
          .build();
      resilience.retry("r", twice).call(() -> "rejected");
      try {
        resilience
            .timeout("t", Duration.ofMillis(1))
            .callAsync(CompletableFuture::new)
            .join();
      } catch (CompletionException e) {
        System.out.println("timed out: " + (e.getCause() instanceof TimeoutExceededException));
      }
      FlightRecording.storeFailure("r", "l", "save", new IllegalStateException());
      System.out.println("done");
    }
  }
}
