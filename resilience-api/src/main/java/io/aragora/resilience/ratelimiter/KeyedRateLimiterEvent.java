package io.aragora.resilience.ratelimiter;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An eviction or overflow of a {@link KeyedRateLimiter} that has no room for a key. Immutable and thread-safe.
 */
public final class KeyedRateLimiterEvent {
  private final String limiter;
  private final Kind kind;
  private final String key;

  private KeyedRateLimiterEvent(String limiter, Kind kind, String key) {
    this.limiter = limiter;
    this.kind = kind;
    this.key = key;
  }

  /**
   * Creates an event.
   *
   * @param limiter the name of the keyed limiter
   * @param kind the kind of event
   * @param key the key
   * @return the event
   */
  public static KeyedRateLimiterEvent of(String limiter, Kind kind, String key) {
    return new KeyedRateLimiterEvent(limiter, kind, key);
  }

  /** {@return the name of the keyed limiter} */
  public String limiter() {
    return limiter;
  }

  /** {@return the kind of event} */
  public Kind kind() {
    return kind;
  }

  /** {@return the key} */
  public String key() {
    return key;
  }

  /** The kind of event. */
  public enum Kind {
    /** The key, which was idle the longest, was evicted to make room for another key. */
    EVICTED,
    /** There was no room for the key, and its call used the overflow limiter. */
    OVERFLOWED
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof KeyedRateLimiterEvent that
        && limiter.equals(that.limiter)
        && kind.equals(that.kind)
        && key.equals(that.key);
  }

  @Override
  public int hashCode() {
    return Objects.hash(limiter, kind, key);
  }

  @Override
  public String toString() {
    return "KeyedRateLimiterEvent[limiter=" + limiter + ", kind=" + kind + ", key=" + key + "]";
  }
}
