package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.PermitLevel;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** The last admissions of an exact limiter, as many as its limit. Lock-free. */
final class ExactRing implements PermitLevel {
  /*
   * Layout: a ticket, the number of the next admission, and a ring with a slot for each of the last N admissions:
   *
   *   lap:16 | time:48     the lap of the ring in which the slot was written, and the microseconds since the origin of the
   *                        clock, rounded up, so that no admission comes early
   *
   * Admission T may happen if slot T mod N is of the lap before and its time is a period ago. One CAS writes the slot (this
   * lap, now), another moves the ticket on. A thread that finds the slot of this lap already moves the ticket on for the
   * winner, and looks again. Without the lap, a thread that stalls between slot and ticket would make the next one judge by
   * its own admission. Stress: ExactRingStress.SlotAgainstTicket.
   *
   * Time: a slot is read before the clock, as in CellLevel, and admissions happen one after the other, so the times of the
   * ring never decrease. Ages are calculated modulo 2^48 microseconds, 8.9 years.
   *
   * Change of the limit: the slot of the next admission is frozen by CAS with the lap FROZEN apart, so that no further
   * admission succeeds; then the owner publishes a new ring with the times of the newest admissions. Stress:
   * ExactRingStress.TakeAgainstChange. Whatever can fail comes before the freeze: each call would wait for the new ring for ever.
   *
   * Progress: lock-free, except that a thread spins while another one changes the limit.
   */
  private static final VarHandle TICKET = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "ticket", VarHandle.class, Ring.class, long.class);
  private static final VarHandle SLOTS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int TIME_BITS = 48;
  private static final long TIME_MASK = (1L << TIME_BITS) - 1;
  private static final int LAPS = 1 << 16;
  private static final int FROZEN = LAPS / 2;
  private static final long MICROSECOND = 1000;

  private volatile Ring ring;

  private static final class Ring {
    final int limit;
    final long periodMicros;
    final long[] slots;

    @SuppressWarnings("unused") // written through its handle
    volatile long ticket;

    Ring(int limit, long periodNanos) {
      this.limit = limit;
      this.periodMicros = ceil(periodNanos);
      this.slots = new long[limit];
    }

    long slot(long ticket) {
      return (long) SLOTS.getVolatile(slots, (int) (ticket % limit));
    }

    boolean casSlot(long ticket, long expected, long next) {
      return SLOTS.compareAndSet(slots, (int) (ticket % limit), expected, next);
    }

    void next(long from) {
      TICKET.compareAndSet(this, from, from + 1);
    }

    /** The number of laps that a slot is behind its ticket: 1 before the admission of the ticket, 0 after it. */
    int behind(long ticket, long slot) {
      return (int) (ticket / limit - (slot >>> TIME_BITS)) & (LAPS - 1);
    }

    long stamped(long ticket, long behind, long micros) {
      return ((ticket / limit - behind) << TIME_BITS) | (micros & TIME_MASK);
    }

    /** Nanoseconds after which the admission that a slot holds is a period ago, at least 0. */
    long leftNanos(long slot, long now) {
      long age = (now / MICROSECOND - slot) & TIME_MASK;
      if (age >= periodMicros) {
        // An admission within this microsecond was rounded up, and is not from 8.9 years ago.
        return age == TIME_MASK ? periodMicros * MICROSECOND + MICROSECOND - now % MICROSECOND : 0;
      }
      return (periodMicros - age) * MICROSECOND - now % MICROSECOND;
    }
  }

  /**
   * Creates a ring.
   *
   * @param limit the number of admissions in any period, in [1, 65,536]
   * @param periodNanos the period
   * @param isFull whether there were no admissions within the last period; if not, as many as the limit are happening now
   * @param now the present time in nanoseconds
   */
  ExactRing(int limit, long periodNanos, boolean isFull, long now) {
    Ring first = new Ring(limit, periodNanos);
    long micros = ceil(now) - (isFull ? first.periodMicros + 1 : 0);
    for (int i = 0; i < limit; i++) {
      first.slots[i] = first.stamped(i, 1, micros);
    }
    ring = first;
  }

  private static long ceil(long nanos) {
    return nanos / MICROSECOND + (nanos % MICROSECOND == 0 ? 0 : 1);
  }

  @Override
  public boolean tryTake(int permits, TimeSource time) {
    while (true) {
      Ring present = ring;
      long ticket = present.ticket;
      long slot = present.slot(ticket);
      int behind = present.behind(ticket, slot);
      if (behind == 0) {
        present.next(ticket);
      } else if (behind == 1) {
        long now = time.nanoTime();
        if (present.leftNanos(slot, now) > 0) {
          return false;
        }
        if (present.casSlot(ticket, slot, present.stamped(ticket, 0, ceil(now)))) {
          present.next(ticket);
          return true;
        }
      } else {
        // Another thread has moved the ticket on since it was read, or changes the limit.
        Thread.onSpinWait();
      }
    }
  }

  @Override
  public long readyAt(TimeSource time, long from, long before, int permits) {
    while (true) {
      Ring present = ring;
      long ticket = present.ticket;
      int first = present.behind(ticket, present.slot(ticket));
      long place = before + permits - 1;
      long slot = present.slot(ticket + place % present.limit);
      long now = time.nanoTime();
      if (first == 0) {
        present.next(ticket);
      } else if (first == 1 && present.ticket == ticket) {
        long laps = place / present.limit;
        long rest = Math.max(Math.max(0, from - now), present.leftNanos(slot, now));
        long period = present.periodMicros * MICROSECOND;
        return laps > (Nanos.LATEST - rest) / period
            ? Nanos.LATEST
            : Nanos.after(now, rest + laps * period);
      } else {
        Thread.onSpinWait();
      }
    }
  }

  @Override
  public long available(TimeSource time) {
    while (true) {
      Ring present = ring;
      long ticket = present.ticket;
      int first = present.behind(ticket, present.slot(ticket));
      if (first == 0) {
        present.next(ticket);
      } else if (first == 1) {
        long now = time.nanoTime();
        // The times of the ring never decrease from the ticket on.
        int low = 0;
        int high = present.limit;
        while (low < high) {
          int middle = (low + high) >>> 1;
          if (present.leftNanos(present.slot(ticket + middle), now) == 0) {
            low = middle + 1;
          } else {
            high = middle;
          }
        }
        if (present.ticket == ticket) {
          return low;
        }
      } else {
        Thread.onSpinWait();
      }
    }
  }

  @Override
  public boolean lower(long permits, TimeSource time) {
    boolean isLower = false;
    while (available(time) > permits && tryTake(1, time)) {
      // An admission that no call has: the server has counted it.
      isLower = true;
    }
    return isLower;
  }

  /** Returns whether there was no admission within the last period, so that the ring holds no information. */
  boolean isFull(TimeSource time) {
    Ring present = ring;
    long newest = present.ticket - 1 + present.limit;
    return present.leftNanos(present.slot(newest), time.nanoTime()) == 0;
  }

  /**
   * Changes the limit, and keeps the newest admissions. One thread at a time.
   *
   * @param limit the new limit
   * @param periodNanos the new period
   * @param time the clock
   */
  void change(int limit, long periodNanos, TimeSource time) {
    StackRoom.forHandOver();
    Ring before = ring;
    Ring next = new Ring(limit, periodNanos);
    long past = ceil(time.nanoTime()) - next.periodMicros - 1;
    long ticket = freeze(before);
    for (int i = 0; i < limit; i++) {
      // The newest admission is the last to be compared.
      int ago = limit - i;
      long micros =
          ago <= before.limit ? before.slot(ticket + before.limit - ago) & TIME_MASK : past;
      next.slots[i] = next.stamped(i, 1, micros);
    }
    ring = next;
  }

  /** Prevents every further admission, and returns the ticket of the first that did not happen. */
  private static long freeze(Ring ring) {
    while (true) {
      long ticket = ring.ticket;
      long slot = ring.slot(ticket);
      int behind = ring.behind(ticket, slot);
      if (behind == 0) {
        ring.next(ticket);
      } else if (behind == 1
          && ring.casSlot(ticket, slot, ring.stamped(ticket, FROZEN, slot & TIME_MASK))) {
        return ticket;
      }
    }
  }
}
