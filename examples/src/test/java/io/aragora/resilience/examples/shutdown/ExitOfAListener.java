package io.aragora.resilience.examples.shutdown;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import java.io.IOException;
import java.time.Duration;

/** An application whose listener ends the process when a breaker opens, while a call hangs. */
final class ExitOfAListener {
  static final String EXITING = "exiting";

  private ExitOfAListener() {}

  public static void main(String[] arguments) throws InterruptedException {
    Resilience resilience = Resilience.builder()
        .stateStore(arguments[0])
        .saveInterval(Duration.ofDays(1))
        .closeOnShutdown(true)
        .build();
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(1));
    breaker.subscribe(change -> {
      System.out.println(EXITING);
      System.exit(3);
    });
    breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
    Thread.currentThread().join();
  }
}
