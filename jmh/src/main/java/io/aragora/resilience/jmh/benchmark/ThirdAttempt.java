package io.aragora.resilience.jmh.benchmark;

import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A body of one thread whose every third attempt succeeds. */
@State(Scope.Thread)
public class ThirdAttempt {
  static final int ATTEMPTS = 3;
  static final Integer REJECTED = -1;

  /** Without a stack trace, and created once: otherwise its creation would dominate the measurement. */
  static final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final Failed INSTANCE = new Failed();

    private Failed() {
      super("failed", null, false, false);
    }
  }

  private int attempt;

  /**
   * Fails twice.
   *
   * @return a value, the third time
   */
  final Integer failing() {
    if (isThird()) {
      return 42;
    }
    throw Failed.INSTANCE;
  }

  /**
   * Returns a rejected value twice, then a good one.
   *
   * @return a value, the third time
   */
  final Integer rejected() {
    return isThird() ? 42 : REJECTED;
  }

  private boolean isThird() {
    attempt = attempt == ATTEMPTS ? 1 : attempt + 1;
    return attempt == ATTEMPTS;
  }
}
