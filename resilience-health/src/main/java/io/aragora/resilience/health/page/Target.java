package io.aragora.resilience.health.page;

import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.health.json.JsonText;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * The name of a breaker.
 *
 * @param name its name, or the name of its keyed breaker
 * @param key its key; null for a breaker without keys
 */
public record Target(String name, @Nullable String key) {
  static final Comparator<Target> BY_NAME = Comparator.comparing(Target::name)
      .thenComparing(Target::key, Comparator.nullsFirst(Comparator.naturalOrder()));

  JsonObject toJson() {
    return new JsonObject().put("name", name).put("key", key);
  }

  /** Returns one line that is safe to print. */
  @Override
  public String toString() {
    return JsonText.quoted(name) + (key == null ? "" : ", key " + JsonText.quoted(key));
  }
}
