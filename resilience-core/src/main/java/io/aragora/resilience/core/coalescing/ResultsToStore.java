package io.aragora.resilience.core.coalescing;

import io.aragora.resilience.coalescing.ResultCache;
import io.aragora.resilience.coalescing.ResultCache.Stored;
import io.aragora.resilience.core.dispatch.BackgroundReceiver;
import io.aragora.resilience.core.dispatch.Dispatcher;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The results of a coalescer that its cache has not stored yet. The cache is the application's and may block, so threads of the
 * runtime call its {@code put}; until then a result is found here. Of each key the newest result waits. Beyond 1,000 keys a result is
 * not stored. If the time source has its own executor, each result is stored at once. Thread-safe.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the results
 */
final class ResultsToStore<K, V extends @Nullable Object> {
  /** Less than {@link BackgroundReceiver} holds, so that it does not call the cache on the thread of a call. */
  private static final int MOST_KEYS = 1000;

  private final Dispatcher dispatcher;
  private final Supplier<@Nullable ResultCache<K, V>> cache;
  private final Consumer<? super Throwable> onFailure;
  private final ConcurrentHashMap<FlightKey<K>, Waiting<V>> waiting = new ConcurrentHashMap<>();
  private final BackgroundReceiver<FlightKey<K>> keys;

  /** Compared by identity: the equals method of a result is the application's. */
  private static final class Waiting<V extends @Nullable Object> {
    final Stored<V> result;

    Waiting(Stored<V> result) {
      this.result = result;
    }
  }

  /**
   * Creates an empty one.
   *
   * @param dispatcher calls the cache
   * @param cache returns the present cache
   * @param onFailure receives what the cache throws; must not throw
   */
  ResultsToStore(
      Dispatcher dispatcher,
      Supplier<@Nullable ResultCache<K, V>> cache,
      Consumer<? super Throwable> onFailure) {
    this.dispatcher = dispatcher;
    this.cache = cache;
    this.onFailure = onFailure;
    this.keys = new BackgroundReceiver<>(dispatcher, new Consumer<FlightKey<K>>() {
      @Override
      public void accept(FlightKey<K> key) {
        storeWaiting(key);
      }
    });
  }

  /**
   * Stores a result in the background.
   *
   * @return false if too many keys wait already; the result is not stored then
   */
  boolean store(FlightKey<K> key, Stored<V> result) {
    if (dispatcher.isDriven()) {
      put(key, result);
      return true;
    }
    Waiting<V> newest = new Waiting<>(result);
    if (waiting.replace(key, newest) != null) {
      return true;
    }
    if (waiting.mappingCount() >= MOST_KEYS) {
      return false;
    }
    if (waiting.put(key, newest) == null) {
      handOver(key);
    }
    return true;
  }

  private void handOver(FlightKey<K> key) {
    boolean isHandedOver = false;
    try {
      keys.receive(key);
      isHandedOver = true;
    } finally {
      if (!isHandedOver) {
        waiting.remove(key.itself());
      }
    }
  }

  /** Returns the result of a key that waits; null if none does. */
  @Nullable
  Stored<V> find(FlightKey<K> key) {
    Waiting<V> present = waiting.get(key);
    return present == null ? null : present.result;
  }

  /**
   * Removes a result only after the cache has it, so that it is found in one of both. The key is the object that the map has, since
   * only the call that put it handed it over.
   */
  private void storeWaiting(FlightKey<K> key) {
    Object itself = key.itself();
    Waiting<V> next = waiting.get(itself);
    while (next != null) {
      put(key, next.result);
      next = waiting.remove(itself, next) ? null : waiting.get(itself);
    }
  }

  private void put(FlightKey<K> key, Stored<V> result) {
    try {
      ResultCache<K, V> present = cache.get();
      if (present != null) {
        present.put(key.key(), result);
      }
    } catch (Throwable e) {
      onFailure.accept(e);
    }
  }
}
