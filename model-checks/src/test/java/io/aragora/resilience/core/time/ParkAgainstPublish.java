package io.aragora.resilience.core.time;

import io.aragora.resilience.models.Threads;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import java.util.concurrent.atomic.AtomicInteger;

/** Work is handed to the thread of a {@link DriveThread}, and again while that falls asleep: all is done. */
public final class ParkAgainstPublish implements Runnable {
  private static final int ALL = 2;

  private static final class Driver implements TimerCallback {
    private final AtomicInteger handedOver = new AtomicInteger();
    private volatile int done;

    @Override
    public long advanceTo(long nowNanos) {
      done += handedOver.getAndSet(0);
      return TimeSource.NEVER;
    }

    /** Returns true in the end, too, so that the thread ends instead of falling asleep. */
    @Override
    public boolean hasHandOver() {
      return handedOver.get() != 0 || done == ALL;
    }
  }

  /** The thread of the drive, which ends when all is done. */
  private static final class Loop extends Thread {
    private final Driver driver;
    private DriveThread drive;

    Loop(Driver driver) {
      this.driver = driver;
    }

    @Override
    public void run() {
      while (driver.done < ALL) {
        drive.turn();
      }
    }
  }

  @Override
  public void run() {
    Driver driver = new Driver();
    Loop loop = new Loop(driver);
    loop.drive = new DriveThread("drive", driver, new TestTime(), any -> loop);
    for (int i = 0; i < ALL; i++) {
      driver.handedOver.incrementAndGet();
      loop.drive.wakeBy(1);
    }
    Threads.join(loop);
  }
}
