package io.aragora.resilience.concurrencylimit;

import io.aragora.resilience.timeout.TimeoutExceededException;
import java.net.SocketTimeoutException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Matches timeouts, and rejections by an executor. */
final class OverloadFailures implements Predicate<Throwable> {
  static final OverloadFailures INSTANCE = new OverloadFailures();

  private OverloadFailures() {}

  @Override
  public boolean test(Throwable failure) {
    return failure instanceof TimeoutExceededException
        || failure instanceof TimeoutException
        || failure instanceof SocketTimeoutException
        || failure instanceof RejectedExecutionException;
  }

  @Override
  public String toString() {
    return "overloadFailures";
  }
}
