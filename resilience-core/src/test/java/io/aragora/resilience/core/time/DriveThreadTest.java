package io.aragora.resilience.core.time;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.Faults;
import io.aragora.resilience.core.dispatch.BackgroundThreads;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DriveThreadTest {
  private static final long AWAIT_SECONDS = 60;

  private final CountDownLatch driven = new CountDownLatch(1);
  private final AtomicInteger started = new AtomicInteger();
  private final DriveThread drive = new DriveThread(
      "timer",
      new TimerCallback() {
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

  /** At the first one, the machine has no free thread. */
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

  /** Fails each of the thread's foreign calls in turn, with its neighbours' next calls. */
  static Stream<Arguments> everyCallAndKind() {
    return Stream.of("advanceTo", "hasHandOver", "parkUntil", "nanoTime", "all")
        .flatMap(call -> Faults.everyKind().map(kind -> Arguments.of(call, kind)));
  }

  @ParameterizedTest
  @MethodSource("everyCallAndKind")
  void aCallThatFails_doesNotEndTheThread(String call, Throwable kind) throws Exception {
    CountDownLatch goesOn = new CountDownLatch(3);
    AtomicInteger faults = new AtomicInteger(8);
    TimerCallback failing = new TimerCallback() {
      @Override
      public long advanceTo(long nowNanos) {
        fail("advanceTo", call, faults, kind);
        if (faults.get() <= 0) {
          goesOn.countDown();
        }
        return nowNanos + 1_000_000;
      }

      @Override
      public boolean hasHandOver() {
        fail("hasHandOver", call, faults, kind);
        return false;
      }
    };
    DriveThread thread = new DriveThread("failing", failing, new FailingTime(call, faults, kind));
    thread.wakeBy(1);
    assertThat(goesOn.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(thread.failures()).isPositive();
    thread.close();
  }

  @Test
  void heapWithoutRoomForAThread_nothingIsThrown_andTheNextHandOverTriesAgain() throws Exception {
    AtomicInteger made = new AtomicInteger();
    DriveThread thread = new DriveThread(
        "timer",
        new TimerCallback() {
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
        body -> {
          if (made.getAndIncrement() == 0) {
            throw new OutOfMemoryError("Java heap space");
          }
          return BackgroundThreads.daemon("timer", body);
        });

    thread.wakeBy(1);
    assertThat(made).hasValue(1);
    thread.wakeBy(1);

    assertThat(driven.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    thread.close();
  }

  private static void fail(String present, String failing, AtomicInteger faults, Throwable kind) {
    if ((failing.equals("all") || failing.equals(present)) && faults.getAndDecrement() > 0) {
      DriveThreadTest.<RuntimeException>sneak(kind);
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> void sneak(Throwable failure) throws X {
    throw (X) failure;
  }

  private record FailingTime(String call, AtomicInteger faults, Throwable kind)
      implements TimeSource {
    @Override
    public long nanoTime() {
      fail("nanoTime", call, faults, kind);
      return SystemTimeSource.INSTANCE.nanoTime();
    }

    @Override
    public Instant wallTime() {
      return SystemTimeSource.INSTANCE.wallTime();
    }

    @Override
    public void parkUntil(Object blocker, long deadlineNanos) {
      fail("parkUntil", call, faults, kind);
      SystemTimeSource.INSTANCE.parkUntil(blocker, deadlineNanos);
    }

    @Override
    public void unpark(Thread thread) {
      SystemTimeSource.INSTANCE.unpark(thread);
    }

    @Override
    public double random(String owner, long operation, int draw) {
      return 0;
    }

    @Override
    public @Nullable Executor executor() {
      return null;
    }

    @Override
    public TimerRegistration drive(String name, TimerCallback driver) {
      return new DriveThread(name, driver, this);
    }
  }
}
