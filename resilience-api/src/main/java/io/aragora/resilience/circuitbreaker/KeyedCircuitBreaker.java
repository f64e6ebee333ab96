package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.policy.Subscription;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A circuit breaker for each key, a tenant or a host for instance. All have the same config and none influences another.
 * The breaker of a key is created on first use and is named {@code name:key}.
 *
 * <p>The number of keys is bounded. A new key beyond {@link KeyedCircuitBreakerConfig#maxKeys()} evicts a closed key
 * without recent calls, or an open key that no caller has probed long after its cooldown. If there is no such key, the
 * new key shares the {@link #overflow} breaker with all other keys without room. Keys that an attacker invents therefore
 * neither fill the memory nor escape protection. An evicted key whose breaker is still referenced returns as the same
 * object.
 *
 * <p>Thread-safe; finding the breaker of a known key takes no lock.
 */
public interface KeyedCircuitBreaker {
  /** {@return the name of the keyed breaker} */
  String name();

  /** {@return the config} */
  KeyedCircuitBreakerConfig config();

  /**
   * Returns the breaker of a key, and creates it if there is none.
   *
   * @param key not blank, at most 10,000 characters
   * @return its breaker, or {@link #overflow} if there is no room for it
   * @throws IllegalArgumentException if {@code key} is blank or has more than 10,000 characters
   */
  CircuitBreaker forKey(String key);

  /**
   * Finds the breaker of a known key. Creates a breaker only if one was saved.
   *
   * @param key the key
   * @return its breaker; empty if the key is unknown, or was saved and has no room
   */
  Optional<CircuitBreaker> find(String key);

  /** {@return the breaker that all keys without room share, named {@code name:*overflow*}} */
  CircuitBreaker overflow();

  /**
   * Returns the state of a key. Creates a breaker for it only if one was saved.
   *
   * @param key the key
   * @return its state; {@link CircuitBreakerState#CLOSED} for an unknown key
   */
  CircuitBreakerState state(String key);

  /**
   * Returns whether a call for a key would be admitted now, without taking a permit. Creates a breaker only if one was
   * saved.
   *
   * @param key the key
   * @return whether it would be admitted; true for an unknown key
   */
  boolean isAvailable(String key);

  /**
   * Returns the candidates whose key is available, in the same order.
   *
   * @param candidates the candidates
   * @param keyOf returns the key of a candidate
   * @param <T> the type of the candidates
   * @return those whose key is available
   */
  <T> List<T> filterAvailable(Collection<T> candidates, Function<? super T, String> keyOf);

  /**
   * Returns the keys that are available, in the same order.
   *
   * @param keys the keys
   * @return those that are available
   */
  default List<String> filterAvailable(Collection<String> keys) {
    return filterAvailable(keys, Function.identity());
  }

  /**
   * Returns the state of every key. A key that is evicted during the call, and the key that replaces it, may both be
   * included.
   *
   * @return an immutable copy
   */
  Map<String, CircuitBreakerState> states();

  /**
   * Returns a snapshot of every key, with one entry per key. Keys change during the call as for {@link #states()}.
   *
   * @return an immutable copy
   */
  Map<String, CircuitBreakerSnapshot> snapshots();

  /**
   * Returns the number of keys that are open, half-open or forced open; {@link #overflow} counts as one key. The cost
   * does not depend on the number of keys.
   *
   * @return the number of keys
   */
  int impairedCount();

  /**
   * Returns some of the keys that {@link #impairedCount()} counts. The cost does not depend on the number of other keys.
   *
   * @param limit the largest number of keys to return, at least 1
   * @return an immutable copy
   * @throws IllegalArgumentException if {@code limit} is less than 1
   */
  Map<String, CircuitBreakerState> impairedKeys(int limit);

  /**
   * Calls a visitor with every key and its breaker, without a copy. Keys change during the call as for {@link
   * #states()}.
   *
   * @param visitor receives key and breaker, on the calling thread
   */
  void forEachKey(BiConsumer<? super String, ? super CircuitBreaker> visitor);

  /**
   * Returns the sum of the totals of all keys, evicted and removed ones included, and of {@link #overflow}. Calls of a
   * key after its eviction are included once the key has returned.
   *
   * @return the totals, in a time proportional to the number of keys
   */
  CircuitBreakerTotals totals();

  /**
   * Returns the number of transitions between two states, for all keys, evicted ones included, and {@link #overflow}.
   *
   * @param from the state before
   * @param to the state after
   * @return the number since the start
   */
  long transitions(CircuitBreakerState from, CircuitBreakerState to);

  /** {@return the number of keys with a breaker of their own, at most {@link KeyedCircuitBreakerConfig#maxKeys()}} */
  int size();

  /** {@return the number of keys evicted since the start} */
  long evictions();

  /** {@return the number of times since the start that a key had no room and received {@link #overflow}} */
  long overflows();

  /**
   * Resets one key, if it is known.
   *
   * @param key the key
   * @return whether it was known
   */
  boolean reset(String key);

  /** Resets every key that is not closed or has counted something, and {@link #overflow}. */
  void reset();

  /**
   * Removes a key in any state. Takes a time that grows with the number of keys.
   *
   * @param key the key
   * @return whether it was known
   */
  boolean remove(String key);

  /** {@return the state of every key, for a store of your own} */
  List<SavedBreaker> save();

  /**
   * Restores saved states as {@link CircuitBreaker#restore} does, and creates breakers for unknown keys.
   *
   * @param saved the saved states; one with another name, without a key, or without room is skipped
   * @return the number of completely restored keys
   * @throws IllegalArgumentException if a key is blank or has more than 10,000 characters; the states before it are
   *     restored
   */
  int restore(Collection<SavedBreaker> saved);

  /**
   * Subscribes to the transitions of every key, present and future. Events of one key arrive in order.
   *
   * @param listener receives events in the background; {@link CircuitBreakerTransition#breaker} is {@code name:key}
   * @return ends the subscription when closed
   */
  Subscription subscribe(CircuitBreakerListener listener);

  /**
   * Subscribes to evictions and overflows. Up to 1024 events wait for delivery; more are dropped.
   *
   * @param listener receives events in the background
   * @return ends the subscription when closed
   */
  Subscription subscribeKeys(Consumer<? super KeyedCircuitBreakerEvent> listener);
}
