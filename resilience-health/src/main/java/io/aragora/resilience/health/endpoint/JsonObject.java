package io.aragora.resilience.health.endpoint;

/**
 * Builds the text of one JSON object. Beside what JSON asks for, it escapes what would mean something to a page that
 * embeds the text: {@code < > &} and the two line separators that JavaScript takes for line ends. Not thread-safe.
 */
final class JsonObject {
  private final StringBuilder text = new StringBuilder("{");

  JsonObject put(String key, String value) {
    key(key);
    quote(value);
    return this;
  }

  JsonObject put(String key, long value) {
    key(key);
    text.append(value);
    return this;
  }

  JsonObject put(String key, JsonObject value) {
    key(key);
    text.append(value);
    return this;
  }

  @Override
  public String toString() {
    return text + "}";
  }

  private void key(String key) {
    if (text.length() > 1) {
      text.append(',');
    }
    quote(key);
    text.append(':');
  }

  private void quote(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"', '\\' -> text.append('\\').append(c);
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        case '<', '>', '&', '\u2028', '\u2029' -> escape(c);
        default -> {
          if (Character.isISOControl(c)) {
            escape(c);
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }

  private void escape(char c) {
    text.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      text.append(Character.forDigit((c >> shift) & 0xf, 16));
    }
  }
}
