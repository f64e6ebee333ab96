package io.aragora.resilience.core.time;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.dispatch.BackgroundThreads;
import io.aragora.resilience.time.TimeDriver;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DriveThreadTest {
  private static final long AWAIT_SECONDS = 60;

  private final CountDownLatch driven = new CountDownLatch(1);
  private final AtomicInteger started = new AtomicInteger();
  private final DriveThread drive = new DriveThread(
      "timer",
      new TimeDriver() {
        @Override
        public long advanceTo(long nowNanos) {
          driven.countDown();
          return TimeSource.NEVER;
        }

        @Override
        public boolean hasHandOver() {
          return false;
        }
      },
      SystemTimeSource.INSTANCE,
      this::thread);

  /** The first one finds the machine without a thread. */
  private Thread thread(Runnable body) {
    if (started.incrementAndGet() > 1) {
      return BackgroundThreads.daemon("timer", body);
    }
    return new Thread(body) {
      @Override
      public void start() {
        throw new OutOfMemoryError("unable to create native thread");
      }
    };
  }

  @Test
  void withoutAThread_nothingIsThrown_andTheNextHandOverTriesAgain() throws Exception {
    drive.wakeBy(1);
    assertThat(started).hasValue(1);
    drive.wakeBy(1);
    assertThat(driven.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    drive.wakeBy(1);
    assertThat(started).hasValue(2);
    drive.close();
  }
}
