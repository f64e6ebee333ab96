package io.aragora.resilience.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;

/** Checks texts that an operator sees. Stateless. */
public final class Shown {
  private static final Pattern BREAKS_A_LINE =
      Pattern.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]");

  private Shown() {}

  /**
   * Checks that a text cannot end its line in a log, and that a stranger cannot make it longer than is useful.
   *
   * @param text the text
   * @param most the largest number of characters
   */
  public static void isOneLine(String text, int most) {
    assertThat(text).isNotBlank().doesNotContainPattern(BREAKS_A_LINE);
    assertThat(text.length()).as("length of %s", text).isLessThanOrEqualTo(most);
    assertThat(hasHalfPair(text)).as("half of a surrogate pair in %s", text).isFalse();
  }

  /**
   * Returns whether a text has half of a surrogate pair, which has no bytes in UTF-8.
   *
   * @param text the text
   * @return whether it has
   */
  public static boolean hasHalfPair(String text) {
    return text.codePoints()
        .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }
}
