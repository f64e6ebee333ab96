package io.aragora.resilience.core.admission;

import io.aragora.resilience.time.TimeSource;

/** A thread that waits. */
final class ThreadWaiter extends Waiter {
  private final Thread thread = Thread.currentThread();
  private final TimeSource time;

  ThreadWaiter(int rank, int need, long since, long until, TimeSource time) {
    super(rank, need, since, until);
    this.time = time;
  }

  @Override
  protected void wake() {
    time.unpark(thread);
  }
}
