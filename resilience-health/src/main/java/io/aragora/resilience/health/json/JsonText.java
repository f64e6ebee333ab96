package io.aragora.resilience.health.json;

/**
 * Writes text as JSON. Beside the escapes that JSON requires, it escapes characters with a meaning in a page or log
 * that embeds the text: {@code < > &}, every control character, the two line separators that JavaScript takes for line
 * ends, and half a surrogate pair, which has no bytes in UTF-8.
 */
public final class JsonText {
  private JsonText() {}

  /**
   * Quotes a text.
   *
   * @param value any text
   * @return one line, in double quotes
   */
  public static String quoted(String value) {
    StringBuilder text = new StringBuilder(value.length() + 2);
    quote(text, value);
    return text.toString();
  }

  /**
   * Quotes a name. Unlike a value, it has no halves of surrogate pairs, not even as an escape, which parsers reject in names: a half is
   * written as the six characters of its escape.
   */
  static void quoteName(StringBuilder text, String name) {
    StringBuilder whole = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (isPair(name, i)) {
        whole.append(c).append(name.charAt(++i));
      } else if (Character.isSurrogate(c)) {
        escape(whole, c);
      } else {
        whole.append(c);
      }
    }
    quote(text, whole.toString());
  }

  static void quote(StringBuilder text, String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"', '\\' -> text.append('\\').append(c);
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        case '<', '>', '&', '\u2028', '\u2029' -> escape(text, c);
        default -> {
          if (isPair(value, i)) {
            text.append(c).append(value.charAt(++i));
          } else if (Character.isISOControl(c) || Character.isSurrogate(c)) {
            escape(text, c);
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }

  private static boolean isPair(String value, int i) {
    return i + 1 < value.length()
        && Character.isSurrogatePair(value.charAt(i), value.charAt(i + 1));
  }

  private static void escape(StringBuilder text, char c) {
    text.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      text.append(Character.forDigit((c >> shift) & 0xf, 16));
    }
  }
}
