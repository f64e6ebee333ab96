package io.aragora.resilience.core.circuitbreaker;

import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Finds keys to evict: those that are closed and idle, and those that are open and abandoned. Examines the keys in the order of
 * their creation, 16 at a time; a key that stays moves to the end. Not thread-safe.
 */
final class EvictionRound {
  /** The number of keys that one step examines. */
  private static final int STEPS = 16;

  /** The time without a call after which a closed key is idle, whatever its window. */
  private static final long IDLE_NANOS = 60_000_000_000L;

  private final long abandonedNanos;
  private final ArrayDeque<BreakerOfKey> round = new ArrayDeque<>();

  /**
   * Begins a round without keys.
   *
   * @param abandonedAfter the time after which an open key that no caller asked for is abandoned
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
