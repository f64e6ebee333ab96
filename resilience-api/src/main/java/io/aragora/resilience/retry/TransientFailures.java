package io.aragora.resilience.retry;

import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/**
 * Matches failures that another attempt may avoid: connections, timeouts and rejections, but not a missing or
 * forbidden file, and not a programming error.
 */
final class TransientFailures implements Predicate<Throwable> {
  static final TransientFailures INSTANCE = new TransientFailures();

  private TransientFailures() {}

  @Override
  public boolean test(Throwable failure) {
    if (failure instanceof IOException || failure instanceof UncheckedIOException) {
      Throwable io = failure instanceof UncheckedIOException ? failure.getCause() : failure;
      return !(io instanceof FileNotFoundException
          || io instanceof NoSuchFileException
          || io instanceof AccessDeniedException
          || io instanceof FileAlreadyExistsException);
    }
    return failure instanceof TimeoutException
        || failure instanceof TimeoutExceededException
        || failure instanceof CallRejectedException;
  }

  @Override
  public String toString() {
    return "transientFailures";
  }
}
