package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** The slots for probes of one half-open phase. A slot is taken, released once, and free again when its lease has expired. Lock-free. */
final class ProbeSlots {
  /*
   * One word for each slot:  start:36 | sequence:28, with the start in microseconds since the phase began, at least 1, and 0 for a
   * free slot. Every hand-over raises the sequence, so each is won once:
   *
   *   claim     0|s -> t|s        complete   t|s -> 0|s+1        take over an expired one   t|s -> t'|s+1
   *                               fail       t|s -> t|s+1
   *
   * (Stress: ProbeSlotsStress.ProbeCompletesOnce, LateProbeFreesNoForeignPlace, FailedProbeFreesNoPlace.)
   *
   * A probe that failed ends the phase, so its slot is not free again: otherwise another probe could be admitted before the
   * phase is replaced, although the outcome is known.
   *
   * The start comes round after 19 hours, so ages are signed: up to 9 hours, and negative for a thread that read the clock,
   * stalled, and finds a slot that was taken since; that slot is young, not expired (stress:
   * ProbeSlotsStress.HalfOpenKeepsItsLimit). A lease is at most 8 hours. A slot that is not examined for much longer looks
   * young again for a while, and is taken over later.
   */
  static final long NONE = -1;

  /** From this lease on, the coarse clock may say when a slot was taken: the lease then ends up to two of its ticks early. */
  private static final long SHORTEST_COARSE_LEASE_NANOS = 1_000_000_000;

  private static final int SEQUENCE_BITS = 28;
  private static final long SEQUENCE_MASK = (1L << SEQUENCE_BITS) - 1;
  private static final long START_MASK = (1L << (64 - SEQUENCE_BITS)) - 1;

  private final AtomicLongArray words;

  /** In one word, so that a judgement sees both at one instant: {@code failures:32 | successes:32}. */
  private final AtomicLong outcomes = new AtomicLong();

  private final long phaseStart;
  private final long leaseMicros;

  /**
   * Creates free slots.
   *
   * @param slots the number of slots
   * @param phaseStartNanos the time at which the phase began
   * @param leaseNanos the longest time for which a slot is held
   * @param outcomesSoFar the outcomes of probes before a restart
   */
  ProbeSlots(int slots, long phaseStartNanos, long leaseNanos, long outcomesSoFar) {
    this.outcomes.set(outcomesSoFar);
    this.words = new AtomicLongArray(slots);
    this.phaseStart = phaseStartNanos;
    this.leaseMicros = Math.max(1, leaseNanos / 1000);
  }

  static ProbeSlots of(CircuitBreakerConfig config, long phaseStartNanos, long outcomesSoFar) {
    return new ProbeSlots(
        config.halfOpenMaxCalls(),
        phaseStartNanos,
        config.halfOpenMaxDuration().toNanos(),
        outcomesSoFar);
  }

  /** Returns the word of so many outcomes. */
  static long outcomes(int successes, int failures) {
    return ((long) failures << Integer.SIZE) | successes;
  }

  static int successes(long outcomes) {
    return (int) outcomes;
  }

  static int failures(long outcomes) {
    return (int) (outcomes >>> Integer.SIZE);
  }

  /** Returns whether slots may be taken at a time of the coarse clock. */
  boolean areLeasesCoarse() {
    return leaseMicros >= SHORTEST_COARSE_LEASE_NANOS / 1000;
  }

  /**
   * Takes a slot.
   *
   * @return {@code slot << 28 | sequence}, or {@link #NONE}
   */
  long claim(long now) {
    long start = startAt(now);
    for (int slot = 0; slot < words.length(); slot++) {
      long word = words.get(slot);
      while (isFree(word) || isExpired(word, start)) {
        long sequence = isFree(word) ? word & SEQUENCE_MASK : nextSequence(word);
        if (words.compareAndSet(slot, word, (start << SEQUENCE_BITS) | sequence)) {
          return ((long) slot << SEQUENCE_BITS) | sequence;
        }
        word = words.get(slot);
      }
    }
    return NONE;
  }

  /**
   * Releases a slot.
   *
   * @return the microseconds for which it was held; {@link #NONE} if this permit no longer holds it: it was completed before,
   *     or another call took over the expired lease
   */
  long complete(int slot, int sequence, long now) {
    return end(slot, sequence, now, 0);
  }

  /**
   * Completes a permit and leaves its slot taken until the lease ends, because the phase is about to.
   *
   * @return as {@link #complete} does
   */
  long fail(int slot, int sequence, long now) {
    return end(slot, sequence, now, START_MASK << SEQUENCE_BITS);
  }

  private long end(int slot, int sequence, long now, long kept) {
    if (slot >= words.length()) {
      return NONE;
    }
    long word = words.get(slot);
    return !isFree(word)
            && (word & SEQUENCE_MASK) == sequence
            && words.compareAndSet(slot, word, (word & kept) | nextSequence(word))
        ? Math.max(0, age(word, startAt(now)))
        : NONE;
  }

  /** Counts the outcome of a probe; returns all outcomes so far. */
  long add(boolean failed) {
    return outcomes.addAndGet(failed ? outcomes(0, 1) : outcomes(1, 0));
  }

  long outcomes() {
    return outcomes.get();
  }

  /** Returns how many probes have been under way for at least so many microseconds. */
  int olderThan(long micros, long now) {
    long start = startAt(now);
    int count = 0;
    for (int slot = 0; slot < words.length(); slot++) {
      long word = words.get(slot);
      if (!isFree(word) && age(word, start) >= micros) {
        count++;
      }
    }
    return count;
  }

  /** Returns how long a probe has been under way, in microseconds; {@link #NONE} if its permit holds no slot any more. */
  long ageOf(int slot, int sequence, long now) {
    long word = slot < words.length() ? words.get(slot) : 0;
    return !isFree(word) && (word & SEQUENCE_MASK) == sequence
        ? Math.max(0, age(word, startAt(now)))
        : NONE;
  }

  boolean isFull(long now) {
    return inFlight(now) == words.length();
  }

  int inFlight(long now) {
    long start = startAt(now);
    int count = 0;
    for (int slot = 0; slot < words.length(); slot++) {
      long word = words.get(slot);
      if (!isFree(word) && !isExpired(word, start)) {
        count++;
      }
    }
    return count;
  }

  private long startAt(long now) {
    return Math.max(1, ((now - phaseStart) / 1000 + 1) & START_MASK);
  }

  private boolean isExpired(long word, long start) {
    return age(word, start) >= leaseMicros;
  }

  private static long age(long word, long start) {
    return (start - (word >>> SEQUENCE_BITS)) << SEQUENCE_BITS >> SEQUENCE_BITS;
  }

  private static boolean isFree(long word) {
    return word >>> SEQUENCE_BITS == 0;
  }

  private static long nextSequence(long word) {
    return (word + 1) & SEQUENCE_MASK;
  }
}
