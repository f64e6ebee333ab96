package io.aragora.resilience.core.circuitbreaker;

import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Finds keys to evict: those that are closed and have been idle for a while, and those that have been open for long without a
 * call. Examines the keys in the order of their creation, a few at a time; a key that stays moves to the end. Not thread-safe.
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

  /** Removes and returns the first of the next few keys that may be evicted; null if none of them may. */
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
