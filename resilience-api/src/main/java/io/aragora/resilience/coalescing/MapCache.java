package io.aragora.resilience.coalescing;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A cache that stores into a map. Two of the same map are equal, so that both declare the same. */
final class MapCache<K, V extends @Nullable Object> implements ResultCache<K, V> {
  private final Map<K, Stored<V>> map;

  MapCache(Map<K, Stored<V>> map) {
    this.map = Objects.requireNonNull(map, "map");
  }

  @Override
  public @Nullable Stored<V> get(K key) {
    return map.get(key);
  }

  @Override
  public void put(K key, Stored<V> result) {
    map.put(key, result);
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // the same map, not one with the same entries
  public boolean equals(@Nullable Object other) {
    return other instanceof MapCache<?, ?> that && (Object) map == that.map;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(map);
  }
}
