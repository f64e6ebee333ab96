package io.aragora.resilience.examples.shutdown;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import java.io.IOException;
import java.time.Duration;

/** An application that counts a failure and exits without closing its runtime. */
final class OrderlyExit {
  private OrderlyExit() {}

  public static void main(String[] arguments) {
    Resilience resilience = Resilience.builder()
        .stateStore(arguments[0])
        .saveInterval(Duration.ofDays(1))
        .closeOnShutdown(Boolean.parseBoolean(arguments[1]))
        .build();
    CircuitBreaker breaker = resilience.circuitBreaker("b");
    breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
    System.exit(0);
  }
}
