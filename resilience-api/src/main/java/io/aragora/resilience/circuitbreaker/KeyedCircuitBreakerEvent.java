package io.aragora.resilience.circuitbreaker;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An eviction or overflow of a {@link KeyedCircuitBreaker} that has no room for a key. Immutable and thread-safe.
 */
public final class KeyedCircuitBreakerEvent {
  private final String breaker;
  private final Kind kind;
  private final String key;

  private KeyedCircuitBreakerEvent(String breaker, Kind kind, String key) {
    this.breaker = breaker;
    this.kind = kind;
    this.key = key;
  }

  /**
   * Creates an event.
   *
   * @param breaker the name of the keyed breaker
   * @param kind the kind of event
   * @param key the key
   * @return the event
   */
  public static KeyedCircuitBreakerEvent of(String breaker, Kind kind, String key) {
    return new KeyedCircuitBreakerEvent(breaker, kind, key);
  }

  /** {@return the name of the keyed breaker} */
  public String breaker() {
    return breaker;
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
    /** The key, which was idle or abandoned, was evicted to make room for another key. */
    EVICTED,
    /** There was no room for the key, and the caller received {@link KeyedCircuitBreaker#overflow}. */
    OVERFLOWED
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof KeyedCircuitBreakerEvent that
        && breaker.equals(that.breaker)
        && kind.equals(that.kind)
        && key.equals(that.key);
  }

  @Override
  public int hashCode() {
    return Objects.hash(breaker, kind, key);
  }

  @Override
  public String toString() {
    return "KeyedCircuitBreakerEvent[breaker=" + breaker + ", kind=" + kind + ", key=" + key + "]";
  }
}
