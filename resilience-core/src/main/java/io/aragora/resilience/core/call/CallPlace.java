package io.aragora.resilience.core.call;

/**
 * Where a call stands, in one word, so that no frame and no context is larger for it: the number of the attempt of the nearest
 * retry, whether a hedge is around, and whether the call is a further attempt of that.
 */
final class CallPlace {
  private static final int HEDGED = 1 << 30;
  private static final int HEDGE = 1 << 29;
  private static final int MARKS = HEDGED | HEDGE;
  private static final int MOST = HEDGE - 1;

  private CallPlace() {}

  /** Returns the number of the attempt; 0 if there is no retry around. */
  static int attempt(int place) {
    return place & ~MARKS;
  }

  static boolean isHedged(int place) {
    return (place & HEDGED) != 0;
  }

  static boolean isHedge(int place) {
    return (place & HEDGE) != 0;
  }

  static int atAttempt(int place, int attempt) {
    return (place & MARKS) | Math.min(attempt, MOST);
  }

  static int inHedge(int place, boolean isHedge) {
    return attempt(place) | (isHedge ? MARKS : HEDGED);
  }
}
