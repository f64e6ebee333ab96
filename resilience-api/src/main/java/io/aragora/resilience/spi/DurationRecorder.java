package io.aragora.resilience.spi;

import io.aragora.resilience.ResilienceContext;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Records durations as they occur, for histograms, which counters cannot supply afterwards. Without a recorder, calls
 * are not timed. Given to a runtime by {@link ResilienceContext#recordDurations}. Thread-safe: policies are created, and
 * calls end, on any thread.
 */
public interface DurationRecorder {
  /** The kinds of durations. */
  enum Kind {
    /** A call that a breaker admitted and counted as a success. */
    SUCCESSFUL_CALL,
    /** A call that a breaker admitted and counted as a failure. */
    FAILED_CALL,
    /** The delay of a retry before a further attempt. */
    RETRY_DELAY,
    /** The limit of a timeout that a call has exceeded. */
    EXCEEDED_LIMIT,
    /** The wait of a call before a bulkhead admitted it. */
    BULKHEAD_WAIT,
    /** The wait of a call before a rate limiter admitted it. */
    RATE_LIMITER_WAIT,
    /** The wait of a call before a concurrency limit admitted it. */
    CONCURRENCY_LIMIT_WAIT
  }

  /**
   * Returns the consumer of the durations of one policy. Called when the policy is created, or for existing policies
   * when the recorder is registered.
   *
   * @param kind the kind of duration
   * @param policy the name of the breaker, retry, timeout, bulkhead or rate limiter; of the keyed breaker for breakers of keys
   * @return receives nanoseconds on the thread of the call: must be thread-safe and quick, must not block, and
   *     should not allocate; its first exception is logged; null to record nothing
   */
  @Nullable
  LongConsumer of(Kind kind, String policy);

  /**
   * Called when a policy was removed from its runtime by name. Its consumer may still receive durations. By default nothing
   * happens.
   *
   * @param kind the kind of duration
   * @param policy the name that {@link #of} received
   */
  default void forget(Kind kind, String policy) {}
}
