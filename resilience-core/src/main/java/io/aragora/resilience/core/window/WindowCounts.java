package io.aragora.resilience.core.window;

/**
 * What a window held at one instant.
 *
 * @param calls calls
 * @param failures failures among them
 * @param slowCalls slow ones among them
 */
public record WindowCounts(long calls, long failures, long slowCalls) {
  /** Nothing counted. */
  public static final WindowCounts NONE = new WindowCounts(0, 0, 0);
}
