package io.aragora.resilience.health.server;

import java.io.IOException;

/** Rejects an invalid request, with the response to send. Without a stack trace, since any client can cause it. */
final class BadRequest extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient Answer answer;

  BadRequest(int status, String what) {
    super(what);
    this.answer = Answer.error(status, what);
  }

  Answer answer() {
    return answer;
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
