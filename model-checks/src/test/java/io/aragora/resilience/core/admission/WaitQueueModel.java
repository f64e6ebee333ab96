package io.aragora.resilience.core.admission;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/**
 * A {@link WaitQueue} for one place. It is its own specification if one thread grants: of two that do, one may leave its part to
 * the other and return before that has granted.
 */
@Param(name = "waiter", gen = IntGen.class, conf = "0:2")
public class WaitQueueModel {
  private static final class Call extends Waiter {
    Call() {
      super(0, 1, 0, Long.MAX_VALUE);
    }

    @Override
    protected void wake() {}
  }

  private final AtomicBoolean isFree = new AtomicBoolean();
  private final WaitQueue queue = new WaitQueue(new WaitQueue.Source() {
    @Override
    public long take(Waiter head) {
      return isFree.compareAndSet(true, false) ? 1 : AdmissionPolicy.NO_PERMIT;
    }
  });
  private final Waiter[] waiters = {new Call(), new Call(), new Call()};

  @Operation
  public boolean add(@Param(name = "waiter") int waiter) {
    return queue.add(waiters[waiter], 2);
  }

  /** Removes a waiter, and grants to the next one, so it is of the same group; returns its state before. */
  @Operation(nonParallelGroup = "grant")
  public String leave(@Param(name = "waiter") int waiter) {
    return queue.leave(waiters[waiter]).name();
  }

  /** Frees the place, grants it if a call waits, and takes it back if none does. */
  @Operation(nonParallelGroup = "grant")
  public void release() {
    isFree.set(true);
    queue.grant();
    isFree.set(false);
  }

  @Operation
  public int size() {
    return queue.size();
  }
}
