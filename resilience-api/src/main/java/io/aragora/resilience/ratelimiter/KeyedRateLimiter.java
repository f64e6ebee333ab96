package io.aragora.resilience.ratelimiter;

import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A rate limiter for each key, a tenant or an origin for instance. All have the same config, and none takes the permits of
 * another. A key needs no declaration.
 *
 * <p>The number of keys is bounded. A new key beyond {@link KeyedRateLimiterConfig#maxKeys()} evicts a key whose level is
 * full again, which has nothing to remember; if there is none, the key that was idle the longest. If no key is idle, the new
 * key shares the <em>overflow</em> limiter with all other keys without room. Keys that an attacker invents therefore
 * neither fill the memory nor escape the limit.
 *
 * <p>Thread-safe; finding a known key takes no lock and allocates nothing.
 */
public interface KeyedRateLimiter {
  /** {@return the name of the keyed limiter} */
  String name();

  /** {@return the present config} */
  KeyedRateLimiterConfig config();

  /**
   * Tries to take one permit of a key. Never waits.
   *
   * @param key not blank, at most 10,000 characters
   * @return whether it was taken
   * @throws IllegalArgumentException if {@code key} is blank or has more than 10,000 characters
   */
  boolean tryAcquire(String key);

  /**
   * Tries to take permits of a key, all or none. Never waits.
   *
   * @param key not blank, at most 10,000 characters
   * @param permits at least 1, at most the burst; 1 for exact limiters
   * @return whether they were taken
   * @throws IllegalArgumentException if {@code key} is blank or has more than 10,000 characters, or {@code permits} is not in
   *     its range
   */
  boolean tryAcquire(String key, int permits);

  /**
   * Returns the policy of a key, whose calls take one permit each.
   *
   * @param key not blank, at most 10,000 characters
   * @return a policy named {@code name:key}, with the level of the key for as long as it is referenced; {@code
   *     name:*overflow*} if there is no room for the key
   * @throws IllegalArgumentException if {@code key} is blank or has more than 10,000 characters
   */
  Policy forKey(String key);

  /**
   * Returns the policy of a key, whose calls take several permits each.
   *
   * @param key not blank, at most 10,000 characters
   * @param permits at least 1, at most the burst; 1 for exact limiters
   * @return a policy as that of {@link #forKey(String)}
   * @throws IllegalArgumentException if {@code key} is blank or has more than 10,000 characters, or {@code permits} is not in
   *     its range
   */
  Policy forKey(String key, int permits);

  /**
   * Returns the time after which a call of a key may be admitted. Takes nothing and creates no key.
   *
   * @param key the key
   * @return zero if it may be admitted now, or the key is unknown
   */
  Duration retryAfter(String key);

  /**
   * Rejects the calls of a key for a time, as {@link RateLimiter#pauseFor} does. If there is no room for the key, nothing
   * happens, because all keys without room would be paused.
   *
   * @param key not blank, at most 10,000 characters
   * @param length positive; if it exceeds {@link RateLimiterConfig#maxPause}, the pause takes that long
   * @throws IllegalArgumentException if {@code key} is blank or has more than 10,000 characters, or {@code length} is not
   *     positive or exceeds 106,751 days
   */
  void pauseFor(String key, Duration length);

  /**
   * Ends the pause of a key.
   *
   * @param key the key; an unknown one has no pause
   */
  void resume(String key);

  /**
   * Follows what a server said about the limit of a key, as {@link RateLimiter#observe} does. Adopts no limit. If there is no
   * room for the key, nothing happens.
   *
   * @param key not blank, at most 10,000 characters
   * @param hint what the server said
   * @throws IllegalArgumentException if {@code key} is blank or has more than 10,000 characters
   */
  void observe(String key, RateLimitHint hint);

  /**
   * Replaces the config of all keys, as {@link RateLimiter#reconfigure} does.
   *
   * @param config the new config of each key; exact if the present one is
   * @throws IllegalArgumentException if one config is exact and the other is not
   */
  void reconfigure(RateLimiterConfig config);

  /**
   * Returns a snapshot of a key. Creates no key.
   *
   * @param key the key
   * @return the snapshot; that of a new limiter for an unknown key
   */
  RateLimiterSnapshot snapshot(String key);

  /**
   * Returns the keys whose calls were rejected most, with the number of rejections since the key was created. Takes a time
   * that grows with the number of keys.
   *
   * @param limit the largest number of keys to return, at least 1
   * @return an immutable copy, the most rejected key first; keys without a rejection are not included
   * @throws IllegalArgumentException if {@code limit} is less than 1
   */
  Map<String, Long> mostRejected(int limit);

  /**
   * Returns the keys that are paused, with the rest of their pauses.
   *
   * @param limit the largest number of keys to return, at least 1
   * @return an immutable copy
   * @throws IllegalArgumentException if {@code limit} is less than 1
   */
  Map<String, Duration> pausedKeys(int limit);

  /** {@return the totals of all keys together, evicted ones included, and of the overflow limiter} */
  RateLimiterTotals totals();

  /**
   * Returns the number of calls that wait, of all keys together. Takes a time that grows with the number of keys.
   *
   * @return the number of calls
   */
  int waiting();

  /** {@return the number of keys with a level of their own, at most {@link KeyedRateLimiterConfig#maxKeys()}} */
  int size();

  /** {@return the number of keys that were evicted since the start although their level was not full} */
  long evictions();

  /** {@return the number of times since the start that a key had no room and used the overflow limiter} */
  long overflows();

  /**
   * Removes a key, with its level and its pause.
   *
   * @param key the key
   * @return whether it was known
   */
  boolean remove(String key);

  /**
   * Subscribes to the events of every key, present and future, as {@link RateLimiter#subscribe} does.
   *
   * @param listener receives events in the background; {@link RateLimiterEvent#limiter} is {@code name:key}
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super RateLimiterEvent> listener);

  /**
   * Subscribes to evictions and overflows. Up to 1024 events wait for delivery; more are dropped.
   *
   * @param listener receives events in the background
   * @return ends the subscription when closed
   */
  Subscription subscribeKeys(Consumer<? super KeyedRateLimiterEvent> listener);
}
