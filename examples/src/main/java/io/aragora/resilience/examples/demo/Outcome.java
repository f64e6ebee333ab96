package io.aragora.resilience.examples.demo;

import io.aragora.resilience.ResilienceException;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.net.http.HttpResponse;

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

  private static final int FIRST_SERVER_ERROR = 500;

  private final String text;

  Outcome(String text) {
    this.text = text;
  }

  /** Sorts a response, which is the last of its call's attempts. */
  static Outcome of(HttpResponse<?> response) {
    return response.statusCode() < FIRST_SERVER_ERROR ? SERVED : FAILED;
  }

  /** Sorts a failure, which an HTTP client has made one of its own kind with ours as the cause. */
  static Outcome of(Throwable failure) {
    Throwable reason =
        failure instanceof IOException && failure.getCause() instanceof ResilienceException ours
            ? ours
            : failure;
    if (reason instanceof CallNotPermittedException) {
      return REJECTED;
    }
    return reason instanceof TimeoutExceededException ? TIMED_OUT : FAILED;
  }

  String text() {
    return text;
  }
}
