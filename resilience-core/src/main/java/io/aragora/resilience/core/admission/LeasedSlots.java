package io.aragora.resilience.core.admission;

import java.util.concurrent.atomic.AtomicLongArray;

/** Slots for calls. A slot is taken, released once, and free again when its lease has expired. Lock-free. */
public class LeasedSlots {
  /*
   * One word for each slot:  start:36 | sequence:28, with the start in microseconds since the slots were made, at least 1, and 0
   * for a free slot. Every hand-over raises the sequence, so each is won once:
   *
   *   claim     0|s -> t|s        release    t|s -> 0|s+1        take over an expired one   t|s -> t'|s+1
   *                               spend      t|s -> t|s+1
   *
   * (Stress: ProbeSlotsStress.ProbeCompletesOnce, LeasedSlotsStress.LateReleaseFreesNoForeignSlot, SpentSlotStaysTaken.)
   *
   * The start comes round after 19 hours, so ages are signed: up to 9 hours, and negative for a thread that read the clock,
   * stalled, and finds a slot that was taken since; that slot is young, not expired (stress:
   * ProbeSlotsStress.HalfOpenKeepsItsLimit). A lease is at most 8 hours. A slot that is not examined for much longer looks
   * young again for a while, and is taken over later.
   */

  /** No slot was free, or a claim no longer holds its slot. */
  public static final long NONE = -1;

  /** The bits of a claim that name the slot and the sequence, if there are at most 1024 slots. */
  public static final int CLAIM_BITS = 38;

  /** From this lease on, the coarse clock may say when a slot was taken: the lease then ends up to two of its ticks early. */
  private static final long SHORTEST_COARSE_LEASE_NANOS = 1_000_000_000;

  private static final int SEQUENCE_BITS = 28;
  private static final long SEQUENCE_MASK = (1L << SEQUENCE_BITS) - 1;
  private static final long START_MASK = (1L << (64 - SEQUENCE_BITS)) - 1;
  private static final long TAKEN_OVER = 1L << 62;

  private final AtomicLongArray words;
  private final long origin;
  private final long leaseMicros;

  /**
   * Creates free slots.
   *
   * @param slots the number of slots
   * @param nowNanos the time
   * @param leaseNanos the longest time for which a slot is held, at most 8 hours
   */
  public LeasedSlots(int slots, long nowNanos, long leaseNanos) {
    this.words = new AtomicLongArray(slots);
    this.origin = nowNanos;
    this.leaseMicros = Math.max(1, leaseNanos / 1000);
  }

  /** {@return whether slots may be taken at a time of the coarse clock} */
  public final boolean areLeasesCoarse() {
    return leaseMicros >= SHORTEST_COARSE_LEASE_NANOS / 1000;
  }

  /**
   * Takes a slot.
   *
   * @param now the time
   * @return a claim, whose lowest {@link #CLAIM_BITS} suffice to release it; {@link #NONE} if all slots are taken
   */
  public final long claim(long now) {
    long start = startAt(now);
    for (int slot = 0; slot < words.length(); slot++) {
      long word = words.get(slot);
      while (isFree(word) || isExpired(word, start)) {
        long claim = isFree(word) ? word & SEQUENCE_MASK : nextSequence(word) | TAKEN_OVER;
        if (words.compareAndSet(slot, word, (start << SEQUENCE_BITS) | (claim & SEQUENCE_MASK))) {
          return ((long) slot << SEQUENCE_BITS) | claim;
        }
        word = words.get(slot);
      }
    }
    return NONE;
  }

  /**
   * Returns whether a claim took over a slot whose lease had expired.
   *
   * @param claim the whole claim, not {@link #NONE}
   * @return whether another call had the slot until then
   */
  public static boolean isTakenOver(long claim) {
    return (claim & TAKEN_OVER) != 0;
  }

  /**
   * Releases a slot.
   *
   * @param claim the claim
   * @param now the time
   * @return the microseconds for which it was held; {@link #NONE} if the claim no longer holds it: it was released before, or
   *     another call took over the expired lease
   */
  public final long release(long claim, long now) {
    return end(claim, now, 0);
  }

  /**
   * Ends a claim and leaves its slot taken until the lease ends.
   *
   * @param claim the claim
   * @param now the time
   * @return as {@link #release} does
   */
  public final long spend(long claim, long now) {
    return end(claim, now, START_MASK << SEQUENCE_BITS);
  }

  private long end(long claim, long now, long kept) {
    int slot = slot(claim);
    long word = held(claim);
    return word != 0 && words.compareAndSet(slot, word, (word & kept) | nextSequence(word))
        ? Math.max(0, age(word, startAt(now)))
        : NONE;
  }

  /** Returns the word of the slot that a claim holds; 0 if it holds none. */
  private long held(long claim) {
    int slot = slot(claim);
    long word = slot < words.length() ? words.get(slot) : 0;
    return !isFree(word) && ((word ^ claim) & SEQUENCE_MASK) == 0 ? word : 0;
  }

  /**
   * Releases a slot whose lease has expired.
   *
   * @param now the time
   * @return whether there was one
   */
  public final boolean releaseExpired(long now) {
    long start = startAt(now);
    for (int slot = 0; slot < words.length(); slot++) {
      long word = words.get(slot);
      if (!isFree(word)
          && isExpired(word, start)
          && words.compareAndSet(slot, word, nextSequence(word))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns when the next lease expires.
   *
   * @param now the time
   * @return nanoseconds until then, 0 if one has expired; {@link Long#MAX_VALUE} if all slots are free
   */
  public final long nanosToExpiry(long now) {
    long start = startAt(now);
    long oldest = NONE;
    for (int slot = 0; slot < words.length(); slot++) {
      long word = words.get(slot);
      if (!isFree(word)) {
        oldest = Math.max(oldest, Math.max(0, age(word, start)));
      }
    }
    // A start is rounded up, so a lease may end up to two microseconds later than its age says.
    return oldest == NONE ? Long.MAX_VALUE : Math.max(0, (leaseMicros - oldest) * 1000);
  }

  /**
   * Returns how many slots have been taken for some time.
   *
   * @param micros the least time, in microseconds
   * @param now the time
   * @return the number of slots, expired ones included
   */
  public final int olderThan(long micros, long now) {
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

  /**
   * Returns for how long a slot has been taken.
   *
   * @param claim the claim
   * @param now the time
   * @return in microseconds; {@link #NONE} if the claim no longer holds a slot
   */
  public final long ageOf(long claim, long now) {
    long word = held(claim);
    return word != 0 ? Math.max(0, age(word, startAt(now))) : NONE;
  }

  /**
   * Returns whether no slot can be taken.
   *
   * @param now the time
   * @return whether all are taken, and no lease has expired
   */
  public final boolean isFull(long now) {
    return inFlight(now) == words.length();
  }

  /**
   * Counts the slots that are taken.
   *
   * @param now the time
   * @return their number, without those whose lease has expired
   */
  public final int inFlight(long now) {
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
    return Math.max(1, ((now - origin) / 1000 + 1) & START_MASK);
  }

  private boolean isExpired(long word, long start) {
    return age(word, start) >= leaseMicros;
  }

  private static int slot(long claim) {
    return (int) ((claim & ~TAKEN_OVER) >>> SEQUENCE_BITS);
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
