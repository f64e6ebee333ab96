package io.aragora.resilience.http.client;

import io.aragora.resilience.ResilienceException;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Says what a policy did in the terms that users of an {@link java.net.http.HttpClient} know. */
final class Failures {
  private Failures() {}

  /** Gives the exception behind a refusal or a timeout of ours; anything else is given back as it is. */
  static Throwable ofClient(Throwable failure) {
    if (failure instanceof TimeoutExceededException) {
      HttpTimeoutException timeout = new HttpTimeoutException(failure.getMessage());
      timeout.initCause(failure);
      return timeout;
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

  /** Throws what a method declares, or what it need not declare. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  static <X extends Throwable> X as(Throwable failure) throws X {
    throw (X) failure;
  }
}
