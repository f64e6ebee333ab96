package io.aragora.resilience.health.server;

import java.io.IOException;

/** Ends the reading of a request that is not one, with what is answered. Without a stack trace, since strangers cause it. */
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
