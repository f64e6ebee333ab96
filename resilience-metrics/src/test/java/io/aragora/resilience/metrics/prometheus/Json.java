package io.aragora.resilience.metrics.prometheus;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON into maps, lists, texts, numbers, booleans and null; anything that is not JSON is an error. */
final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  static Object read(String text) {
    Json json = new Json(text);
    Object value = json.value();
    json.skip();
    json.require(json.at == text.length());
    return value;
  }

  /** Every object at any depth that has the key. */
  static List<Map<?, ?>> withKey(Object value, String key) {
    List<Map<?, ?>> found = new ArrayList<>();
    if (value instanceof Map<?, ?> object) {
      if (object.containsKey(key)) {
        found.add(object);
      }
      object.values().forEach(member -> found.addAll(withKey(member, key)));
    } else if (value instanceof List<?> list) {
      list.forEach(member -> found.addAll(withKey(member, key)));
    }
    return found;
  }

  static List<String> texts(Object value, String key) {
    return withKey(value, key).stream().map(object -> (String) object.get(key)).toList();
  }

  static List<Double> numbers(Object value, String key) {
    return withKey(value, key).stream()
        .map(object -> object.get(key))
        .filter(Double.class::isInstance)
        .map(Double.class::cast)
        .toList();
  }

  static List<Map<?, ?>> objects(Object value, String key) {
    List<Map<?, ?>> found = new ArrayList<>();
    withKey(value, key).forEach(object -> found.add((Map<?, ?>) object.get(key)));
    return found;
  }

  private Object value() {
    skip();
    require(at < text.length());
    return switch (text.charAt(at)) {
      case '{' -> object();
      case '[' -> list();
      case '"' -> string();
      default -> literal();
    };
  }

  private Map<String, Object> object() {
    Map<String, Object> object = new LinkedHashMap<>();
    at++;
    if (!next('}')) {
      do {
        skip();
        String key = string();
        require(next(':'));
        require(object.put(key, value()) == null);
      } while (next(','));
      require(next('}'));
    }
    return object;
  }

  private List<Object> list() {
    List<Object> list = new ArrayList<>();
    at++;
    if (!next(']')) {
      do {
        list.add(value());
      } while (next(','));
      require(next(']'));
    }
    return list;
  }

  private String string() {
    require(text.charAt(at++) == '"');
    StringBuilder string = new StringBuilder();
    while (text.charAt(at) != '"') {
      char c = text.charAt(at++);
      require(c >= ' ');
      if (c == '\\') {
        char escaped = text.charAt(at++);
        c = switch (escaped) {
          case 'n' -> '\n';
          case 't' -> '\t';
          case '"', '\\', '/' -> escaped;
          case 'u' -> (char) Integer.parseInt(text.substring(at, at += 4), 16);
          default -> throw new IllegalArgumentException("no JSON at " + at + ": \\" + escaped);
        };
      }
      string.append(c);
    }
    at++;
    return string.toString();
  }

  private Object literal() {
    int from = at;
    while (at < text.length() && ",]} \n\t\r".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    String word = text.substring(from, at);
    return switch (word) {
      case "true" -> true;
      case "false" -> false;
      case "null" -> "";
      default -> Double.valueOf(word);
    };
  }

  private boolean next(char wanted) {
    skip();
    boolean isNext = at < text.length() && text.charAt(at) == wanted;
    at += isNext ? 1 : 0;
    return isNext;
  }

  private void skip() {
    while (at < text.length() && " \n\t\r".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private void require(boolean holds) {
    if (!holds) {
      throw new IllegalArgumentException("no JSON at " + at);
    }
  }
}
