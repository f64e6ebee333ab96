package io.aragora.resilience.guards;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.CheckedRunnable;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * A program that makes the first protected call of each kind, for {@link StartTest}. With an argument it makes none. It has
 * no lambda, so each one that is loaded is the library's.
 */
final class FirstCalls {
  private static final CompletableFuture<String> STAGE = CompletableFuture.completedFuture("");

  private FirstCalls() {}

  private static final class Body
      implements CheckedRunnable<RuntimeException>, Supplier<CompletionStage<String>> {
    @Override
    public void run() {}

    @Override
    public CompletionStage<String> get() {
      return STAGE;
    }
  }

  public static void main(String[] arguments) {
    if (arguments.length == 0) {
      Body body = new Body();
      Resilience resilience = Resilience.create();
      resilience.circuitBreaker("first").run(body);
      resilience.retry("first").run(body);
      resilience.timeout("first", Duration.ofSeconds(10)).callAsync(body).join();
    }
    // Without closing, which is no part of a start.
    Runtime.getRuntime().halt(0);
  }
}
