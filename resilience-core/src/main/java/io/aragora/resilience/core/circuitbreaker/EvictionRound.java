package io.aragora.resilience.core.circuitbreaker;

import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Finds keys that may go: those that are closed and were idle for a while, and those that have been open for long and were
 * not asked for. A hand goes round the keys in the order in which they were made, a few at a time; those that stay go to the
 * end of the round. Not thread-safe.
 */
final class EvictionRound {
  /** How many keys are examined at a time. */
  private static final int STEPS = 16;

  /** How long a closed key is without a call to count as idle, whatever its window. */
  private static final long IDLE_NANOS = 60_000_000_000L;

  private final long abandonedNanos;
  private final ArrayDeque<BreakerOfKey> round = new ArrayDeque<>();

  /**
   * Begins a round without keys.
   *
   * @param abandonedAfter how long an open key is not asked for to count as abandoned
   */
  EvictionRound(Duration abandonedAfter) {
    this.abandonedNanos = abandonedAfter.toNanos();
  }

  void add(BreakerOfKey breaker) {
    round.add(breaker);
  }

  void remove(BreakerOfKey breaker) {
    round.removeFirstOccurrence(breaker);
  }

  /** Takes out the first of the next few keys that may go; null where none of them may. */
  @Nullable
  BreakerOfKey next(long now) {
    for (int step = Math.min(STEPS, round.size()); step > 0; step--) {
      BreakerOfKey candidate = round.remove();
      if (mayGo(candidate, now)) {
        return candidate;
      }
      round.add(candidate);
    }
    return null;
  }

  private boolean mayGo(BreakerOfKey breaker, long now) {
    return now - breaker.idleSince() >= IDLE_NANOS
        || now - breaker.abandonedSince() >= abandonedNanos;
  }
}
