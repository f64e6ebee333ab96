package io.aragora.resilience.persistence.postgresql;

import java.util.HexFormat;

/**
 * Encodes any text as text that PostgreSQL accepts and people can read. U+0000 and unpaired surrogates, which it
 * rejects, become a backslash, {@code u}, and four hexadecimal digits; a backslash becomes two.
 */
final class StoredText {
  private static final char ESCAPE = '\\';
  private static final HexFormat HEX = HexFormat.of();
  private static final int DIGITS = 4;

  private StoredText() {}

  static String encode(String text) {
    int length = text.length();
    int plain = 0;
    while (plain < length && isPlain(text, plain)) {
      plain += Character.charCount(text.codePointAt(plain));
    }
    if (plain == length) {
      return text;
    }
    StringBuilder encoded = new StringBuilder(length + DIGITS).append(text, 0, plain);
    for (int i = plain; i < length; ) {
      int codePoint = text.codePointAt(i);
      if (isPlain(text, i)) {
        encoded.appendCodePoint(codePoint);
      } else if (codePoint == ESCAPE) {
        encoded.append(ESCAPE).append(ESCAPE);
      } else {
        encoded.append(ESCAPE).append('u').append(HEX.toHexDigits((char) codePoint));
      }
      i += Character.charCount(codePoint);
    }
    return encoded.toString();
  }

  private static boolean isPlain(String text, int index) {
    int codePoint = text.codePointAt(index);
    return codePoint != ESCAPE
        && codePoint != 0
        && (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE);
  }

  /**
   * Decodes a text.
   *
   * @throws IllegalArgumentException if a backslash is followed by neither a backslash nor {@code u} and four digits
   */
  static String decode(String column, String stored) {
    int next = stored.indexOf(ESCAPE);
    if (next < 0) {
      return stored;
    }
    StringBuilder text = new StringBuilder(stored.length());
    int done = 0;
    for (; next >= 0; next = stored.indexOf(ESCAPE, done)) {
      text.append(stored, done, next);
      if (stored.startsWith("\\\\", next)) {
        text.append(ESCAPE);
        done = next + 2;
      } else if (stored.startsWith("\\u", next) && hasDigits(stored, next + 2)) {
        done = next + 2 + DIGITS;
        text.append((char) HexFormat.fromHexDigits(stored, next + 2, done));
      } else {
        throw new IllegalArgumentException(
            column + " must have a backslash or u and four digits after each backslash");
      }
    }
    return text.append(stored, done, stored.length()).toString();
  }

  private static boolean hasDigits(String text, int from) {
    int end = from;
    while (end < text.length() && end < from + DIGITS && HexFormat.isHexDigit(text.charAt(end))) {
      end++;
    }
    return end == from + DIGITS;
  }
}
