package io.aragora.resilience.core.time;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The steps of a timer's thread, one by one, on the thread of the test: when it parks, and which hand-over wakes it. */
class DriveThreadStepsTest {
  private static final long NEXT = 1_000;

  private final List<Long> parkedUntil = new ArrayList<>();
  private final List<Thread> unparked = new ArrayList<>();
  private final List<Thread> made = new ArrayList<>();
  private Runnable whileParked = () -> {};
  private boolean hasHandOver;
  private boolean isMachineFull;

  private final TimeSource time = new ForwardingTime(ManualTime.create()) {
    @Override
    public void parkUntil(Object blocker, long deadlineNanos) {
      parkedUntil.add(deadlineNanos);
      whileParked.run();
    }

    @Override
    public void unpark(Thread thread) {
      unparked.add(thread);
    }
  };

  private final TimerCallback driver = new TimerCallback() {
    @Override
    public long advanceTo(long nowNanos) {
      return NEXT;
    }

    @Override
    public boolean hasHandOver() {
      return hasHandOver;
    }
  };

  private final DriveThread drive = new DriveThread("timer", driver, time, this::thread);

  /** A thread that never begins. */
  private Thread thread(Runnable body) {
    Thread thread = new Thread(body) {
      @Override
      public void start() {
        if (isMachineFull) {
          throw new OutOfMemoryError("unable to create native thread");
        }
      }
    };
    made.add(thread);
    return thread;
  }

  @AfterEach
  void nothingIsPending() {
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void turn_withoutAHandOver_parksUntilTheNextDeadline() {
    drive.turn();
    assertThat(parkedUntil).containsExactly(NEXT);
  }

  @Test
  void turn_withAHandOver_doesNotPark() {
    hasHandOver = true;
    drive.turn();
    assertThat(parkedUntil).isEmpty();
  }

  @Test
  void turn_closed_doesNotPark() {
    drive.close();
    drive.turn();
    assertThat(parkedUntil).isEmpty();
  }

  @Test
  void turn_interrupted_goesOnWithoutTheInterrupt() {
    whileParked = () -> Thread.currentThread().interrupt();
    drive.turn();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void wakeBy_whileParked_wakesForAnEarlierDeadlineOnly_once() {
    drive.wakeBy(NEXT);
    Thread driving = made.get(0);
    whileParked = () -> {
      drive.wakeBy(NEXT + 1);
      drive.wakeBy(NEXT);
      assertThat(unparked).isEmpty();
      drive.wakeBy(NEXT - 1);
      drive.wakeBy(NEXT - 2);
      assertThat(unparked).containsExactly(driving);
    };
    drive.turn();
    assertThat(parkedUntil).hasSize(1);
    assertThat(made).hasSize(1);
  }

  @Test
  void wakeBy_whileAwake_wakesNothing() {
    drive.wakeBy(NEXT);
    drive.turn();
    drive.wakeBy(1);
    assertThat(unparked).isEmpty();
    assertThat(made).hasSize(1);
  }

  @Test
  void wakeBy_beforeTheFirstThread_never_startsNone() {
    drive.wakeBy(TimeSource.NEVER);
    assertThat(made).isEmpty();
  }

  @Test
  void wakeBy_closed_startsNoThread() {
    drive.close();
    drive.wakeBy(NEXT);
    assertThat(made).isEmpty();
  }

  @Test
  void wakeBy_machineIsFull_triesEachTime_andLogsOnce() {
    isMachineFull = true;
    try (RecordedLog log = RecordedLog.of(DriveThread.class)) {
      drive.wakeBy(NEXT);
      drive.wakeBy(NEXT);
      assertThat(made).hasSize(2);
      assertThat(log.messages())
          .containsExactly(
              "SEVERE timer 'timer': no thread could be started, so no timeout fires until one can (logged once)");
    }
    isMachineFull = false;
    drive.wakeBy(NEXT);
    drive.wakeBy(NEXT - 1);
    assertThat(made).hasSize(3);
  }

  @Test
  void run_driverFails_restsTenMillisecondsEachTime_andLogsAtPowersOfTwo() {
    DriveThread[] own = new DriveThread[1];
    own[0] = new DriveThread(
        "timer",
        new TimerCallback() {
          private int calls;

          @Override
          public long advanceTo(long nowNanos) {
            if (++calls <= 5) {
              throw new IllegalStateException("driver");
            }
            own[0].close();
            return TimeSource.NEVER;
          }

          @Override
          public boolean hasHandOver() {
            return false;
          }
        },
        time);
    try (RecordedLog log = RecordedLog.of(DriveThread.class)) {
      own[0].run();
      assertThat(log.messages())
          .hasSize(3)
          .containsOnly("SEVERE a timer failed and continues (logged at each power of two of its"
              + " failures)");
    }
    assertThat(own[0].failures()).isEqualTo(5);
    assertThat(parkedUntil).hasSize(5).containsOnly(time.nanoTime() + 10_000_000);
  }

  @Test
  void close_interruptedWhileItWaits_keepsTheInterrupt() throws Exception {
    Thread closing = Thread.currentThread();
    AtomicBoolean isParked = new AtomicBoolean();
    DriveThread own = new DriveThread("timer", driver, new ForwardingTime(ManualTime.create()) {
      @Override
      public void parkUntil(Object blocker, long deadlineNanos) {
        isParked.set(true);
        while (closing.getState() != Thread.State.WAITING) {
          Thread.onSpinWait();
        }
        closing.interrupt();
      }

      @Override
      public void unpark(Thread thread) {}
    });
    own.wakeBy(NEXT);
    // Without a wait that the interrupt could meet.
    while (!isParked.get()) {
      Thread.onSpinWait();
    }
    own.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(own.failures()).isZero();
  }

  @Test
  void isDriving_isTrueOnItsThreadOnly_whichMayClose() throws Exception {
    List<Boolean> driving = new ArrayList<>();
    Thread[] threads = new Thread[1];
    DriveThread[] own = new DriveThread[1];
    TimerCallback closing = new TimerCallback() {
      @Override
      public long advanceTo(long nowNanos) {
        driving.add(own[0].isDriving());
        own[0].close();
        return TimeSource.NEVER;
      }

      @Override
      public boolean hasHandOver() {
        return false;
      }
    };
    own[0] = new DriveThread("timer", closing, time, body -> {
      threads[0] = new Thread(body);
      return threads[0];
    });
    own[0].wakeBy(NEXT);
    assertThat(own[0].isDriving()).isFalse();
    threads[0].join();
    assertThat(driving).containsExactly(true);
    assertThat(parkedUntil).isEmpty();
  }
}
