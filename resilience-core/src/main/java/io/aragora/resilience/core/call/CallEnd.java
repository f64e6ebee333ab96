package io.aragora.resilience.core.call;

import io.aragora.resilience.CallInterruptedException;
import io.aragora.resilience.ResilienceClosedException;
import io.aragora.resilience.internal.RejectedByExecutor;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * What ended a call that failed. Decided here and nowhere else, from facts first: which of our own failures it is, whether a deadline
 * has passed, whether the thread is interrupted. Only then by the class of the failure.
 */
public enum CallEnd {
  /** The body, by a failure of its own: the predicates of the application judge it. */
  BODY,

  /** A deadline of this runtime, which a hung dependency misses: a failure of the dependency. */
  DEADLINE,

  /** The caller, by cancelling. */
  CANCELLED,

  /** An interrupt from outside. */
  INTERRUPTED,

  /** The closing of a runtime. */
  CLOSED,

  /** An executor that did not take the body. */
  EXECUTOR;

  private static final int LONGEST_CHAIN = 16;

  /**
   * Decides for a call that ran on the calling thread, whose flag and limits are facts.
   *
   * @param failure what the call failed with, unwrapped
   * @return what ended the call
   */
  public static CallEnd ofThread(Throwable failure) {
    CallEnd own = ofOurs(failure);
    if (own != null) {
      return own;
    }
    boolean interrupted = (Thread.currentThread().isInterrupted() && !(failure instanceof Error))
        || saysInterrupted(failure);
    if (!interrupted && !saysCancelled(failure)) {
      return BODY;
    }
    if (Frame.hasThreadExpired()) {
      return DEADLINE;
    }
    return interrupted ? INTERRUPTED : CANCELLED;
  }

  /**
   * Decides for a call that a future stands for. No thread is its own, but a deadline says so by its cancellation.
   *
   * @param failure what the future failed with, unwrapped
   * @return what ended the call
   */
  public static CallEnd ofFuture(Throwable failure) {
    CallEnd own = ofOurs(failure);
    if (own != null) {
      return own;
    }
    if (saysInterrupted(failure)) {
      return INTERRUPTED;
    }
    return saysCancelled(failure) ? CANCELLED : BODY;
  }

  /**
   * Returns whether the dependency answered, or failed to: only then a further attempt or a fallback makes sense.
   *
   * @return false if the call was stopped: by its caller, an interrupt, a deadline around it, or the closing of its runtime
   */
  public boolean isUnstopped() {
    return this == BODY || this == EXECUTOR;
  }

  private static @Nullable CallEnd ofOurs(Throwable failure) {
    if (failure instanceof DeadlineCancellation) {
      return DEADLINE;
    }
    if (failure instanceof ResilienceClosedException) {
      return CLOSED;
    }
    if (failure instanceof RejectedByExecutor) {
      return EXECUTOR;
    }
    // A limit inside was reached: the predicates may ask for it, whatever happened to the thread
    // since.
    return failure instanceof TimeoutExceededException ? BODY : null;
  }

  /** Clients wrap an interrupt in an exception of their own, so its causes are looked at as well. */
  private static boolean saysInterrupted(Throwable failure) {
    Throwable each = failure;
    for (int depth = 0; each != null && depth < LONGEST_CHAIN; depth++) {
      if (each instanceof InterruptedException
          || each instanceof CallInterruptedException
          || each instanceof ClosedByInterruptException
          || isInterruptedStream(each)) {
        return true;
      }
      each = Failures.causeOf(each);
    }
    return false;
  }

  /**
   * Piped streams throw this class itself, without a message, and clear the flag. With a message, or as a subclass, HTTP clients
   * throw it for their own timeouts.
   */
  private static boolean isInterruptedStream(Throwable failure) {
    return failure.getClass() == InterruptedIOException.class && failure.getMessage() == null;
  }

  /** Coroutines have timeouts that extend the exception of cancellation; they bear it in their names only. */
  private static boolean saysCancelled(Throwable failure) {
    if (!(failure instanceof CancellationException)) {
      return false;
    }
    for (Class<?> type = failure.getClass();
        type != CancellationException.class;
        type = type.getSuperclass()) {
      if (type.getName().contains("Timeout")) {
        return false;
      }
    }
    return true;
  }
}
