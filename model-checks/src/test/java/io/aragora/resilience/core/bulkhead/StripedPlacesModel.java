package io.aragora.resilience.core.bulkhead;

import io.aragora.resilience.core.admission.AdmissionPolicy;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;

/** {@link StripedPlaces} with two places and two stripes, of which each thread holds one at the most. */
@Param(name = "thread", gen = ThreadIdGen.class)
@Param(name = "home", gen = IntGen.class, conf = "0:1")
public class StripedPlacesModel {
  private final StripedPlaces places = new StripedPlaces(2, 2, false);
  private final long[] held = new long[6];
  private boolean isLowered;

  /** Returns whether the thread has a place now. */
  @Operation
  public boolean take(@Param(name = "thread") int thread, @Param(name = "home") int home) {
    if (held[thread] == AdmissionPolicy.NO_PERMIT) {
      held[thread] = places.tryTakeFrom(places.isDealt() ? home : 0);
    }
    return held[thread] != AdmissionPolicy.NO_PERMIT;
  }

  /** Returns whether the thread had a place. */
  @Operation
  public boolean giveBack(@Param(name = "thread") int thread) {
    long permit = held[thread];
    held[thread] = AdmissionPolicy.NO_PERMIT;
    return permit != AdmissionPolicy.NO_PERMIT && places.giveBack(permit);
  }

  /** Lowers the limit by one, or raises it again. */
  @Operation(nonParallelGroup = "operator")
  public void resize() {
    isLowered = !isLowered;
    places.resize(isLowered ? -1 : 1);
  }

  /** Deals the places to both stripes. */
  @Operation(nonParallelGroup = "operator")
  public void deal() {
    places.deal();
  }

  /** A limit and a count. */
  public static class Specification {
    private final boolean[] holds = new boolean[6];
    private int limit = 2;
    private int held;

    public boolean take(int thread, int home) {
      if (!holds[thread] && held < limit) {
        holds[thread] = true;
        held++;
      }
      return holds[thread];
    }

    public boolean giveBack(int thread) {
      boolean wasHeld = holds[thread];
      holds[thread] = false;
      held -= wasHeld ? 1 : 0;
      return wasHeld;
    }

    public void resize() {
      limit = 3 - limit;
    }

    public void deal() {
      // The places stay the same.
    }
  }
}
