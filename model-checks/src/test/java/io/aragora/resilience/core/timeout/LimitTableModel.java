package io.aragora.resilience.core.timeout;

import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.TestTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.CallFrames;
import org.jetbrains.lincheck.datastructures.BooleanGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LimitTable} whose calls have a near deadline or one that is never reached. Each thread makes one call at a time, and one
 * with a near deadline at the most: a drive could fire a second one as well, and several calls one after the other, which are two
 * effects. No interrupt is sent, since it would interrupt the checker: the slots stay due until their calls end.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
@Param(name = "isNear", gen = BooleanGen.class)
public class LimitTableModel {
  private static final long TICK = 1 << 20;
  private static final long STEP = 4 * TICK;
  private static final long NEAR = STEP + 2 * TICK;
  private static final long FAR = 10 * STEP;

  private static final class Call {
    private final LimitSlot slot;
    private final long deadline;

    Call(LimitSlot slot, long deadline) {
      this.slot = slot;
      this.deadline = deadline;
    }
  }

  private final TestTime time = new TestTime(interrupt -> {});
  private final Timer timer = new Timer("model", time);
  private final LimitTable table = new LimitTable(time, timer, new Dispatcher("model", time, null));
  private final @Nullable Call[] calls = new Call[6];
  private final boolean[] hadNear = new boolean[6];
  private long now;

  /** Returns whether the thread makes a call now. */
  @Operation
  public boolean begin(@Param(name = "thread") int thread, @Param(name = "isNear") boolean isNear) {
    if (calls[thread] != null || (isNear && hadNear[thread])) {
      return calls[thread] != null;
    }
    hadNear[thread] |= isNear;
    CallFrames frames = CallFrames.ofThread();
    Frame frame = Frame.push(frames, time, 1);
    long deadline = isNear ? NEAR : FAR;
    LimitSlot slot = table.claim(deadline, frame);
    if (slot != null) {
      frame.setExpiry(slot, deadline);
      calls[thread] = new Call(slot, deadline);
    }
    frame.pop(frames);
    return slot != null;
  }

  /** Ends the call of the thread; returns whether it ended in time. */
  @Operation
  public boolean end(@Param(name = "thread") int thread) {
    Call call = calls[thread];
    calls[thread] = null;
    if (call == null) {
      return false;
    }
    CallFrames frames = CallFrames.ofThread();
    Frame frame = Frame.push(frames, time, 1);
    boolean isInTime = table.endInTime(call.slot, call.deadline);
    if (!isInTime) {
      call.slot.settle(false, frame);
    }
    frame.pop(frames);
    return isInTime;
  }

  /** Advances the time, and drives until nothing is left to be done. The near deadline is reached by the second drive. */
  @Operation(nonParallelGroup = "driver")
  public void drive() {
    now += STEP;
    time.set(now);
    timer.advanceTo(now);
    timer.advanceTo(now);
  }

  /** Returns how many calls ended in time. */
  public long inTime() {
    return table.inTime();
  }

  /** Calls, and which of them are late. */
  public static class Specification {
    private final boolean[] isCalling = new boolean[6];
    private final boolean[] isNear = new boolean[6];
    private final boolean[] hadNear = new boolean[6];
    private final boolean[] isLate = new boolean[6];
    private int drives;
    private long inTime;

    public boolean begin(int thread, boolean near) {
      if (!isCalling[thread] && !(near && hadNear[thread])) {
        isCalling[thread] = true;
        isNear[thread] = near;
        hadNear[thread] |= near;
      }
      return isCalling[thread];
    }

    public boolean end(int thread) {
      boolean isInTime = isCalling[thread] && !isLate[thread];
      isCalling[thread] = false;
      isLate[thread] = false;
      inTime += isInTime ? 1 : 0;
      return isInTime;
    }

    public void drive() {
      drives++;
      for (int thread = 0; thread < isCalling.length; thread++) {
        isLate[thread] |= drives > 1 && isCalling[thread] && isNear[thread];
      }
    }

    public long inTime() {
      return inTime;
    }
  }
}
