package io.aragora.resilience.coalescing;

import java.io.Serializable;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Stores the last result of each key, for {@link CoalescerConfig.Builder#staleIfError}. The library has no cache of its own; any
 * cache with {@code get} and {@code put} fits. It must be bounded, and must keep a result at least as long as it may stand in for
 * a failure.
 *
 * <p>Must be thread-safe. The call that led calls {@code get}, and a call of the key waits while it blocks. A thread of the runtime
 * calls {@code put}, so no call waits for it; until then the runtime finds the result itself. If {@code put} is 1,000 keys behind,
 * results of further keys are not stored. An exception is logged once and changes no outcome.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the results
 */
public interface ResultCache<K, V extends @Nullable Object> {
  /**
   * Returns the stored result of a key.
   *
   * @param key the key
   * @return the result; null if there is none
   */
  @Nullable
  Stored<V> get(K key);

  /**
   * Stores the result of a key. Replaces the present one, which may be that of a later call: the last put wins.
   *
   * @param key the key
   * @param result the result
   */
  void put(K key, Stored<V> result);

  /**
   * Returns a cache that stores into a map, such as the map view of a cache.
   *
   * @param map a thread-safe map that removes entries by itself
   * @param <K> the type of the keys
   * @param <V> the type of the results
   * @return the cache, which equals another one of the same map
   */
  static <K, V extends @Nullable Object> ResultCache<K, V> of(Map<K, Stored<V>> map) {
    return new MapCache<>(map);
  }

  /**
   * Returns a cache of two functions.
   *
   * @param get returns the stored result of a key, or null
   * @param put stores the result of a key
   * @param <K> the type of the keys
   * @param <V> the type of the results
   * @return the cache
   */
  static <K, V extends @Nullable Object> ResultCache<K, V> of(
      Function<? super K, ? extends @Nullable Stored<V>> get,
      BiConsumer<? super K, ? super Stored<V>> put) {
    Objects.requireNonNull(get, "get");
    Objects.requireNonNull(put, "put");
    return new ResultCache<>() {
      @Override
      public @Nullable Stored<V> get(K key) {
        return get.apply(key);
      }

      @Override
      public void put(K key, Stored<V> result) {
        put.accept(key, result);
      }
    };
  }

  /**
   * A result and the instant at which it was stored. Immutable. Serializable if the result is, for caches that store by value.
   *
   * @param <V> the type of the result
   */
  final class Stored<V extends @Nullable Object> implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The result, which decides whether it can be serialized. */
    @SuppressWarnings("serial")
    private final V value;

    /** The time of day at which it was stored. */
    private final Instant storedAt;

    private Stored(V value, Instant storedAt) {
      this.value = value;
      this.storedAt = storedAt;
    }

    /**
     * Creates a stored result.
     *
     * @param value the result
     * @param storedAt the time of day at which it was stored
     * @param <V> the type of the result
     * @return the stored result
     */
    public static <V extends @Nullable Object> Stored<V> of(V value, Instant storedAt) {
      return new Stored<>(value, Objects.requireNonNull(storedAt, "storedAt"));
    }

    /** {@return the result} */
    public V value() {
      return value;
    }

    /** {@return the time of day at which it was stored} */
    public Instant storedAt() {
      return storedAt;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Stored<?> that
          && Objects.equals(value, that.value)
          && storedAt.equals(that.storedAt);
    }

    @Override
    public int hashCode() {
      return Objects.hash(value, storedAt);
    }

    @Override
    public String toString() {
      return "Stored[value=" + value + ", storedAt=" + storedAt + "]";
    }
  }
}
