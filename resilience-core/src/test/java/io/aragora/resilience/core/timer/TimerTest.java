package io.aragora.resilience.core.timer;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.AtOnce;
import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import io.aragora.resilience.time.TimerTotals;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TimerTest {
  private static final long TICK = 1L << Timer.TICK_SHIFT;

  private final ManualTime time = ManualTime.create();
  private final Timer timer = new Timer("test", time);

  private class Recorded extends TimerOperation {
    final List<Long> firedAt = new ArrayList<>();
    int closed;
    final boolean usedOnce;

    Recorded(boolean usedOnce) {
      this.usedOnce = usedOnce;
    }

    @Override
    protected void onFire(long arming) {
      firedAt.add(time.nanoTime());
    }

    @Override
    protected void onTimerClosed(long arming) {
      closed++;
    }

    @Override
    protected boolean isUsedOnce() {
      return usedOnce;
    }
  }

  @Test
  void fires_onceNeverEarlyWithinATick() {
    Recorded operation = new Recorded(true);
    long deadline = time.nanoTime() + 10_500_001;
    timer.arm(operation, deadline);
    time.advance(Duration.ofSeconds(1));
    assertThat(operation.firedAt).hasSize(1);
    assertThat(operation.firedAt.get(0)).isBetween(deadline, deadline + TICK);
  }

  @Test
  void cancel_beforeAndAfterLinking_preventsFiring() {
    Recorded queued = new Recorded(true);
    Recorded linked = new Recorded(true);
    timer.arm(linked, time.nanoTime() + 5 * TICK);
    time.runPending();
    timer.arm(queued, time.nanoTime() + 5 * TICK);
    assertThat(timer.cancel(queued)).isTrue();
    assertThat(timer.cancel(linked)).isTrue();
    assertThat(timer.cancel(linked)).isFalse();
    time.advance(Duration.ofSeconds(1));
    assertThat(queued.firedAt).isEmpty();
    assertThat(linked.firedAt).isEmpty();
  }

  @Test
  void beyondTheHorizon_firesAtItsTime() {
    Recorded operation = new Recorded(true);
    long deadline = time.nanoTime() + Duration.ofDays(20).toNanos();
    timer.arm(operation, deadline);
    time.advance(Duration.ofDays(19));
    assertThat(operation.firedAt).isEmpty();
    time.advance(Duration.ofDays(2));
    assertThat(operation.firedAt).hasSize(1);
    assertThat(operation.firedAt.get(0)).isBetween(deadline, deadline + TICK);
  }

  @Test
  void totals_sayHowLateItWas() {
    long now = time.nanoTime();
    timer.arm(new Recorded(true), now + 5 * TICK);
    timer.arm(new Recorded(true), now + 10 * TICK - 1000);
    assertThat(timer.totals()).isEqualTo(TimerTotals.builder().build());

    time.advance(Duration.ofSeconds(1));

    assertThat(timer.totals().fired()).isEqualTo(2);
    assertThat(timer.totals().lateness())
        .isBetween(Duration.ofNanos(1000), Duration.ofNanos(2 * TICK));
  }

  @Test
  void equalDeadlines_allFireOnce() {
    List<Recorded> all = new ArrayList<>();
    long deadline = time.nanoTime() + Duration.ofSeconds(1).toNanos();
    for (int i = 0; i < 100_000; i++) {
      Recorded operation = new Recorded(true);
      all.add(operation);
      timer.arm(operation, deadline);
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(all).allMatch(operation -> operation.firedAt.size() == 1);
    assertThat(timer.fired()).isEqualTo(100_000);
  }

  @Test
  void randomArmingsAgainstAModel_fireJustWhenTheyShould() {
    Random random = new Random(42);
    int count = 50;
    List<Recorded> operations = new ArrayList<>();
    long[] deadlines = new long[count];
    int[] expected = new int[count];
    for (int i = 0; i < count; i++) {
      operations.add(new Recorded(i % 2 == 0));
    }
    for (int step = 0; step < 20_000; step++) {
      int i = random.nextInt(count);
      Recorded operation = operations.get(i);
      switch (random.nextInt(4)) {
        case 0, 1 -> {
          if (deadlines[i] == 0) {
            deadlines[i] = time.nanoTime() + random.nextLong(2_000 * TICK);
            timer.arm(operation, deadlines[i]);
          }
        }
        case 2 -> {
          assertThat(timer.cancel(operation)).as("step %d", step).isEqualTo(deadlines[i] != 0);
          deadlines[i] = 0;
        }
        default -> {
          time.advance(Duration.ofNanos(random.nextLong(50 * TICK)));
          for (int k = 0; k < count; k++) {
            long firesAt = (deadlines[k] + TICK - 1) / TICK * TICK;
            if (deadlines[k] != 0 && firesAt <= time.nanoTime()) {
              expected[k]++;
              assertThat(operations.get(k).firedAt).hasSize(expected[k]);
              assertThat(operations.get(k).firedAt.get(expected[k] - 1))
                  .isBetween(deadlines[k], firesAt);
              deadlines[k] = 0;
            }
            assertThat(operations.get(k).firedAt).as("step %d", step).hasSize(expected[k]);
          }
        }
      }
    }
  }

  @Test
  void close_endsEveryArmingOnce_laterOnesToo() {
    Recorded linked = new Recorded(true);
    Recorded queued = new Recorded(true);
    Recorded after = new Recorded(true);
    timer.arm(linked, time.nanoTime() + 5 * TICK);
    time.runPending();
    timer.arm(queued, time.nanoTime() + 5 * TICK);
    timer.close();
    timer.close();
    timer.arm(after, time.nanoTime() + 5 * TICK);
    time.advance(Duration.ofSeconds(1));
    for (Recorded operation : List.of(linked, queued, after)) {
      assertThat(operation.closed).isEqualTo(1);
      assertThat(operation.firedAt).isEmpty();
    }
  }

  @Test
  void exactlyOnATick_firesThen() {
    Recorded operation = new Recorded(true);
    long deadline = (time.nanoTime() / TICK + 7) * TICK;
    timer.arm(operation, deadline);
    time.advanceTo(deadline - 1);
    assertThat(operation.firedAt).isEmpty();
    time.advanceTo(deadline);
    assertThat(operation.firedAt).containsExactly(deadline);
  }

  @Test
  void cancelled_leavesNothingInTheTimer_unlessItIsUsedAgain() {
    long far = time.nanoTime() + 3600 * TICK;
    Recorded once = new Recorded(true);
    timer.arm(once, far);
    assertThat(timer.advanceTo(time.nanoTime())).as("linked").isNotEqualTo(TimeSource.NEVER);
    timer.cancel(once);
    assertThat(timer.hasHandOver()).isTrue();
    assertThat(timer.advanceTo(time.nanoTime())).isEqualTo(TimeSource.NEVER);

    timer.arm(once, far);
    timer.cancel(once);
    assertThat(timer.advanceTo(time.nanoTime())).as("never linked").isEqualTo(TimeSource.NEVER);
    assertThat(timer.hasHandOver()).isFalse();

    Recorded again = new Recorded(false);
    timer.arm(again, far);
    assertThat(timer.advanceTo(time.nanoTime())).isNotEqualTo(TimeSource.NEVER);
    timer.cancel(again);
    assertThat(timer.hasHandOver()).as("it stays linked").isFalse();
    assertThat(timer.advanceTo(time.nanoTime())).isNotEqualTo(TimeSource.NEVER);
  }

  @Test
  void armedNearerThanBefore_leavesTheOthersOfItsOldTick() {
    long far = time.nanoTime() + 50 * TICK;
    List<Recorded> all = List.of(new Recorded(false), new Recorded(false), new Recorded(false));
    all.forEach(operation -> timer.arm(operation, far));
    time.runPending();
    for (Recorded operation : all) {
      timer.cancel(operation);
      timer.arm(operation, time.nanoTime() + 5 * TICK);
      time.advance(Duration.ofNanos(7 * TICK));
      assertThat(operation.firedAt).hasSize(1);
    }
    time.advance(Duration.ofSeconds(1));
    assertThat(all).allSatisfy(operation -> assertThat(operation.firedAt).hasSize(1));

    all.forEach(operation -> timer.arm(operation, time.nanoTime() + 50 * TICK));
    time.runPending();
    timer.cancel(all.get(1));
    timer.arm(all.get(1), time.nanoTime() + 5 * TICK);
    time.advance(Duration.ofSeconds(1));
    assertThat(all).allSatisfy(operation -> assertThat(operation.firedAt).hasSize(2));
  }

  @Test
  void armingsAfterClosing_leaveNothingBehind() throws Exception {
    timer.close();
    for (int i = 0; i < 3; i++) {
      Recorded late = new Recorded(true);
      timer.arm(late, time.nanoTime() + TICK);
      assertThat(late.closed).isEqualTo(1);
    }
    assertThat(timer.hasHandOver()).isFalse();
    assertThat(CompletableFuture.runAsync(timer::close))
        .as("another thread waits for no lock")
        .succeedsWithin(Duration.ofSeconds(30));
  }

  @Test
  void close_anOperationThrows_theOthersEnd() {
    List<Recorded> others = new ArrayList<>();
    try (RecordedLog log = RecordedLog.of(Timer.class)) {
      for (int i = 0; i < 3; i++) {
        Recorded one = new Recorded(true);
        others.add(one);
        timer.arm(one, time.nanoTime() + 5 * TICK);
        timer.arm(new Broken(), time.nanoTime() + 5 * TICK);
      }
      timer.close();
      assertThat(log.messages())
          .hasSize(3)
          .containsOnly("SEVERE a timer operation failed at closing; closing continues: broken");
    }
    assertThat(others).allMatch(operation -> operation.closed == 1);
    assertThat(timer.isClosed()).isTrue();
  }

  private static final class Broken extends TimerOperation {
    @Override
    protected void onFire(long arming) {}

    @Override
    protected void onTimerClosed(long arming) {
      throw new IllegalStateException("closing");
    }

    @Override
    public String toString() {
      return "broken";
    }
  }

  @Test
  void isDriving_isTrueInsideAFiring_andNowhereElse() {
    List<Boolean> driving = new ArrayList<>();
    timer.arm(
        new Recorded(true) {
          @Override
          protected void onFire(long arming) {
            driving.add(timer.isDriving());
          }
        },
        time.nanoTime() + TICK);
    assertThat(timer.isDriving()).isFalse();
    time.advance(Duration.ofSeconds(1));
    assertThat(driving).containsExactly(true);
    assertThat(timer.isClosed()).isFalse();
  }

  @Test
  void load_hasTheFailuresOfTheThreadToo() {
    AtomicBoolean closed = new AtomicBoolean();
    TimeSource failing = new ForwardingTime(time) {
      @Override
      public TimerRegistration drive(String name, TimerCallback driver) {
        TimerRegistration drive = super.drive(name, driver);
        return new TimerRegistration() {
          @Override
          public void wakeBy(long deadlineNanos) {
            drive.wakeBy(deadlineNanos);
          }

          @Override
          public boolean isDriving() {
            return drive.isDriving();
          }

          @Override
          public long failures() {
            return 3;
          }

          @Override
          public void close() {
            closed.set(true);
            drive.close();
          }
        };
      }
    };
    Timer ofFailingThread = new Timer("test", failing);
    ofFailingThread.arm(
        new Recorded(true) {
          private boolean hasFailed;

          @Override
          protected void onFire(long arming) {
            if (!hasFailed) {
              hasFailed = true;
              throw new IllegalStateException("once");
            }
          }
        },
        time.nanoTime() + TICK);
    time.advance(Duration.ofSeconds(1));
    assertThat(ofFailingThread.load().failures()).isEqualTo(4);
    assertThat(ofFailingThread.load().group()).isEqualTo("timer");
    ofFailingThread.close();
    assertThat(closed).as("its thread ends").isTrue();
  }

  @Test
  void ownThread_everyArmingEndsOnce_underContention() throws Exception {
    Timer real = new Timer("contended", SystemTimeSource.INSTANCE);
    int threads = 4;
    int armings = 20_000;
    AtomicInteger fired = new AtomicInteger();
    AtomicInteger cancelled = new AtomicInteger();
    CountDownLatch ended = new CountDownLatch(threads * armings);
    AtOnce.run(threads, thread -> {
      Random random = new Random(thread);
      for (int i = 0; i < armings; i++) {
        TimerOperation operation = new TimerOperation() {
          @Override
          protected void onFire(long arming) {
            fired.incrementAndGet();
            ended.countDown();
          }

          @Override
          protected void onTimerClosed(long arming) {}
        };
        real.arm(operation, SystemTimeSource.INSTANCE.nanoTime() + random.nextInt(3_000_000));
        if (random.nextBoolean() && real.cancel(operation)) {
          cancelled.incrementAndGet();
          ended.countDown();
        }
      }
    });
    assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
    real.close();
    assertThat(fired.get() + cancelled.get()).isEqualTo(threads * armings);
    assertThat(real.fired()).isEqualTo(fired.get());
  }

  /** A driver that never runs, as if its thread were parked until a far deadline. */
  private static final class ParkedTime implements TimeSource {
    private final List<Long> wakeUps = new ArrayList<>();

    @Override
    public long nanoTime() {
      return 1;
    }

    @Override
    public Instant wallTime() {
      return Instant.EPOCH;
    }

    @Override
    public void parkUntil(Object blocker, long deadlineNanos) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void unpark(Thread thread) {}

    @Override
    public double random(String owner, long operation, int draw) {
      return 0;
    }

    @Override
    public Executor executor() {
      return Runnable::run;
    }

    @Override
    public TimerRegistration drive(String name, TimerCallback driver) {
      return new TimerRegistration() {
        @Override
        public void wakeBy(long deadlineNanos) {
          wakeUps.add(deadlineNanos);
        }

        @Override
        public boolean isDriving() {
          return false;
        }

        @Override
        public void close() {}
      };
    }
  }

  @Test
  void cancelledLongBeforeTheirTime_wakeTheTimerBeforeTheyPileUp() {
    ParkedTime parked = new ParkedTime();
    Timer lazy = new Timer("lazy", parked);
    for (int i = 0; i < Timer.QUEUE_CAPACITY; i++) {
      Recorded operation = new Recorded(true);
      lazy.arm(operation, 3600 * 1_000_000_000L);
      assertThat(lazy.cancel(operation)).isTrue();
    }
    assertThat(parked.wakeUps).containsOnly(3600 * 1_000_000_000L);
    lazy.arm(new Recorded(true), 3600 * 1_000_000_000L);
    assertThat(parked.wakeUps).last().satisfies(at -> assertThat(at).isLessThan(parked.nanoTime()));
  }
}
