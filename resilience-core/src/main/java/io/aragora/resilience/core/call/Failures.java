package io.aragora.resilience.core.call;

import io.aragora.resilience.internal.RejectedIOException;
import io.aragora.resilience.policy.CallRejectedException;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Functions on failures. */
public final class Failures {
  /** The largest number of earlier failures that are attached to the last one. */
  public static final int MAX_SUPPRESSED = 8;

  private static final int LONGEST_CHAIN = 64;

  private Failures() {}

  /**
   * Attaches an earlier failure to the one that is thrown in the end. A failure is never attached
   * to itself, nor twice, nor beyond {@link #MAX_SUPPRESSED}: one thrown object may serve all calls
   * and would otherwise hold ever more failures.
   *
   * @param thrown the failure that is thrown
   * @param earlier an earlier failure
   */
  public static void suppress(Throwable thrown, Throwable earlier) {
    Throwable[] present = thrown.getSuppressed();
    if (thrown != earlier && present.length < MAX_SUPPRESSED && !contains(present, earlier)) {
      thrown.addSuppressed(earlier);
    }
  }

  /**
   * Returns what the application makes of a failure of the library.
   *
   * @param failure the failure
   * @param mapException the function of the application; null if it has none
   * @param <F> the type of the failure
   * @return what the function returns; if it throws or returns null, the failure itself, in which
   *     that is suppressed
   */
  public static <F extends RuntimeException> RuntimeException mapped(
      F failure, @Nullable Function<? super F, ? extends RuntimeException> mapException) {
    if (mapException == null) {
      return failure;
    }
    try {
      return Objects.requireNonNull(mapException.apply(failure), "mapException returned null");
    } catch (Throwable e) {
      suppress(failure, e);
      return failure;
    }
  }

  /**
   * Returns whether an array contains an object, compared by identity.
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
   * Returns the failure inside the wrappers that futures add.
   *
   * @param failure a failure
   * @return the innermost failure that is not a wrapper
   */
  public static Throwable unwrap(Throwable failure) {
    Throwable inner = failure;
    // Causes may form a cycle, so the depth is bounded.
    for (int depth = 0; depth < LONGEST_CHAIN && isWrapper(inner); depth++) {
      Throwable cause = causeOf(inner);
      if (cause == null) {
        break;
      }
      inner = cause;
    }
    return inner;
  }

  /**
   * Returns the rejection that a failure is, or that the library has wrapped.
   *
   * @param failure a failure, with or without the wrappers that futures add
   * @return the rejection; null if no policy rejected the call
   */
  public static @Nullable CallRejectedException rejectionIn(@Nullable Throwable failure) {
    if (failure == null) {
      return null;
    }
    Throwable own = unwrap(failure);
    Throwable found = own instanceof RejectedIOException ? own.getCause() : own;
    return found instanceof CallRejectedException rejection ? rejection : null;
  }

  private static boolean isWrapper(Throwable failure) {
    return failure instanceof CompletionException || failure instanceof ExecutionException;
  }

  /**
   * Returns the cause of a failure. A class of the application may override the method and throw.
   *
   * @param failure the failure
   * @return its cause; null if there is none, or if {@code getCause} throws
   */
  static @Nullable Throwable causeOf(Throwable failure) {
    try {
      return failure.getCause();
    } catch (Throwable ignored) {
      return null;
    }
  }
}
