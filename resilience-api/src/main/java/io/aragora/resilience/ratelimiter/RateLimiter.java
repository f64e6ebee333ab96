package io.aragora.resilience.ratelimiter;

import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Bounds how many calls are made in a period. A call takes one permit. If there is none, it waits for up to {@link
 * RateLimiterConfig#maxWait}, or is rejected by {@link RateLimitExceededException}; a call that would wait in vain is
 * rejected at once.
 *
 * <p>A permit is spent once it is taken, whatever becomes of the call: a permit that is given back would let more calls
 * through than the limit. So a limiter belongs inside a circuit breaker, whose rejections then take no permits, and inside
 * a retry, whose attempts then take one each.
 *
 * <p>Calls wait in the order in which they came, threads and futures alike. No call overtakes a waiting one. Thread-safe;
 * a call that does not wait takes no lock and allocates nothing, except for the exception of a rejection.
 */
public interface RateLimiter extends Policy {
  /** {@return the present config} */
  RateLimiterConfig config();

  /**
   * Tries to take one permit. Never waits.
   *
   * @return whether it was taken
   */
  boolean tryAcquire();

  /**
   * Tries to take permits, all or none. Never waits.
   *
   * @param permits at least 1, at most the burst; 1 for an exact limiter
   * @return whether they were taken
   * @throws IllegalArgumentException if {@code permits} is not in that range
   */
  boolean tryAcquire(int permits);

  /**
   * Returns a view of this limiter whose calls take several permits each.
   *
   * @param permits at least 1, at most the burst; 1 for an exact limiter
   * @return a policy of the same name, with the same level, queue and totals
   * @throws IllegalArgumentException if {@code permits} is not in that range
   */
  Policy withPermits(int permits);

  /**
   * Returns the time after which a call of one permit may be admitted, behind all that wait. Takes nothing.
   *
   * @return zero if it may be admitted now
   */
  Duration retryAfter();

  /**
   * Rejects calls for a time, because the server asked for it. Calls that wait go on waiting, unless their longest wait
   * or their deadline ends before the pause; those are rejected at once. A shorter pause than the present one changes
   * nothing.
   *
   * @param length positive; if it exceeds {@link RateLimiterConfig#maxPause}, the pause takes that long
   * @throws IllegalArgumentException if {@code length} is not positive or exceeds 106,751 days
   */
  void pauseFor(Duration length);

  /** Ends a pause. */
  void resume();

  /**
   * Follows what a server said about its limit. It only lowers what this limiter admits: a smaller number of remaining
   * permits becomes the level; no remaining permit with a time until the reset, or a {@code Retry-After}, begins a pause of
   * that time. A time that has passed, or that exceeds {@link RateLimiterConfig#maxPause}, begins no pause. The limit of the
   * server is adopted only up to {@link RateLimiterConfig.Builder#adoptUpTo}.
   *
   * @param hint what the server said
   */
  void observe(RateLimitHint hint);

  /**
   * Replaces the config. The level stays, as a share of the burst. Waiting calls keep their order; those whose longest wait
   * or deadline now ends too early are rejected at once.
   *
   * @param config the new config; exact if the present one is
   * @throws IllegalArgumentException if one config is exact and the other is not
   */
  void reconfigure(RateLimiterConfig config);

  /** {@return an immutable snapshot of this limiter} */
  RateLimiterSnapshot snapshot();

  /** {@return the totals} */
  RateLimiterTotals totals();

  /**
   * Subscribes to rejections, admissions after a wait, pauses and changes of the config. An event is created only if there
   * is a listener. Up to 1024 events wait for delivery; more are dropped, which is logged once.
   *
   * @param listener receives events in the background; its first exception is logged
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super RateLimiterEvent> listener);
}
