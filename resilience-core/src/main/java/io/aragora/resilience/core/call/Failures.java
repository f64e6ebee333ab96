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
  /** How many earlier failures go with the last one. */
  public static final int MAX_SUPPRESSED = 8;

  private Failures() {}

  /**
   * Attaches an earlier failure to what is thrown in the end: never one to itself, none twice, and none where there are as
   * many as are kept. What is thrown may be one object for all calls, which would hold ever more of them.
   *
   * @param thrown what is thrown
   * @param earlier what went before
   */
  public static void suppress(Throwable thrown, Throwable earlier) {
    Throwable[] present = thrown.getSuppressed();
    if (thrown != earlier && present.length < MAX_SUPPRESSED && !contains(present, earlier)) {
      thrown.addSuppressed(earlier);
    }
  }

  /**
   * Looks for an object, whatever its class thinks of equality.
   *
   * @param all failures
   * @param one a failure
   * @return whether it is among them
   */
  public static boolean contains(Throwable[] all, Throwable one) {
    for (Throwable each : all) {
      if (each == one) {
        return true;
      }
    }
    return false;
  }

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
