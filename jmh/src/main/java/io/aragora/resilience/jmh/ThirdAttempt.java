package io.aragora.resilience.jmh;

import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A body of one thread that is not good before its third attempt, again and again. */
@State(Scope.Thread)
public class ThirdAttempt {
  static final int ATTEMPTS = 3;
  static final Integer REFUSED = -1;

  /** Without a stack trace, and made once: else making it would be most of what is measured. */
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
   * Gives what is refused twice.
   *
   * @return a value, the third time
   */
  final Integer refused() {
    return isThird() ? 42 : REFUSED;
  }

  private boolean isThird() {
    attempt = attempt == ATTEMPTS ? 1 : attempt + 1;
    return attempt == ATTEMPTS;
  }
}
