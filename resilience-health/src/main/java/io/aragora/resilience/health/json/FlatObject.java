package io.aragora.resilience.health.json;

import java.util.LinkedHashMap;
import java.util.Map;

/** Parses one JSON object whose values are strings, the only form of a control request. Not thread-safe. */
public final class FlatObject {
  private static final int MOST_MEMBERS = 8;

  private final String text;
  private int next;

  private FlatObject(String text) {
    this.text = text;
  }

  /**
   * Reads an object.
   *
   * @param text the JSON
   * @return the members, in their order
   * @throws IllegalArgumentException if {@code text} is no such object, or repeats a name; the message does not contain the text
   */
  public static Map<String, String> read(String text) {
    return new FlatObject(text).object();
  }

  private Map<String, String> object() {
    Map<String, String> members = new LinkedHashMap<>();
    expect('{');
    if (!take('}')) {
      do {
        String key = string();
        expect(':');
        if (members.put(key, string()) != null || members.size() > MOST_MEMBERS) {
          throw wrong("has a repeated name, or too many names");
        }
      } while (take(','));
      expect('}');
    }
    skipSpace();
    if (next < text.length()) {
      throw wrong("has text after its end");
    }
    return members;
  }

  private String string() {
    expect('"');
    StringBuilder value = new StringBuilder();
    for (char c = character(); c != '"'; c = character()) {
      if (c < ' ') {
        throw wrong("has a control character in a string");
      }
      value.append(c == '\\' ? escaped() : c);
    }
    return value.toString();
  }

  private char escaped() {
    char c = character();
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unicode();
      default -> throw wrong("has an unknown escape");
    };
  }

  private char unicode() {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      char c = character();
      int digit = c < 128 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw wrong("has an unknown escape");
      }
      code = (code << 4) | digit;
    }
    return (char) code;
  }

  private char character() {
    if (next == text.length()) {
      throw wrong("ends too early");
    }
    return text.charAt(next++);
  }

  private void expect(char wanted) {
    if (!take(wanted)) {
      throw wrong("must be an object of strings");
    }
  }

  private boolean take(char wanted) {
    skipSpace();
    if (next < text.length() && text.charAt(next) == wanted) {
      next++;
      return true;
    }
    return false;
  }

  private void skipSpace() {
    while (next < text.length() && " \t\r\n".indexOf(text.charAt(next)) >= 0) {
      next++;
    }
  }

  private IllegalArgumentException wrong(String how) {
    return new IllegalArgumentException("the JSON " + how + " (at character " + next + ")");
  }
}
