package io.aragora.resilience.core.window;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A window of more than 24 outcomes. Not lock-free in one case: a thread that stalls between its CAS and its store holds up
 * the one that laps it, a whole window later.
 */
final class LongCountWindow extends CountWindow {
  /*
   * ticket:24 | failed:20 | slow:20, and a ring with a byte for each place: PRESENT | lap | slow | failed.
   *
   * A writer with ticket t takes the place t % length. What leaves is what the ticket one lap before left there, and the
   * writer needs it to know what the CAS has to subtract; it is there if the place carries the tag of that lap, else its
   * writer has not stored it yet and we wait for it. Then one CAS of the word takes the ticket and changes the sums, and a
   * store publishes the outcome for the writer of the next lap. A reader of the word sees one instant.
   *
   * Each place is written by one ticket of each lap in turn, so one bit is enough to tell a lap from the one before. Tickets
   * go back from laps * length to length, not to 0, because a full window stays full; laps is odd, so that the last lap and
   * lap 0 have the same tag, and lap 1 follows both.
   *
   * Modes: a place is stored with release after the CAS that took its ticket, and read with acquire by the writer of the next
   * lap and by the thread that retires the window. Tag and outcome are one byte and nothing else is published with it, so opaque would do; plain
   * would not, since a thread that waits for a place could look once and for ever at what it was. Stress:
   * CountWindowStress.LongWindowIsExact, HandingOnLosesNothing.
   */
  private static final VarHandle WORD = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "word", VarHandle.class, LongCountWindow.class, long.class);
  private static final VarHandle PLACES = MethodHandles.arrayElementVarHandle(byte[].class);

  private static final int TICKET_BITS = 24;
  private static final int SUM_BITS = 20;
  private static final long SUM_MASK = (1L << SUM_BITS) - 1;
  private static final int OUTCOME_MASK = 3;
  private static final int LAP_SHIFT = 2;
  private static final int PRESENT = 8;
  private static final long RETIRED = -1;

  private final long endOfTickets;
  private final byte[] places;
  private volatile long word;

  LongCountWindow(int length, long now, Totals totals) {
    super(length, now, totals);
    int laps = ((1 << TICKET_BITS) - 1) / length;
    this.endOfTickets = (long) length * (laps % 2 == 0 ? laps - 1 : laps);
    this.places = new byte[length];
  }

  @Override
  boolean push(int outcome) {
    for (int spins = FEWEST_SPINS; ; spins = giveWay(spins)) {
      long present = word;
      if (present == RETIRED) {
        return false;
      }
      long ticket = ticket(present);
      int place = (int) (ticket % length);
      int leaving = 0;
      if (ticket >= length) {
        int there = (byte) PLACES.getAcquire(places, place);
        if (there != (tag(ticket - length) | (there & OUTCOME_MASK))) {
          // Not stored yet, or the word is an old one: look again.
          continue;
        }
        leaving = there & OUTCOME_MASK;
      }
      long failed = failed(present) + (outcome & FAILURE) - (leaving & FAILURE);
      long slow = slow(present) + (outcome >> 1) - (leaving >> 1);
      long following = ticket + 1 == endOfTickets ? length : ticket + 1;
      if (WORD.compareAndSet(this, present, word(following, failed, slow))) {
        PLACES.setRelease(places, place, (byte) (tag(ticket) | outcome));
        return true;
      }
    }
  }

  private int tag(long ticket) {
    return PRESENT | (int) ((ticket / length) & 1) << LAP_SHIFT;
  }

  private static long word(long ticket, long failed, long slow) {
    return (ticket << (2 * SUM_BITS)) | (failed << SUM_BITS) | slow;
  }

  private static long ticket(long word) {
    return word >>> (2 * SUM_BITS);
  }

  private static long failed(long word) {
    return (word >>> SUM_BITS) & SUM_MASK;
  }

  private static long slow(long word) {
    return word & SUM_MASK;
  }

  private long size(long word) {
    return Math.min(length, ticket(word));
  }

  @Override
  public WindowCounts counts(long now) {
    long present = word;
    return present == RETIRED
        ? WindowCounts.NONE
        : new WindowCounts(size(present), failed(present), slow(present), slowFailures(present));
  }

  /** Looks at each place, and may see one that changed since the word. */
  private long slowFailures(long present) {
    long most = Math.min(failed(present), slow(present));
    long found = 0;
    for (int place = 0; found < most && place < length; place++) {
      int there = (byte) PLACES.getAcquire(places, place);
      found += there != 0 && (there & OUTCOME_MASK) == SLOW_FAILURE ? 1 : 0;
    }
    return found;
  }

  @Override
  public Verdict judge(CircuitBreakerConfig config, long slowInFlight, long now) {
    long present = word;
    return present == RETIRED
        ? Verdict.BELOW
        : judge(
            config, size(present) + slowInFlight, failed(present), slow(present) + slowInFlight);
  }

  @Override
  public double throttleShare(CircuitBreakerConfig config, long now) {
    long present = word;
    return present == RETIRED ? 0 : throttleShare(config, size(present), failed(present));
  }

  @Override
  void retireInto(@Nullable CountWindow heir) {
    long last = (long) WORD.getAndSet(this, RETIRED);
    if (heir == null) {
      return;
    }
    for (long ticket = ticket(last) - size(last); ticket < ticket(last); ticket++) {
      int place = (int) (ticket % length);
      int there = (byte) PLACES.getAcquire(places, place);
      while (there != (tag(ticket) | (there & OUTCOME_MASK))) {
        Thread.onSpinWait();
        there = (byte) PLACES.getAcquire(places, place);
      }
      heir.push(there & OUTCOME_MASK);
    }
  }
}
