package io.aragora.resilience.health;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The details of checks and trackers, in the types that every format supports: texts, numbers, booleans, and lists and
 * maps of those. Bounded, so that a component with too many details affects only itself. Any thread may copy; the copies
 * are immutable.
 */
public final class HealthDetails {
  /** The largest number of characters of a text; a longer text is cut. */
  public static final int MAX_TEXT = 1000;

  /** The largest number of values, counted through all lists and maps. */
  public static final int MAX_VALUES = 1000;

  /** The largest depth of nested lists and maps. */
  public static final int MAX_DEPTH = 8;

  private int values;

  private HealthDetails() {}

  /**
   * Copies details. A text beyond the limit is cut, null is dropped, and a value that is not a text, number, boolean,
   * list or map becomes its text.
   *
   * @param details the details
   * @return an immutable copy, including nested lists and maps, in the same order
   * @throws IllegalArgumentException if {@code details} has more than {@link #MAX_VALUES} values, or is deeper than
   *     {@link #MAX_DEPTH}
   */
  public static Map<String, Object> copyOf(Map<String, ?> details) {
    return new HealthDetails().copyOf(details, 1);
  }

  /**
   * Copies one value as {@link #copyOf(Map)} does.
   *
   * @param value the value
   * @return an immutable copy
   * @throws IllegalArgumentException if {@code value} has more than {@link #MAX_VALUES} values, or is deeper than
   *     {@link #MAX_DEPTH}
   */
  public static Object copyOf(Object value) {
    return new HealthDetails().plain(value, 1);
  }

  /**
   * Cuts a text beyond the limit.
   *
   * @param text the text
   * @return at most {@link #MAX_TEXT} characters of it, the last one an ellipsis if it was cut
   */
  public static String shortened(String text) {
    if (text.length() <= MAX_TEXT) {
      return text;
    }
    int end = MAX_TEXT - 1;
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + '…';
  }

  private Map<String, Object> copyOf(Map<?, ?> details, int depth) {
    checkDepth(depth);
    Map<String, Object> copy = new LinkedHashMap<>();
    details.forEach((key, value) -> {
      if (key != null && value != null) {
        copy.put(shortened(key.toString()), plain(value, depth));
      }
    });
    return Collections.unmodifiableMap(copy);
  }

  private List<Object> copyOf(Collection<?> list, int depth) {
    checkDepth(depth);
    List<Object> copy = new ArrayList<>();
    for (Object value : list) {
      if (value != null) {
        copy.add(plain(value, depth));
      }
    }
    return Collections.unmodifiableList(copy);
  }

  private Object plain(Object value, int depth) {
    if (++values > MAX_VALUES) {
      throw new IllegalArgumentException("details must have at most " + MAX_VALUES + " values");
    }
    if (value instanceof Map<?, ?> map) {
      return copyOf(map, depth + 1);
    }
    if (value instanceof Collection<?> list) {
      return copyOf(list, depth + 1);
    }
    return isPlain(value) ? value : shortened(String.valueOf(value));
  }

  /** A number of a class outside the JDK may change, and a number that is not finite has no JSON form. */
  private static boolean isPlain(@Nullable Object value) {
    return value instanceof Boolean
        || value instanceof Integer
        || value instanceof Long
        || value instanceof Short
        || value instanceof Byte
        || (value instanceof Double number && Double.isFinite(number))
        || (value instanceof Float number && Float.isFinite(number))
        || (value != null
            && (value.getClass() == BigInteger.class || value.getClass() == BigDecimal.class));
  }

  private static void checkDepth(int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("details must not be deeper than " + MAX_DEPTH);
    }
  }
}
