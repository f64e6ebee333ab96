package io.aragora.resilience.core.bulkhead;

import io.aragora.resilience.core.admission.AdmissionPolicy;

/**
 * The places of a bulkhead: exactly as many as its limit. A place is never held by two calls, and no call is rejected while
 * a place was free throughout. Taking and giving back allocate nothing, and take no lock except when two calls meet for the first
 * time. Thread-safe.
 */
abstract class Places {
  /**
   * Takes a place.
   *
   * @return its permit, or {@link AdmissionPolicy#NO_PERMIT} if there was an instant without a free place
   */
  abstract long tryTake();

  /**
   * Returns whether a number is a permit.
   *
   * @param permit any number
   * @return whether {@link #tryTake} may have returned it
   */
  abstract boolean isPermit(long permit);

  /**
   * Returns a place.
   *
   * @param permit its permit
   * @return false if that is impossible, since more places would be free than there are
   */
  abstract boolean giveBack(long permit);

  /**
   * Changes the number of places. One thread at a time calls it.
   *
   * @param by how many more, or fewer if negative
   */
  abstract void resize(int by);

  /** Returns how many places are held, also those that vanish when they are given back. */
  abstract int inUse();

  /** Returns how many places were taken so far. */
  abstract long taken();

  /** Returns how many places were taken over because they were held for too long. */
  long expired() {
    return 0;
  }

  /** Returns how long it takes until a place may be taken over, in nanoseconds; {@link Long#MAX_VALUE} if none ever is. */
  long nanosToExpiry() {
    return Long.MAX_VALUE;
  }
}
