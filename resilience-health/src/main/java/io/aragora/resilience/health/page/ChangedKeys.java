package io.aragora.resilience.health.page;

import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The keys of one keyed breaker that left the closed state and, as far as events tell, have not returned. Shown for a
 * keyed breaker that has too many keys to scan. Bounded: the latest are kept. Thread-safe.
 */
final class ChangedKeys {
  static final int MOST = 256;

  private final Set<String> keys = new LinkedHashSet<>();

  synchronized void left(String key) {
    keys.remove(key);
    keys.add(key);
    if (keys.size() > MOST) {
      keys.remove(keys.iterator().next());
    }
  }

  synchronized void returned(String key) {
    keys.remove(key);
  }

  /** Returns the keys, the latest first. */
  synchronized List<String> latest() {
    ArrayDeque<String> latest = new ArrayDeque<>();
    keys.forEach(latest::push);
    return List.copyOf(latest);
  }
}
