package io.aragora.resilience.spi;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes durations as they occur, for histograms, which cannot be read off counters afterwards. Where there is none, calls are
 * not timed. Given to a runtime by {@link ResilienceContext#recordDurations}. Thread-safe: policies are made, and calls end, on
 * any thread.
 */
public interface DurationRecorder {
  /** What is measured. */
  enum Kind {
    /** A call that a breaker admitted and counted as a success. */
    SUCCESSFUL_CALL,
    /** A call that a breaker admitted and counted as a failure. */
    FAILED_CALL,
    /** How long a retry waits before a further attempt. */
    RETRY_DELAY,
    /** The limit of a timeout that a call has exceeded. */
    EXCEEDED_LIMIT
  }

  /**
   * Gives what takes the durations of one policy. Asked when the policy is made, or for those that exist when the recorder is
   * given.
   *
   * @param kind what is measured
   * @param policy the name of the breaker, retry or timeout; of the keyed breaker where each key has its own
   * @return takes nanoseconds, on the thread of the call: must be thread-safe and quick, must not block, and should not
   *     allocate; what it throws is logged once and harms no call; null where they are of no interest
   */
  @Nullable
  LongConsumer of(Kind kind, String policy);
}
