package io.aragora.resilience.health;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * Finds out how well something is. Called on a background thread, without the context of who asked, and not by two at once;
 * may block up to its timeout, and is interrupted then.
 */
@FunctionalInterface
public interface HealthCheck {
  /**
   * Looks.
   *
   * @return what it found
   * @throws Exception for any failure, which is reported as {@link HealthStatus#UNHEALTHY} with its message
   */
  HealthResult check() throws Exception;

  /**
   * Makes a check of one that answers later. A thread waits for the answer; at the timeout it is cancelled.
   *
   * @param check starts to look
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
