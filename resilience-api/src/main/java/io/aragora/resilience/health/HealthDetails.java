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
 * What checks and trackers say besides their status, as every format can show it: texts, numbers, booleans, and lists and
 * maps of those. Bounded, so that one that talks too much harms nobody but itself.
 * Any thread may copy; what comes out is immutable.
 */
public final class HealthDetails {
  /** The longest text, in characters; a longer one is cut. */
  public static final int MAX_TEXT = 1000;

  /** The most values, counted through all lists and maps. */
  public static final int MAX_VALUES = 1000;

  /** How deep lists and maps may lie in each other. */
  public static final int MAX_DEPTH = 8;

  private int values;

  private HealthDetails() {}

  /**
   * Copies details. Texts that are too long are cut, what is null is left out, and what is neither text, number, boolean, list
   * nor map becomes its text.
   *
   * @param details the details
   * @return an immutable copy, nested lists and maps too, in the same order
   * @throws IllegalArgumentException if they are more than {@link #MAX_VALUES}, or deeper than {@link #MAX_DEPTH}
   */
  public static Map<String, Object> copyOf(Map<String, ?> details) {
    return new HealthDetails().copyOf(details, 1);
  }

  /**
   * Copies one value as {@link #copyOf(Map)} does.
   *
   * @param value the value
   * @return an immutable copy
   * @throws IllegalArgumentException if it has more than {@link #MAX_VALUES}, or is deeper than {@link #MAX_DEPTH}
   */
  public static Object copyOf(Object value) {
    return new HealthDetails().plain(value, 1);
  }

  /**
   * Cuts a text that is too long.
   *
   * @param text the text
   * @return at most {@link #MAX_TEXT} characters of it, the last one an ellipsis where it was cut
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

  /** Numbers that are not of the JDK's own kinds may change, and those that are not finite cannot be written down. */
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
