package io.aragora.resilience.ratelimiter;

import io.aragora.resilience.retry.RetryAfter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code RateLimit} and {@code RateLimit-Policy}, which are lists of structured fields: {@code "hour";r=12;t=340} and
 * {@code "hour";q=5000;w=3600}. Reads the dictionary {@code limit=100, remaining=12, reset=30} of an earlier draft as well.
 * A list with any invalid member is ignored as a whole, as structured fields demand.
 */
final class RateLimitFields {
  private static final int LONGEST_FIELD = 4096;

  /** The name of an item, and its parameters, or the value of a dictionary member under an empty name. */
  private record Item(String name, Map<String, String> parameters) {
    long number(String parameter) {
      return RateLimitHint.number(parameters.getOrDefault(parameter, ""));
    }
  }

  private final List<Item> policies;

  RateLimitFields(@Nullable String policies) {
    this.policies = items(policies);
  }

  /** Adds what a field says to a hint; returns whether it says anything. */
  boolean read(@Nullable String field, RateLimitHint.Builder hint) {
    List<Item> items = items(field);
    Item scarcest = null;
    for (Item item : items) {
      if (item.number("r") >= 0 && (scarcest == null || isScarcer(item, scarcest))) {
        scarcest = item;
      }
    }
    return scarcest != null ? readItem(scarcest, hint) : readDictionary(items, hint);
  }

  private static boolean isScarcer(Item item, Item than) {
    int order = Long.compare(item.number("r"), than.number("r"));
    return order < 0 || (order == 0 && item.number("t") > than.number("t"));
  }

  private boolean readItem(Item item, RateLimitHint.Builder hint) {
    hint.remaining(item.number("r"));
    setReset(item.number("t"), hint);
    for (Item policy : policies) {
      if (policy.name().equals(item.name()) && policy.number("q") > 0) {
        hint.limit(policy.number("q"));
        long seconds = policy.number("w");
        if (seconds > 0) {
          hint.window(Duration.ofSeconds(seconds));
        }
        break;
      }
    }
    return true;
  }

  private static boolean readDictionary(List<Item> items, RateLimitHint.Builder hint) {
    boolean isKnown = false;
    for (Item item : items) {
      long value = item.number("");
      if (value >= 0) {
        switch (item.name()) {
          case "limit" -> {
            if (value > 0) {
              hint.limit(value);
              isKnown = true;
            }
          }
          case "remaining" -> {
            hint.remaining(value);
            isKnown = true;
          }
          case "reset" -> isKnown |= setReset(value, hint);
          default -> {
            // a member of another specification
          }
        }
      }
    }
    return isKnown;
  }

  private static boolean setReset(long seconds, RateLimitHint.Builder hint) {
    RetryAfter reset = seconds < 0 ? null : RetryAfter.parse(Long.toString(seconds));
    if (reset != null) {
      hint.reset(reset);
    }
    return reset != null;
  }

  private static List<Item> items(@Nullable String field) {
    List<Item> items = new ArrayList<>();
    if (field == null || field.length() > LONGEST_FIELD) {
      return items;
    }
    for (String member : split(field, ',')) {
      Item item = item(member);
      if (item == null) {
        return List.of();
      }
      items.add(item);
    }
    return items;
  }

  private static @Nullable Item item(String member) {
    List<String> parts = split(member, ';');
    Map<String, String> parameters = new LinkedHashMap<>();
    String name = parts.get(0).strip();
    if (name.startsWith("\"")) {
      if (name.length() < 2 || !name.endsWith("\"")) {
        return null;
      }
      name = name.substring(1, name.length() - 1);
    } else {
      int equals = name.indexOf('=');
      if (equals >= 0) {
        parameters.put("", name.substring(equals + 1).strip());
        name = name.substring(0, equals).strip();
      }
      if (name.isEmpty()) {
        return null;
      }
    }
    for (String part : parts.subList(1, parts.size())) {
      int equals = part.indexOf('=');
      String key = (equals < 0 ? part : part.substring(0, equals)).strip();
      if (key.isEmpty()) {
        return null;
      }
      parameters.put(key, equals < 0 ? "" : part.substring(equals + 1).strip());
    }
    return new Item(name, parameters);
  }

  /** Splits at a separator that is not inside a quoted string. */
  private static List<String> split(String text, char separator) {
    List<String> parts = new ArrayList<>();
    boolean isQuoted = false;
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && isQuoted) {
        i++;
      } else if (c == '"') {
        isQuoted = !isQuoted;
      } else if (c == separator && !isQuoted) {
        parts.add(text.substring(start, i));
        start = i + 1;
      }
    }
    parts.add(text.substring(start));
    return parts;
  }
}
