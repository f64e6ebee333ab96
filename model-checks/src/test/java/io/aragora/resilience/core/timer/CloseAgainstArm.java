package io.aragora.resilience.core.timer;

import io.aragora.resilience.core.time.TestTime;
import io.aragora.resilience.models.Threads;
import java.util.concurrent.atomic.AtomicInteger;

/** A {@link Timer} is closed while an operation is armed: the arming ends once. */
public final class CloseAgainstArm implements Runnable {
  private static final class Counting extends TimerOperation {
    private final AtomicInteger ended = new AtomicInteger();

    @Override
    protected void onFire(long arming) {
      ended.incrementAndGet();
    }

    @Override
    protected void onTimerClosed(long arming) {
      ended.incrementAndGet();
    }
  }

  @Override
  public void run() {
    Timer timer = new Timer("model", new TestTime());
    Counting operation = new Counting();
    Threads.run(() -> timer.arm(operation, 1), timer::close);
    Threads.check(operation.ended.get() == 1, "the arming ended " + operation.ended + " times");
  }
}
