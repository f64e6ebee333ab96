package io.aragora.resilience.core.timer;

import io.aragora.resilience.core.time.TestTime;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/**
 * An operation of a {@link Timer} that is armed once: its owner arms and cancels it, and one thread drives. It is its own
 * specification.
 */
@Param(name = "tick", gen = IntGen.class, conf = "1:3")
public class TimerModel {
  private static final class Counting extends TimerOperation {
    private int fired;

    @Override
    protected void onFire(long arming) {
      fired++;
    }

    @Override
    protected void onTimerClosed(long arming) {}
  }

  private final Timer timer = new Timer("model", new TestTime());
  private final Counting operation = new Counting();
  private boolean wasArmed;
  private long now;

  /** Arms the operation if it never was; a second arming could fire in the same drive, which then has two effects. */
  @Operation(nonParallelGroup = "owner")
  public boolean arm(@Param(name = "tick") int tick) {
    if (wasArmed) {
      return false;
    }
    wasArmed = true;
    timer.arm(operation, (long) tick << Timer.TICK_SHIFT);
    return true;
  }

  /** Returns whether the operation will not fire. */
  @Operation(nonParallelGroup = "owner")
  public boolean cancel() {
    return timer.cancel(operation);
  }

  /** Drives to the next tick; returns how often the operation has fired. */
  @Operation(nonParallelGroup = "driver")
  public int drive() {
    now += 1L << Timer.TICK_SHIFT;
    timer.advanceTo(now);
    return operation.fired;
  }
}
