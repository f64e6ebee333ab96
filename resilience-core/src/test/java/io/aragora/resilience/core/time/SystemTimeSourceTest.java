package io.aragora.resilience.core.time;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SystemTimeSourceTest {
  private static final TimeSource TIME = SystemTimeSource.INSTANCE;

  @AfterEach
  void forgetInterrupt() {
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void nanoTime_isPositive_andNeverGoesBack() {
    long before = TIME.nanoTime();
    assertThat(before).isPositive();
    assertThat(TIME.nanoTime()).isGreaterThanOrEqualTo(before);
  }

  @Test
  void nanoTime_beginsAboutWithTheProcess() {
    long read = TIME.nanoTime();
    Duration uptime = Duration.ofMillis(ManagementFactory.getRuntimeMXBean().getUptime() + 1);
    assertThat(read).isLessThanOrEqualTo(uptime.toNanos());
  }

  @Test
  void wallTime_isThatOfTheMachine() {
    Instant before = Instant.now();
    Instant read = TIME.wallTime();
    assertThat(read).isBetween(before, Instant.now());
  }

  @Test
  void random_isFromZeroToBelowOne_andDiffers() {
    double first = TIME.random("a", 1, 0);
    boolean isAnyOther = false;
    for (int i = 0; i < 100; i++) {
      double drawn = TIME.random("a", 1, 0);
      assertThat(drawn).isGreaterThanOrEqualTo(0).isLessThan(1);
      isAnyOther |= drawn != first;
    }
    assertThat(isAnyOther).isTrue();
  }

  @Test
  void executor_isNone_soThatARuntimeHasThreadsOfItsOwn() {
    assertThat(TIME.executor()).isNull();
  }

  @Test
  void parkUntil_unparkedBefore_returnsAtOnce() {
    TIME.unpark(Thread.currentThread());
    TIME.parkUntil(this, TimeSource.NEVER);
    TIME.unpark(Thread.currentThread());
    long hour = TIME.nanoTime() + 3_600_000_000_000L;
    TIME.parkUntil(this, hour);
    assertThat(TIME.nanoTime()).isLessThan(hour);
  }

  @Test
  void parkUntil_aPastDeadline_returnsAtOnce() {
    TIME.parkUntil(this, TIME.nanoTime());
    TIME.parkUntil(this, 0);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void parkUntil_aLaterDeadlineOrNone_waitsForTheUnpark() throws Exception {
    long hour = TIME.nanoTime() + Duration.ofHours(1).toNanos();
    for (long deadline : new long[] {hour, TimeSource.NEVER}) {
      AtomicBoolean isLetGo = new AtomicBoolean();
      Thread parking = new Thread(() -> {
        while (!isLetGo.get()) {
          TIME.parkUntil(this, deadline);
        }
      });
      parking.start();
      Thread.State expected = deadline == hour ? Thread.State.TIMED_WAITING : Thread.State.WAITING;
      long giveUp = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (parking.getState() != expected && System.nanoTime() < giveUp) {
        Thread.onSpinWait();
      }
      assertThat(parking.getState()).isEqualTo(expected);
      isLetGo.set(true);
      TIME.unpark(parking);
      parking.join();
    }
  }

  @Test
  void drive_aCallback_isDrivenByAThreadOfThatName() throws Exception {
    CompletableFuture<Thread> driving = new CompletableFuture<>();
    TimerRegistration registration = TIME.drive("shop-timer", new TimerCallback() {
      @Override
      public long advanceTo(long nowNanos) {
        driving.complete(Thread.currentThread());
        return TimeSource.NEVER;
      }

      @Override
      public boolean hasHandOver() {
        return false;
      }
    });
    registration.wakeBy(TIME.nanoTime());
    Thread thread = driving.get(60, TimeUnit.SECONDS);
    assertThat(thread.getName()).isEqualTo("shop-timer");
    assertThat(thread.isDaemon()).isTrue();
    assertThat(registration.isDriving()).isFalse();
    registration.close();
    assertThat(thread.isAlive()).as("closing waits for it").isFalse();
  }
}
