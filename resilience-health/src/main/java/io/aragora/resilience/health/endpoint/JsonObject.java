package io.aragora.resilience.health.endpoint;

import java.util.List;
import java.util.Map;

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

  JsonObject put(String key, Map<String, ?> value) {
    key(key);
    value(value);
    return this;
  }

  @Override
  public String toString() {
    return text + "}";
  }

  /** Writes what details of health consist of; anything else as its text. */
  private void value(Object value) {
    if (value instanceof Map<?, ?> map) {
      text.append('{');
      String separator = "";
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        text.append(separator);
        quote(String.valueOf(entry.getKey()));
        text.append(':');
        value(entry.getValue());
        separator = ",";
      }
      text.append('}');
    } else if (value instanceof List<?> list) {
      text.append('[');
      String separator = "";
      for (Object element : list) {
        text.append(separator);
        value(element);
        separator = ",";
      }
      text.append(']');
    } else if (value instanceof Number || value instanceof Boolean) {
      text.append(value);
    } else {
      quote(String.valueOf(value));
    }
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
