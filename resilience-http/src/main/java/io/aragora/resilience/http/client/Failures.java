package io.aragora.resilience.http.client;

import io.aragora.resilience.internal.RejectedIOException;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.policy.ResilienceException;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Translates rejections and timeouts into the exceptions of an {@link java.net.http.HttpClient}. */
final class Failures {
  private Failures() {}

  /** Returns the exception for a rejection or a timeout of a policy; other failures are returned unchanged. */
  static Throwable ofClient(Throwable failure) {
    if (failure instanceof TimeoutExceededException) {
      HttpTimeoutException timeout = new HttpTimeoutException(failure.getMessage());
      timeout.initCause(failure);
      return timeout;
    }
    if (failure instanceof CallRejectedException rejection) {
      return new RejectedIOException(rejection);
    }
    return failure instanceof ResilienceException
        ? new IOException(failure.getMessage(), failure)
        : failure;
  }

  static @Nullable Throwable unwrapped(@Nullable Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** Throws a declared or an unchecked exception. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  static <X extends Throwable> X as(Throwable failure) throws X {
    throw (X) failure;
  }
}
