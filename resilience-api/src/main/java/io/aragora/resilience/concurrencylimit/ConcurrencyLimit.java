package io.aragora.resilience.concurrencylimit;

import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import java.util.function.Consumer;

/**
 * Bounds how many calls are under way at a time, by a limit that it finds itself. It compares the latencies of calls with
 * the latency without load: as long as they stay close, the limit grows; if calls begin to queue in the dependency, it falls. A
 * call that is not admitted waits as the config allows, or fails with {@link ConcurrencyLimitExceededException}.
 *
 * <pre>{@code
 * ConcurrencyLimit api = resilience.concurrencyLimit("api", c -> c.healthyLatency(ofMillis(300)));
 * api.call(() -> client.search(query));
 * api.withPriority(Priority.SHEDDABLE).call(() -> client.report());
 * }</pre>
 *
 * <p>The limit changes at most once in a {@linkplain ConcurrencyLimitConfig.Builder#window window}, by the library's timer, never
 * within a call. Waiting calls have one queue, in which the highest priority is the next one, and within a priority the oldest.
 *
 * <p>The rule is that of a gradient with a baseline that never rises while the limit holds calls back; see
 * docs/concurrency-limit.md for the formulas and what they come from. Thread-safe.
 */
public interface ConcurrencyLimit extends Policy {
  /** The permit of a call that was not admitted. */
  long REJECTED = 0;

  /** {@return the present config} */
  ConcurrencyLimitConfig config();

  /**
   * Returns this limit for calls of a priority. All priorities share the limit, its settings and its name.
   *
   * @param priority the priority
   * @return this limit, whose calls have that priority
   */
  ConcurrencyLimit withPriority(Priority priority);

  /** {@return the priority of calls; {@link Priority#NORMAL} unless it comes from {@link #withPriority}} */
  Priority priority();

  /**
   * Tries to take a permit, without waiting. Takes none while others of this priority or a higher one wait.
   *
   * @return a permit, which the caller gives back by {@link #recordSuccess}, {@link #recordDrop} or {@link #releasePermit};
   *     {@link #REJECTED} if none is free
   */
  long tryAcquirePermit();

  /**
   * Returns the permit of a call that has succeeded. The time since the permit was taken is a sample.
   *
   * @param permit the permit
   * @throws IllegalArgumentException if {@code permit} is {@link #REJECTED} or no permit of a concurrency limit
   */
  void recordSuccess(long permit);

  /**
   * Returns the permit of a call whose end is a sign of overload.
   *
   * @param permit the permit
   * @throws IllegalArgumentException if {@code permit} is {@link #REJECTED} or no permit of a concurrency limit
   */
  void recordDrop(long permit);

  /**
   * Returns the permit of a call that is no sample. A permit must be returned once; a second return is ignored if no call
   * is under way, and otherwise frees the permit of another call.
   *
   * @param permit the permit
   * @throws IllegalArgumentException if {@code permit} is {@link #REJECTED} or no permit of a concurrency limit
   */
  void releasePermit(long permit);

  /**
   * Replaces the config. The present limit stays if it is between the new least and most, and becomes the nearer of them
   * otherwise. Calls under way keep their permits.
   *
   * @param config the new config
   */
  void reconfigure(ConcurrencyLimitConfig config);

  /** {@return the numbers of the last window that had samples, and the rule that decided} */
  ConcurrencyLimitExplanation explain();

  /** {@return the present numbers} */
  ConcurrencyLimitSnapshot snapshot();

  /** {@return the totals of all priorities} */
  ConcurrencyLimitTotals totals();

  /**
   * Returns the totals of a priority.
   *
   * @param priority the priority
   * @return the totals of its calls
   */
  ConcurrencyLimitTotals totals(Priority priority);

  /**
   * Subscribes to changes of the limit, and to calls that were rejected or had to wait.
   *
   * @param listener receives events in the background; its first exception is logged
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super ConcurrencyLimitEvent> listener);
}
