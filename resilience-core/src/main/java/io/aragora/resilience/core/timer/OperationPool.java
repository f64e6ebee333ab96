package io.aragora.resilience.core.timer;

import static io.aragora.resilience.core.timer.TimerOperation.ARMED;
import static io.aragora.resilience.core.timer.TimerOperation.CANCELLED;
import static io.aragora.resilience.core.timer.TimerOperation.QUEUED;
import static io.aragora.resilience.core.timer.TimerOperation.isLinked;
import static io.aragora.resilience.core.timer.TimerOperation.isQueued;
import static io.aragora.resilience.core.timer.TimerOperation.status;

import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.stripe.Stripes;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** The operations of a timer that were cancelled and wait for their next call. Bounded. Lock-free. */
public final class OperationPool {
  /*
   * Layout: a line of 16 entries for each stripe. A thread takes from the line of its stripe, and an operation goes back to the line
   * that it comes from, whichever thread cancels it. So threads that begin calls find what those that end calls have given back.
   *
   * Memory order: taking and giving back are a CAS of an entry, so what the last owner did happens before what the next one does, and
   * an operation has one owner at a time. Stress: PooledOperationStress.TakenByOneThread.
   */
  private static final int LINE = 16;

  private final Timer timer;
  private final AtomicReferenceArray<PooledOperation> entries =
      new AtomicReferenceArray<>(Stripes.MAX * LINE);

  OperationPool(Timer timer) {
    this.timer = timer;
  }

  /**
   * Takes an operation that no other call has, or creates one.
   *
   * @param owner what it fires for
   * @return the operation, which the caller owns until it gives it back
   */
  public PooledOperation take(PooledOperation.Owner owner) {
    return take(owner, (Stripes.hashOfThread() & (Stripes.MAX - 1)) * LINE);
  }

  PooledOperation take(PooledOperation.Owner owner, int line) {
    PooledOperation taken = null;
    for (int i = line; taken == null && i < line + LINE; i++) {
      PooledOperation operation = entries.get(i);
      if (operation != null && entries.compareAndSet(i, operation, null)) {
        taken = operation;
      }
    }
    if (taken == null) {
      taken = new PooledOperation(line);
    }
    taken.owner = owner;
    return taken;
  }

  /**
   * Cancels an arming of an operation, and takes the operation back. One that has fired is not taken back, since its owner may arm it
   * again.
   *
   * @param operation the operation
   * @param arming the number of the arming: another call may have the operation by now
   * @return whether it will not fire for that arming; then the caller no longer owns it
   */
  public boolean giveBack(PooledOperation operation, long arming) {
    StackRoom.forHandOver();
    long word = operation.word();
    while (status(word) == ARMED && TimerOperation.arming(word) == arming) {
      if (operation.casWord(word, TimerOperation.with(word, CANCELLED))) {
        operation.owner = null;
        if (!put(operation)) {
          drop(operation);
        }
        return true;
      }
      word = operation.word();
    }
    return false;
  }

  /** Returns false if the line of the operation is full. */
  private boolean put(PooledOperation operation) {
    int line = operation.line;
    for (int i = line; i < line + LINE; i++) {
      if (entries.get(i) == null && entries.compareAndSet(i, null, operation)) {
        return true;
      }
    }
    return false;
  }

  /** Has a cancelled operation unlinked that has no room here. */
  private void drop(PooledOperation operation) {
    long word = operation.word();
    while (isLinked(word) && !isQueued(word)) {
      if (operation.casWord(word, word | QUEUED)) {
        timer.unlinkSoon(operation);
        return;
      }
      word = operation.word();
    }
  }
}
