package io.aragora.resilience.circuitbreaker;

/**
 * What happened to a key of a {@link KeyedCircuitBreaker} for want of room.
 *
 * @param breaker the name of the keyed breaker
 * @param kind what happened
 * @param key to which key
 */
public record KeyedCircuitBreakerEvent(String breaker, Kind kind, String key) {

  /** What happened. */
  public enum Kind {
    /** The key, which was idle or abandoned, made room for another one. */
    EVICTED,
    /** The key found no room and was given {@link KeyedCircuitBreaker#overflow}. */
    OVERFLOWED
  }
}
