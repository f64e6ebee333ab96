package io.aragora.resilience.core.call;

import io.aragora.resilience.core.time.TestTime;
import io.aragora.resilience.models.Threads;
import io.aragora.resilience.time.TimeSource;

/** A runtime is closed while a thread begins to wait as one of its {@link WaitingThreads}: the wait ends. */
public final class CloseAgainstWait implements Runnable {
  @Override
  public void run() {
    TestTime time = new TestTime();
    WaitingThreads waiting = new WaitingThreads(time);
    Threads.run(
        () -> {
          if (waiting.enter()) {
            time.parkUntil(waiting, TimeSource.NEVER);
            waiting.leave();
          }
        },
        waiting::close);
  }
}
