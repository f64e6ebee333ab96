package io.aragora.resilience.core.call;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** What kind of failure a throwable is. */
public final class Failures {
  /** How many earlier failures go with the last one. */
  public static final int MAX_SUPPRESSED = 8;

  private static final int LONGEST_CHAIN = 64;

  private Failures() {}

  /**
   * Attaches an earlier failure to what is thrown in the end: never one to itself, none twice, and none where there are as
   * many as are kept. What is thrown may be one object for all calls, which would hold ever more of them.
   *
   * @param thrown what is thrown
   * @param earlier what went before
   */
  public static void suppress(Throwable thrown, Throwable earlier) {
    Throwable[] present = thrown.getSuppressed();
    if (thrown != earlier && present.length < MAX_SUPPRESSED && !contains(present, earlier)) {
      thrown.addSuppressed(earlier);
    }
  }

  /**
   * Looks for an object, whatever its class thinks of equality.
   *
   * @param all failures
   * @param one a failure
   * @return whether it is among them
   */
  public static boolean contains(Throwable[] all, Throwable one) {
    for (Throwable each : all) {
      if (each == one) {
        return true;
      }
    }
    return false;
  }

  /**
   * Takes off what futures wrap around a failure.
   *
   * @param failure a failure
   * @return the failure inside
   */
  public static Throwable unwrap(Throwable failure) {
    Throwable inner = failure;
    // Causes may form a circle, so there is an end to it.
    for (int depth = 0; depth < LONGEST_CHAIN && isWrapper(inner); depth++) {
      Throwable cause = causeOf(inner);
      if (cause == null) {
        break;
      }
      inner = cause;
    }
    return inner;
  }

  private static boolean isWrapper(Throwable failure) {
    return failure instanceof CompletionException || failure instanceof ExecutionException;
  }

  /**
   * Returns the cause of a failure. A class of the application may compute it, and throw.
   *
   * @param failure the failure
   * @return its cause; null if there is none, or if it cannot be had
   */
  static @Nullable Throwable causeOf(Throwable failure) {
    try {
      return failure.getCause();
    } catch (Throwable ignored) {
      return null;
    }
  }
}
