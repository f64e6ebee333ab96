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
   * Sorts a failure. A call that was refused only at its second attempt has waited for the first, so it is no quick
   * rejection.
   *
   * @param failure what came out of the pipeline
   * @param attempts how often the upstream was called
   */
  static Outcome of(Throwable failure, int attempts) {
    if (failure instanceof CallNotPermittedException) {
      return attempts == 0 ? REJECTED : FAILED;
    }
    return failure instanceof TimeoutExceededException ? TIMED_OUT : FAILED;
  }

  String text() {
    return text;
  }
}
