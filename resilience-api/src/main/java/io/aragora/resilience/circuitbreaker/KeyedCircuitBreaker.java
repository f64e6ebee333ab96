package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.Subscription;
import io.aragora.resilience.persistence.SavedBreaker;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A circuit breaker for each key, a tenant or a host for instance, all with the same settings and none of them influencing
 * another. A key's breaker is made when it is first asked for, and is named {@code name:key}.
 *
 * <p>The number of keys is bounded. Where a new key would be one too many, a key that is closed and had no call lately makes
 * room, or one that nobody asked to probe long after its cooldown; where there is none either, the new key shares the one
 * {@link #overflow} breaker with all others that found no room, so that keys made up by an attacker neither fill the memory
 * nor go unprotected. A key that made room and whose breaker is still in somebody's hands is found again as the same object.
 *
 * <p>Thread-safe; finding the breaker of a known key takes no lock.
 */
public interface KeyedCircuitBreaker {
  /**
   * Names the breaker.
   *
   * @return the name
   */
  String name();

  /**
   * Gives the settings.
   *
   * @return the settings
   */
  KeyedCircuitBreakerConfig config();

  /**
   * Finds the breaker of a key, making one if there is none.
   *
   * @param key not blank, at most 10,000 characters
   * @return its breaker, or {@link #overflow} where there is no room for it
   * @throws IllegalArgumentException if the key is blank or too long
   */
  CircuitBreaker forKey(String key);

  /**
   * Gives the breaker that keys share for which there is no room.
   *
   * @return the breaker, named {@code name:*overflow*}
   */
  CircuitBreaker overflow();

  /**
   * Gives the state of a key without making a breaker for it, unless one was saved.
   *
   * @param key the key
   * @return its state; {@link CircuitBreakerState#CLOSED} for one that is not known
   */
  CircuitBreakerState state(String key);

  /**
   * Tells, without taking a permit and without making a breaker, unless one was saved, whether a call for this key would be
   * admitted.
   *
   * @param key the key
   * @return whether it would be; true for one that is not known
   */
  boolean isAvailable(String key);

  /**
   * Keeps what is available, in the same order.
   *
   * @param candidates what to choose from
   * @param keyOf gives the key of each
   * @param <T> the type of the candidates
   * @return those whose key is available
   */
  <T> List<T> filterAvailable(Collection<T> candidates, Function<? super T, String> keyOf);

  /**
   * Keeps the keys that are available, in the same order.
   *
   * @param keys what to choose from
   * @return those that are available
   */
  default List<String> filterAvailable(Collection<String> keys) {
    return filterAvailable(keys, Function.identity());
  }

  /**
   * Gives the state of every key. One that goes while this is read, and one that comes in its place, may both be in it.
   *
   * @return an immutable copy
   */
  Map<String, CircuitBreakerState> states();

  /**
   * Gives a snapshot of every key; as large as there are keys, which come and go as for {@link #states()}.
   *
   * @return an immutable copy
   */
  Map<String, CircuitBreakerSnapshot> snapshots();

  /**
   * Counts the keys that are open, half-open or forced open; {@link #overflow} counts as one more. Costs the same however many
   * keys there are.
   *
   * @return how many
   */
  int notClosed();

  /**
   * Gives some of the keys that {@link #notClosed()} counts. Looks at those alone, however many others there are.
   *
   * @param limit the most that are given, at least 1
   * @return an immutable copy
   * @throws IllegalArgumentException if the limit is smaller
   */
  Map<String, CircuitBreakerState> notClosed(int limit);

  /**
   * Shows every key with its breaker, without a copy of them, for whoever reads many. Keys come and go as for {@link
   * #states()}.
   *
   * @param visitor is given key and breaker, on the calling thread
   */
  void forEachKey(BiConsumer<? super String, ? super CircuitBreaker> visitor);

  /**
   * Adds up the totals of all keys, those that made room or were removed included, and of {@link #overflow}. Calls of a key
   * after it went are in it once the key has come back.
   *
   * @return the totals, in a time proportional to the number of keys
   */
  CircuitBreakerTotals totals();

  /**
   * Counts the changes from one state to another, of all keys, those that went included, and of {@link #overflow}.
   *
   * @param from the state before
   * @param to the state after
   * @return how many there were since the start
   */
  long transitions(CircuitBreakerState from, CircuitBreakerState to);

  /**
   * Counts keys.
   *
   * @return how many have a breaker of their own; never more than {@link KeyedCircuitBreakerConfig#maxKeys()}
   */
  int size();

  /**
   * Counts keys that made room for others.
   *
   * @return how many, since the start
   */
  long evictions();

  /**
   * Counts how often a key found no room and was given {@link #overflow}.
   *
   * @return how many times, since the start
   */
  long overflows();

  /**
   * Resets one key, if it is known.
   *
   * @param key the key
   * @return whether it was known
   */
  boolean reset(String key);

  /** Resets every key and {@link #overflow}. */
  void reset();

  /**
   * Forgets a key whatever its state. Takes a time that grows with the number of keys.
   *
   * @param key the key
   * @return whether it was known
   */
  boolean remove(String key);

  /**
   * Writes down what is to be kept of every key, for a store of your own.
   *
   * @return the state of each key
   */
  List<SavedBreaker> save();

  /**
   * Takes over what was kept, as {@link CircuitBreaker#restore} does, making breakers for keys that are not known.
   *
   * @param saved what was kept; what is of another name, has no key, or finds no room, is left out
   * @return how many were taken over whole
   * @throws IllegalArgumentException if a key is blank or longer than 10,000 characters; what came before it is taken over
   */
  int restore(Collection<SavedBreaker> saved);

  /**
   * Subscribes to the changes of state of every key, present and to come. Events of one key arrive in order.
   *
   * @param listener hears of them in the background; {@link CircuitBreakerTransition#breaker} is {@code name:key}
   * @return ends the subscription when closed
   */
  Subscription subscribe(CircuitBreakerListener listener);

  /**
   * Subscribes to evictions and overflows. Up to 1024 events wait to be delivered, and more than that are dropped.
   *
   * @param listener hears of them in the background
   * @return ends the subscription when closed
   */
  Subscription subscribeKeys(Consumer<? super KeyedCircuitBreakerEvent> listener);
}
