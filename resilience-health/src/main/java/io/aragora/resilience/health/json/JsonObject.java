package io.aragora.resilience.health.json;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Builds the text of one JSON object, escaped as {@link JsonText} does. Not thread-safe. */
public final class JsonObject {
  private final StringBuilder text = new StringBuilder("{");

  /** Creates an empty object. */
  public JsonObject() {}

  /**
   * Adds a string.
   *
   * @param key the name
   * @param value the text; null for none
   * @return this object
   */
  public JsonObject put(String key, @Nullable String value) {
    key(key);
    if (value == null) {
      text.append("null");
    } else {
      JsonText.quote(text, value);
    }
    return this;
  }

  /**
   * Adds a whole number.
   *
   * @param key the name
   * @param value the number
   * @return this object
   */
  public JsonObject put(String key, long value) {
    key(key);
    text.append(value);
    return this;
  }

  /**
   * Adds a number, rounded to thousandths.
   *
   * @param key the name
   * @param value the number; NaN and infinity become null
   * @return this object
   */
  public JsonObject put(String key, double value) {
    key(key);
    if (Double.isFinite(value)) {
      text.append(Math.rint(value * 1000) / 1000);
    } else {
      text.append("null");
    }
    return this;
  }

  /**
   * Adds a boolean.
   *
   * @param key the name
   * @param value the value
   * @return this object
   */
  public JsonObject put(String key, boolean value) {
    key(key);
    text.append(value);
    return this;
  }

  /**
   * Adds an object.
   *
   * @param key the name
   * @param value the object in its present state
   * @return this object
   */
  public JsonObject put(String key, JsonObject value) {
    key(key);
    text.append(value);
    return this;
  }

  /**
   * Adds a list.
   *
   * @param key the name
   * @param values the objects in their present state
   * @return this object
   */
  public JsonObject put(String key, Iterable<JsonObject> values) {
    key(key);
    text.append('[');
    String comma = "";
    for (JsonObject value : values) {
      text.append(comma).append(value);
      comma = ",";
    }
    text.append(']');
    return this;
  }

  /**
   * Adds details: maps, lists, numbers, booleans and strings; any other value is added as its string.
   *
   * @param key the name
   * @param value the details
   * @return this object
   */
  public JsonObject put(String key, Map<String, ?> value) {
    key(key);
    value(value);
    return this;
  }

  private void value(Object value) {
    if (value instanceof Map<?, ?> map) {
      text.append('{');
      String comma = "";
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        text.append(comma);
        JsonText.quoteName(text, String.valueOf(entry.getKey()));
        text.append(':');
        value(entry.getValue());
        comma = ",";
      }
      text.append('}');
    } else if (value instanceof List<?> list) {
      text.append('[');
      String comma = "";
      for (Object element : list) {
        text.append(comma);
        value(element);
        comma = ",";
      }
      text.append(']');
    } else if (value instanceof Number || value instanceof Boolean) {
      text.append(value);
    } else {
      JsonText.quote(text, String.valueOf(value));
    }
  }

  @Override
  public String toString() {
    return text + "}";
  }

  private void key(String key) {
    if (text.length() > 1) {
      text.append(',');
    }
    JsonText.quoteName(text, key);
    text.append(':');
  }
}
