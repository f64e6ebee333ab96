package io.aragora.resilience.testing;

import org.jspecify.annotations.Nullable;

/** The failures of one advance: the first one, with later ones suppressed. Confined to the advancing thread. */
final class Failures {
  private static final int MAX_SUPPRESSED = 8;

  private @Nullable Throwable first;

  void add(Throwable failure) {
    Throwable root = first;
    if (root == null) {
      first = failure;
    } else if (root != failure && root.getSuppressed().length < MAX_SUPPRESSED) {
      root.addSuppressed(failure);
    }
  }

  void rethrow() {
    Throwable failure = first;
    if (failure instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure != null) {
      throw new IllegalStateException("a task threw a checked exception: " + failure, failure);
    }
  }
}
