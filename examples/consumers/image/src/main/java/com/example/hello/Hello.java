package com.example.hello;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.retry.Retry;
import java.util.concurrent.TimeUnit;

/** One call on the caller's thread, and one on a thread of the runtime. */
public final class Hello {
  private Hello() {}

  public static void main(String[] arguments) throws Exception {
    try (Resilience resilience = Resilience.create()) {
      CircuitBreaker breaker = resilience.circuitBreaker("greetings");
      Retry retry = resilience.retry("greetings");
      System.out.println(
          breaker.call(() -> "hello from " + resilience.getClass().getModule()));
      System.out.println(retry
          .submit(() -> "hello again, " + breaker.state(), Runnable::run)
          .get(10, TimeUnit.SECONDS));
    }
  }
}
