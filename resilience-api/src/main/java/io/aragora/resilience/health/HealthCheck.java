package io.aragora.resilience.health;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * Determines the health of a component. Runs on a background thread, without the context of the caller, and never twice
 * at once. It may block up to its timeout and is interrupted then.
 */
@FunctionalInterface
public interface HealthCheck {
  /**
   * Runs the check.
   *
   * @return the result
   * @throws Exception for any failure, which is reported as {@link HealthStatus#UNHEALTHY} with its message
   */
  HealthResult check() throws Exception;

  /**
   * Creates a check from an asynchronous one. A thread waits for the answer, which is cancelled at the timeout.
   *
   * @param check starts the check
   * @return a check that waits for it
   */
  static HealthCheck async(Supplier<? extends CompletionStage<HealthResult>> check) {
    Objects.requireNonNull(check, "check");
    return () -> {
      CompletableFuture<HealthResult> answer = check.get().toCompletableFuture();
      try {
        return answer.get();
      } catch (InterruptedException e) {
        answer.cancel(true);
        throw e;
      } catch (ExecutionException e) {
        Throwable failure = e.getCause();
        if (failure instanceof CompletionException && failure.getCause() != null) {
          failure = failure.getCause();
        }
        if (failure instanceof Exception exception) {
          throw exception;
        }
        throw e;
      }
    };
  }
}
