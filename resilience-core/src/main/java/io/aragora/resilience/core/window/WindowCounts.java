package io.aragora.resilience.core.window;

/**
 * The counts of a window at one instant.
 *
 * @param calls calls
 * @param failures failures among them
 * @param slowCalls slow ones among them
 * @param slowFailures failures among the slow ones
 */
public record WindowCounts(long calls, long failures, long slowCalls, long slowFailures) {
  /** Nothing counted. */
  public static final WindowCounts NONE = new WindowCounts(0, 0, 0, 0);
}
