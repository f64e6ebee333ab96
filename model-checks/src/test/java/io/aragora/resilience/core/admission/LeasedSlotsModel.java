package io.aragora.resilience.core.admission;

import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;

/** Two {@link LeasedSlots}, of which each thread holds one at the most. */
@Param(name = "thread", gen = ThreadIdGen.class)
public class LeasedSlotsModel {
  private static final long LEASE = 1_000_000;

  private final LeasedSlots slots = new LeasedSlots(2, 0, LEASE);
  private final long[] claims = {-1, -1, -1, -1, -1, -1};

  /** Returns whether the thread has a slot now. */
  @Operation
  public boolean claim(@Param(name = "thread") int thread) {
    if (claims[thread] == LeasedSlots.NONE) {
      claims[thread] = slots.claim(1);
    }
    return claims[thread] != LeasedSlots.NONE;
  }

  /** Returns whether the thread had a slot. */
  @Operation
  public boolean release(@Param(name = "thread") int thread) {
    long claim = claims[thread];
    claims[thread] = LeasedSlots.NONE;
    return claim != LeasedSlots.NONE && slots.release(claim, 1) != LeasedSlots.NONE;
  }

  /** Releases a slot of another thread, as if its lease had expired; returns whether there was one. */
  @Operation(nonParallelGroup = "clock")
  public boolean releaseExpired() {
    return slots.releaseExpired(2 * LEASE);
  }

  /** The holders of both slots, the first free one of which is claimed. */
  public static class Specification {
    private final boolean[] claims = new boolean[6];
    private final int[] holders = {-1, -1};

    public boolean claim(int thread) {
      if (!claims[thread]) {
        claims[thread] = move(-1, thread);
      }
      return claims[thread];
    }

    public boolean release(int thread) {
      boolean claimed = claims[thread];
      claims[thread] = false;
      return claimed && move(thread, -1);
    }

    public boolean releaseExpired() {
      int first = holders[0] == -1 ? 1 : 0;
      boolean isHeld = holders[first] != -1;
      holders[first] = -1;
      return isHeld;
    }

    private boolean move(int from, int to) {
      for (int slot = 0; slot < holders.length; slot++) {
        if (holders[slot] == from) {
          holders[slot] = to;
          return true;
        }
      }
      return false;
    }
  }
}
