package io.aragora.resilience.internal;

/** Text of a stranger as a part of a line of a log: it cannot end the line, and it is short. Stateless and thread-safe. */
public final class OneLine {
  private OneLine() {}

  /**
   * Replaces control characters and line separators by question marks.
   *
   * @param text the text
   * @param most how many characters are kept
   * @return the line, with three dots if the text was longer
   */
  public static String of(String text, int most) {
    String kept = text.length() <= most ? text : text.substring(0, most) + "...";
    return kept.replaceAll("[\\p{Cntrl}\\u0080-\\u009f\\u2028\\u2029]", "?");
  }
}
