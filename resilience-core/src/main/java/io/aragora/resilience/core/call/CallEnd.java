package io.aragora.resilience.core.call;

import io.aragora.resilience.internal.RejectedByExecutor;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * The cause that ended a failed call. Only this class decides it. Facts come first: which of the
 * library's failures it is, whether a deadline has passed, whether the thread is interrupted. The
 * class of the failure is used last.
 */
public enum CallEnd {
  /** The body failed by itself; the predicates of the application judge the failure. */
  BODY,

  /** A deadline of this runtime passed, which counts as a failure of the dependency. */
  DEADLINE,

  /** The caller cancelled the call. */
  CANCELLED,

  /** Application code interrupted the thread, or its call had ended without it. */
  INTERRUPTED,

  /** A runtime was closed. */
  CLOSED,

  /** An executor did not accept the body. */
  EXECUTOR;

  private static final int LONGEST_CHAIN = 16;

  /**
   * Returns the cause that ended a call on the calling thread. The thread's interrupt flag and
   * limits are known.
   *
   * @param failure the unwrapped failure of the call
   * @return the cause that ended the call
   */
  public static CallEnd ofThread(Throwable failure) {
    CallEnd own = ofOurs(failure);
    if (own != null) {
      return own;
    }
    boolean interrupted = (Thread.currentThread().isInterrupted() && !(failure instanceof Error))
        || saysInterrupted(failure);
    if (!interrupted && !saysCancelled(failure)) {
      // The body may have made a failure of its own of the interrupt.
      return Frame.hasThreadLost() && !Frame.hasThreadExpired() ? INTERRUPTED : BODY;
    }
    if (Frame.hasThreadExpired()) {
      return DEADLINE;
    }
    return interrupted ? INTERRUPTED : CANCELLED;
  }

  /**
   * Returns the cause that ended an asynchronous call. It has no thread of its own; a deadline
   * shows by the class of its cancellation.
   *
   * @param failure the unwrapped failure of the future
   * @return the cause that ended the call
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
   * Returns whether the call was not stopped. Only then a further attempt or a fallback makes
   * sense.
   *
   * @return false if the caller, an interrupt, a deadline around the call or the closing of its
   *     runtime stopped it
   */
  public boolean isUnstopped() {
    return this == BODY || this == EXECUTOR;
  }

  /**
   * Returns whether the body itself reported a cancellation. Only the class of its failure says so, so a rule of the application that
   * names such failures has the last word.
   *
   * @param failure the unwrapped failure of the body
   * @return false for every other end, and for the loser of a hedge
   */
  public boolean isCancelledByBody(Throwable failure) {
    return this == CANCELLED && !(failure instanceof HedgeCancellation);
  }

  private static boolean isTimeoutOfWait(Throwable failure) {
    return failure instanceof TimeoutExceededException exceeded
        && exceeded.getCause() instanceof RejectedByExecutor;
  }

  private static @Nullable CallEnd ofOurs(Throwable failure) {
    if (failure instanceof DeadlineCancellation) {
      return DEADLINE;
    }
    if (failure instanceof HedgeCancellation) {
      return CANCELLED;
    }
    if (failure instanceof ResilienceClosedException) {
      return CLOSED;
    }
    if (failure instanceof RejectedByExecutor || isTimeoutOfWait(failure)) {
      return EXECUTOR;
    }
    // An inner timeout fired, or a policy inside rejected the call. That stays so, whatever
    // happened to the thread since.
    return failure instanceof TimeoutExceededException || Failures.rejectionIn(failure) != null
        ? BODY
        : null;
  }

  /** Clients wrap an interrupt in their own exception, so the causes are examined, too. */
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
   * Piped streams throw exactly this class without a message, and clear the flag. HTTP clients
   * throw it with a message, or a subclass, for their own timeouts.
   */
  private static boolean isInterruptedStream(Throwable failure) {
    return failure.getClass() == InterruptedIOException.class && failure.getMessage() == null;
  }

  /** Timeout exceptions of coroutines extend the cancellation exception and differ by name only. */
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
