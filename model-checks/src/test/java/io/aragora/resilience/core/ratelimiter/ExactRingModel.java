package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.time.TestTime;
import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.BooleanGen;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/**
 * An {@link ExactRing} of two admissions or of three. One thread lowers and looks: lowering by several is several admissions. The
 * clock advances only where a scenario says so, and no look is at the same time as an admission then: an admission is of the time
 * that its thread read, which may be an earlier one.
 */
@Param(name = "permits", gen = IntGen.class, conf = "0:2")
@Param(name = "isLarge", gen = BooleanGen.class)
public class ExactRingModel {
  private static final int SMALL = 2;
  private static final int LARGE = 3;

  /** Half a period is a whole number of microseconds, so nothing is rounded. */
  private static final long HALF = 1_000_000;

  private final TestTime time = new TestTime();
  private final ExactRing ring;
  private long now = HALF;

  public ExactRingModel() {
    time.set(now);
    ring = new ExactRing(SMALL, 2 * HALF, true, now);
  }

  /** Returns whether a call is admitted. */
  @Operation
  public boolean take() {
    return ring.tryTake(1, time);
  }

  @Operation(nonParallelGroup = "observer")
  public long available() {
    return ring.available(time);
  }

  @Operation(nonParallelGroup = "observer")
  public void lower(@Param(name = "permits") int permits) {
    ring.lower(permits, time);
  }

  @Operation(nonParallelGroup = "operator")
  public void change(@Param(name = "isLarge") boolean isLarge) {
    ring.change(isLarge ? LARGE : SMALL, 2 * HALF, time);
  }

  /** Lets half a period pass. */
  public void pass() {
    now += HALF;
    time.set(now);
  }

  /** The times of the newest admissions, in half periods, the oldest first. */
  public static class Specification {
    private final List<Integer> admissions = new ArrayList<>();
    private int limit = SMALL;
    private int now;

    public boolean take() {
      if (available() == 0) {
        return false;
      }
      admissions.add(now);
      forget();
      return true;
    }

    public long available() {
      return limit - admissions.stream().filter(time -> now - time < 2).count();
    }

    public void lower(int permits) {
      while (available() > permits) {
        take();
      }
    }

    public void change(boolean isLarge) {
      limit = isLarge ? LARGE : SMALL;
      forget();
    }

    public void pass() {
      now++;
    }

    private void forget() {
      while (admissions.size() > limit) {
        admissions.remove(0);
      }
    }
  }
}
