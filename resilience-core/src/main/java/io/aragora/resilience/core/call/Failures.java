package io.aragora.resilience.core.call;

import io.aragora.resilience.CallInterruptedException;
import io.aragora.resilience.ResilienceClosedException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** What kind of failure a throwable is. */
public final class Failures {
  private Failures() {}

  /**
   * Takes off what futures wrap around a failure.
   *
   * @param failure a failure, or null
   * @return the failure inside, or null
   */
  public static @Nullable Throwable unwrap(@Nullable Throwable failure) {
    Throwable inner = failure;
    while ((inner instanceof CompletionException || inner instanceof ExecutionException)
        && inner.getCause() != null) {
      inner = inner.getCause();
    }
    return inner;
  }

  /**
   * Tells whether a call was stopped, rather than failed: cancelled, interrupted, or its runtime closed.
   *
   * @param failure the failure
   * @return whether it says nothing about the dependency
   */
  public static boolean isStopped(Throwable failure) {
    return failure instanceof InterruptedException
        || failure instanceof CancellationException
        || failure instanceof CallInterruptedException
        || failure instanceof ResilienceClosedException
        || failure instanceof ClosedByInterruptException
        || (failure instanceof InterruptedIOException
            && !(failure instanceof SocketTimeoutException));
  }
}
