package io.aragora.resilience.reference;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.internal.Setting;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Converts the state that breakers of the reference package wrote, so that a migrated program keeps it:
 *
 * <pre>{@code
 * List<SavedBreaker> rows = ReferenceState.read("agents", parsedJson, config.breaker(), savedAt);
 * keyed.restore(rows);
 * }</pre>
 *
 * <p>It accepts both forms: the one with the sections {@code config}, {@code single_mode} and {@code entity_mode}, and the
 * older flat one, with {@code failures} and {@code cooldowns}. A missing entry counts as closed and 0. Unknown keys and the
 * {@code config} section are ignored, because the settings come from the program.
 *
 * <p>The maps are only read, and no reference to them is kept. Stateless and thread-safe.
 */
public final class ReferenceState {
  private static final double NANOS_PER_SECOND = 1e9;

  private ReferenceState() {}

  /**
   * Converts the state of one breaker. A breaker that was open for its whole cooldown stays open and may
   * admit a probe at once.
   *
   * @param breaker the breaker's name; not blank, at most 10,000 characters
   * @param state the state as parsed from JSON: maps with text as keys, numbers, and booleans
   * @param config the settings to restore it with; its cooldown is the one that open breakers wait for
   * @param savedAt when it was written, or the present time if unknown: the seconds in the state count up to it
   * @return first the row of the breaker without a key, for {@link CircuitBreaker#restore}; then one for each key, for {@link
   *     KeyedCircuitBreaker#restore}
   * @throws IllegalArgumentException if a value has the wrong type or is out of range; names the key, the rule and the value
   */
  public static List<SavedBreaker> read(
      String breaker, Map<String, ?> state, CircuitBreakerConfig config, Instant savedAt) {
    Setting.name("breaker", breaker);
    Objects.requireNonNull(config, "config");
    Objects.requireNonNull(savedAt, "savedAt");
    List<SavedBreaker> rows = new ArrayList<>();
    rows.add(unkeyed(breaker, state, config, savedAt));
    boolean isFlat = !state.containsKey("entity_mode");
    Map<?, ?> entities = isFlat ? state : map("entity_mode", state.get("entity_mode"));
    String path = isFlat ? "" : "entity_mode.";
    String opened =
        isFlat && !entities.containsKey("open_circuits") ? "cooldowns" : "open_circuits";
    Map<?, ?> failures = section(entities, path, "failures");
    Map<?, ?> open = section(entities, path, opened);
    for (String key : keys(path + "failures", failures, path + opened, open)) {
      rows.add(row(
          breaker,
          key,
          count(path + "failures." + key, failures, key),
          open.containsKey(key) ? elapsed(path + opened + "." + key, open, key) : null,
          config,
          savedAt));
    }
    return List.copyOf(rows);
  }

  private static SavedBreaker unkeyed(
      String breaker, Map<String, ?> state, CircuitBreakerConfig config, Instant savedAt) {
    Map<?, ?> single = section(state, "", "single_mode");
    boolean isOpen = flag("single_mode.is_open", single, "is_open");
    Duration openFor = elapsed("single_mode.open_for_seconds", single, "open_for_seconds");
    int failures = count("single_mode.failures", single, "failures");
    return row(breaker, null, failures, isOpen ? openFor : null, config, savedAt);
  }

  private static SavedBreaker row(
      String name,
      @Nullable String key,
      int failures,
      @Nullable Duration openFor,
      CircuitBreakerConfig config,
      Instant savedAt) {
    boolean isOpen = openFor != null;
    Instant enteredAt = isOpen ? savedAt.minus(openFor) : savedAt;
    return SavedBreaker.builder(name)
        .key(key)
        .state(isOpen ? CircuitBreakerState.OPEN : CircuitBreakerState.CLOSED)
        .enteredAt(enteredAt)
        .openUntil(isOpen ? enteredAt.plus(config.cooldown()) : null)
        .cooldown(isOpen ? config.cooldown() : Duration.ZERO)
        .consecutiveFailures(failures)
        .declared(config.toString())
        .savedAt(savedAt)
        .build();
  }

  private static Set<String> keys(
      String failuresPath, Map<?, ?> failures, String openPath, Map<?, ?> open) {
    Set<String> keys = new LinkedHashSet<>();
    failures.keySet().forEach(key -> keys.add(key(failuresPath, key)));
    open.keySet().forEach(key -> keys.add(key(openPath, key)));
    return keys;
  }

  private static String key(String path, @Nullable Object key) {
    if (key instanceof String text) {
      return Setting.name("a key of " + path, text);
    }
    throw mustBe("a key of " + path, "text", key);
  }

  private static Map<?, ?> section(Map<?, ?> parent, String path, String key) {
    return parent.containsKey(key) ? map(path + key, parent.get(key)) : Map.of();
  }

  private static Map<?, ?> map(String path, @Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw mustBe(path, "an object", value);
  }

  private static boolean flag(String path, Map<?, ?> parent, String key) {
    if (!parent.containsKey(key)) {
      return false;
    }
    Object value = parent.get(key);
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw mustBe(path, "true or false", value);
  }

  private static int count(String path, Map<?, ?> parent, String key) {
    if (!parent.containsKey(key)) {
      return 0;
    }
    Object value = parent.get(key);
    if (value instanceof Number number) {
      double count = number.doubleValue();
      if (count >= 0 && count <= Integer.MAX_VALUE && count == Math.rint(count)) {
        return (int) count;
      }
    }
    throw mustBe(path, "a whole number in [0, " + Integer.MAX_VALUE + "]", value);
  }

  /** At most the longest cooldown that there is: longer makes no difference. */
  private static Duration elapsed(String path, Map<?, ?> parent, String key) {
    if (!parent.containsKey(key)) {
      return Duration.ZERO;
    }
    Object value = parent.get(key);
    if (value instanceof Number number) {
      double seconds = number.doubleValue();
      if (seconds >= 0) {
        double longest = Setting.LONGEST.toSeconds();
        return Duration.ofNanos(Math.round(Math.min(seconds, longest) * NANOS_PER_SECOND));
      }
    }
    throw mustBe(path, "a number of seconds, at least 0", value);
  }

  private static IllegalArgumentException mustBe(String path, String rule, @Nullable Object value) {
    return new IllegalArgumentException(
        OneLine.of(path, 400) + " must be " + rule + ": " + OneLine.of(String.valueOf(value), 100));
  }
}
