package io.aragora.resilience.core.timer;

import io.aragora.resilience.core.window.Stripes;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** The operations of a timer that were cancelled and wait for their next call. Bounded. Lock-free. */
final class OperationPool {
  /*
   * Layout: a line of 16 entries for each stripe. A thread takes from the line of its stripe, and an operation goes back to the line
   * that it comes from, whichever thread cancels it. So threads that begin calls find what those that end calls have given back.
   *
   * Memory order: taking and giving back are a CAS of an entry, so what the last owner did happens before what the next one does, and
   * an operation has one owner at a time. Stress: PooledOperationStress.TakenByOneThread.
   */
  private static final int LINE = 16;

  private final AtomicReferenceArray<PooledOperation> entries =
      new AtomicReferenceArray<>(Stripes.MAX * LINE);

  /** Returns the first entry of the line of this thread. */
  static int lineOfThread() {
    return (Stripes.hashOfThread() & (Stripes.MAX - 1)) * LINE;
  }

  /** Returns an operation that no other call has: one of the line if it has one, else a new one. */
  PooledOperation take(int line) {
    for (int i = line; i < line + LINE; i++) {
      PooledOperation operation = entries.get(i);
      if (operation != null && entries.compareAndSet(i, operation, null)) {
        return operation;
      }
    }
    return new PooledOperation(line);
  }

  /**
   * Takes an operation back.
   *
   * @return false if its line is full
   */
  boolean give(PooledOperation operation) {
    int line = operation.line;
    for (int i = line; i < line + LINE; i++) {
      if (entries.get(i) == null && entries.compareAndSet(i, null, operation)) {
        return true;
      }
    }
    return false;
  }
}
