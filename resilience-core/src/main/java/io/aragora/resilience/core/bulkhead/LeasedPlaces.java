package io.aragora.resilience.core.bulkhead;

import io.aragora.resilience.core.admission.AdmissionPolicy;
import io.aragora.resilience.core.admission.LeasedSlots;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.atomic.LongAdder;

/**
 * Places that a call may hold for some time only. A place that is held for longer goes to the next call that asks and finds
 * no free one. Lock-free; each call looks through the slots of the others.
 */
final class LeasedPlaces extends Places {
  /*
   * The count of the places is that of StripedPlaces, with one stripe. A call that has a place also takes a slot, of which
   * there are always enough. The call that empties the slot gives the place back: its own, or a call that finds the lease expired.
   * A slot is emptied once (LeasedSlots), so each place is given back once.
   * Stress: LeasedPlacesStress.ExpiryAgainstRelease.
   */
  private static final int SLOTS = 1024;

  /** The permit of a single stripe. */
  private static final long PLACE = 1;

  /** Turns a claim, which may be 0, into a permit. */
  private static final long PERMIT = 1L << LeasedSlots.CLAIM_BITS;

  private final TimeSource time;
  private final StripedPlaces places;
  private final LeasedSlots leases;
  private final LongAdder expired = new LongAdder();

  LeasedPlaces(int limit, long leaseNanos, TimeSource time) {
    this.time = time;
    this.places = new StripedPlaces(limit, 1);
    this.leases = new LeasedSlots(SLOTS, time.nanoTime(), leaseNanos);
  }

  @Override
  long tryTake() {
    long now = time.nanoTime();
    while (places.tryTake() == AdmissionPolicy.NO_PERMIT) {
      if (!leases.releaseExpired(now)) {
        return AdmissionPolicy.NO_PERMIT;
      }
      giveBackExpired();
    }
    long claim = leases.claim(now);
    if (claim == LeasedSlots.NONE) {
      places.giveBack(PLACE);
      return AdmissionPolicy.NO_PERMIT;
    }
    if (LeasedSlots.isTakenOver(claim)) {
      giveBackExpired();
    }
    return PERMIT | (claim & (PERMIT - 1));
  }

  private void giveBackExpired() {
    expired.increment();
    places.giveBack(PLACE);
  }

  @Override
  boolean isPermit(long permit) {
    return permit >>> LeasedSlots.CLAIM_BITS == 1;
  }

  /** A permit that was given back before, or whose place was taken over, changes nothing. */
  @Override
  boolean giveBack(long permit) {
    return leases.release(permit & (PERMIT - 1), time.nanoTime()) == LeasedSlots.NONE
        || places.giveBack(PLACE);
  }

  @Override
  void resize(int by) {
    places.resize(by);
  }

  @Override
  int inUse() {
    return places.inUse();
  }

  @Override
  long taken() {
    return places.taken();
  }

  @Override
  long expired() {
    return expired.sum();
  }

  @Override
  long nanosToExpiry() {
    return leases.nanosToExpiry(time.nanoTime());
  }
}
