package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.timeout.TimeoutExceededException;

/** How a call ended for the caller. */
enum Outcome {
  /** With an answer below 500. */
  SERVED("served"),
  /** With an error, or an answer of 500 and above, after every attempt. */
  FAILED("failed"),
  /** The last attempt took too long. */
  TIMED_OUT("timed out"),
  /** The breaker refused it before anything was sent. */
  REJECTED("rejected");

  private final String text;

  Outcome(String text) {
    this.text = text;
  }

  /**
   * Sorts a failure. A call that was refused only at a later attempt was no quick rejection: it ended as the attempt before
   * did.
   *
   * @param failure what came out of the pipeline
   * @param call the call that it came from
   */
  static Outcome of(Throwable failure, HttpCall call) {
    if (failure instanceof CallNotPermittedException) {
      return call.attempts() == 0 ? REJECTED : call.wasCutShort() ? TIMED_OUT : FAILED;
    }
    return failure instanceof TimeoutExceededException ? TIMED_OUT : FAILED;
  }

  String text() {
    return text;
  }
}
