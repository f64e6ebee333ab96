package io.aragora.resilience.internal;

import java.util.regex.Pattern;

/** Untrusted text for a log line or a message: it cannot end the line, and its length is bounded. Stateless and thread-safe. */
public final class OneLine {
  /** The last class is halves of surrogate pairs, which have no bytes in UTF-8. */
  private static final Pattern UNFIT =
      Pattern.compile("[\\p{Cntrl}\\u0080-\\u009f\\u2028\\u2029\\p{Cs}]");

  private OneLine() {}

  /**
   * Replaces control characters, line separators and halves of surrogate pairs by question marks.
   *
   * @param text the text
   * @param most the number of characters to keep
   * @return the line, with three dots if the text was longer
   */
  public static String of(String text, int most) {
    String kept = text.length() <= most ? text : text.substring(0, most) + "...";
    return UNFIT.matcher(kept).replaceAll("?");
  }
}
