package io.aragora.resilience.internal;

/** Untrusted text for a log line: it cannot end the line, and its length is bounded. Stateless and thread-safe. */
public final class OneLine {
  private OneLine() {}

  /**
   * Replaces control characters and line separators by question marks.
   *
   * @param text the text
   * @param most the number of characters to keep
   * @return the line, with three dots if the text was longer
   */
  public static String of(String text, int most) {
    String kept = text.length() <= most ? text : text.substring(0, most) + "...";
    return kept.replaceAll("[\\p{Cntrl}\\u0080-\\u009f\\u2028\\u2029]", "?");
  }
}
