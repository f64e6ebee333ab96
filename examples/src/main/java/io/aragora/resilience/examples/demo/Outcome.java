package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.policy.ResilienceException;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.net.http.HttpResponse;

/** The outcome of a call for the caller. */
enum Outcome {
  /** With an answer below 500. */
  SERVED("served"),
  /** With an error, or an answer of 500 and above, after every attempt. */
  FAILED("failed"),
  /** The last attempt took too long. */
  TIMED_OUT("timed out"),
  /** The breaker rejected it before a request was sent. */
  REJECTED("rejected");

  private static final int FIRST_SERVER_ERROR = 500;

  private final String text;

  Outcome(String text) {
    this.text = text;
  }

  /** Classifies the response of a call's last attempt. */
  static Outcome of(HttpResponse<?> response) {
    return response.statusCode() < FIRST_SERVER_ERROR ? SERVED : FAILED;
  }

  /** Classifies a failure, which the HTTP client has wrapped in an exception of its own kind. */
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
