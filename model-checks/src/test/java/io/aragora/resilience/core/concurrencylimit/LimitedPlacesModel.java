package io.aragora.resilience.core.concurrencylimit;

import org.jetbrains.lincheck.datastructures.BooleanGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;

/**
 * {@link LimitedPlaces} for one call or for two, of which each thread makes one at a time. The most that were held are another word,
 * so they promise less: a place is counted in the window in which it was taken or held, and perhaps in the next one too. So
 * scenarios look at them in the end, and where no place is given back meanwhile.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
@Param(name = "flag", gen = BooleanGen.class)
public class LimitedPlacesModel {
  private final LimitedPlaces places = new LimitedPlaces(2);
  private final boolean[] holds = new boolean[6];

  /** Returns whether the thread has a place now, of all of them or of half of them. */
  @Operation
  public boolean take(@Param(name = "thread") int thread, @Param(name = "flag") boolean isOfHalf) {
    if (!holds[thread]) {
      holds[thread] = places.tryTake(isOfHalf ? 0.5 : 1);
    }
    return holds[thread];
  }

  /** Returns whether the thread had a place. */
  @Operation
  public boolean giveBack(@Param(name = "thread") int thread) {
    boolean held = holds[thread];
    holds[thread] = false;
    return held && places.giveBack();
  }

  @Operation(nonParallelGroup = "operator")
  public void resize(@Param(name = "flag") boolean isSmall) {
    places.limit(isSmall ? 1 : 2);
  }

  @Operation
  public int inUse() {
    return places.inUse();
  }

  /** Ends a window and begins the next one. */
  public void endWindow() {
    places.restartMost();
  }

  /** Returns the most places that were held at a time in the last window. */
  public int most() {
    return places.restartMost();
  }

  /** A limit and counts. */
  public static class Specification {
    private final boolean[] holds = new boolean[6];
    private int limit = 2;
    private int held;
    private int most;

    public boolean take(int thread, boolean isOfHalf) {
      if (!holds[thread] && held < (isOfHalf ? 1 : limit)) {
        holds[thread] = true;
        held++;
        most = Math.max(most, held);
      }
      return holds[thread];
    }

    public boolean giveBack(int thread) {
      boolean wasHeld = holds[thread];
      holds[thread] = false;
      held -= wasHeld ? 1 : 0;
      return wasHeld;
    }

    public void resize(boolean isSmall) {
      limit = isSmall ? 1 : 2;
    }

    public int inUse() {
      return held;
    }

    public void endWindow() {
      most = held;
    }

    public int most() {
      int last = most;
      most = held;
      return last;
    }
  }
}
