package io.aragora.resilience.core.chaos;

import io.aragora.resilience.time.TimeSource;

/** The delay of a synchronous call, which waits on its own thread. */
final class ThreadDelay implements Delay {
  private final TimeSource time;
  private final Thread thread = Thread.currentThread();
  private volatile boolean ended;

  ThreadDelay(TimeSource time) {
    this.time = time;
  }

  @Override
  public void end() {
    ended = true;
    time.unpark(thread);
  }

  boolean hasEnded() {
    return ended;
  }
}
