package io.aragora.resilience.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ManualTimeTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final ManualTime time = ManualTime.create();
  private final FakeDriver driver = new FakeDriver();
  private final List<String> log = new ArrayList<>();

  private void note(String what) {
    log.add(what + "@" + (time.nanoTime() - SECOND));
  }

  private static Thread started(Runnable body) {
    Thread thread = new Thread(body);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  @Nested
  class Clocks {
    @Test
    void create_untouched_standsAtOneSecondAndTheDefaultStart() {
      assertThat(time.nanoTime()).isEqualTo(SECOND);
      assertThat(time.wallTime()).isEqualTo(START);
    }

    @Test
    void advance_duration_movesBothClocks() {
      time.advance(Duration.ofSeconds(5));

      assertThat(time.nanoTime()).isEqualTo(6 * SECOND);
      assertThat(time.wallTime()).isEqualTo(START.plusSeconds(5));
    }

    @Test
    void jumpWallClock_bothWays_leavesNanoTimeAlone() {
      time.jumpWallClock(Duration.ofHours(-2));
      assertThat(time.wallTime()).isEqualTo(START.minusSeconds(7200));

      time.jumpWallClock(Duration.ofHours(3));
      time.advance(Duration.ofSeconds(1));

      assertThat(time.wallTime()).isEqualTo(START.plusSeconds(3601));
      assertThat(time.nanoTime()).isEqualTo(2 * SECOND);
    }

    @Test
    void startingAt_afterAnAdvance_countsFromTheStart() {
      time.advance(Duration.ofSeconds(10));
      time.startingAt(Instant.EPOCH);

      assertThat(time.wallTime()).isEqualTo(Instant.ofEpochSecond(10));
    }

    @Test
    void advance_negative_isRejected() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> time.advance(Duration.ofNanos(-1)))
          .withMessage("advance must not be negative and at most 106,751 days: PT-0.000000001S");
    }

    @Test
    void advanceTo_aTimePassedOrNever_isRejectedAndNothingIsLeftLocked() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> time.advanceTo(5))
          .withMessage("advanceTo must be in [1000000000, 9223372036854775807): 5");
      assertThatIllegalArgumentException().isThrownBy(() -> time.advanceTo(TimeSource.NEVER));

      time.advanceTo(3 * SECOND);
      assertThat(time.nanoTime()).isEqualTo(3 * SECOND);
    }

    @Test
    void advance_tillTheEndOfTime_staysBeforeNever() {
      time.advanceTo(TimeSource.NEVER - 2);
      time.advance(Duration.ofDays(1));

      assertThat(time.nanoTime()).isEqualTo(TimeSource.NEVER - 1);
    }
  }

  @Nested
  class Chance {
    @Test
    void random_sameSeed_sameNumbersInAnyOrder() {
      ManualTime one = ManualTime.seeded(42);
      ManualTime other = ManualTime.seeded(42);
      double first = one.random("db", 1, 0);
      double second = one.random("db", 2, 0);

      assertThat(other.random("db", 2, 0)).isEqualTo(second);
      assertThat(other.random("db", 1, 0))
          .isEqualTo(first)
          .isNotEqualTo(second)
          .isBetween(0.0, 1.0);
    }

    @Test
    void fixedRandom_set_isAllThatIsDrawn() {
      time.fixedRandom(0.5);

      assertThat(time.random("a", 1, 1)).isEqualTo(0.5);
      assertThat(time.random("b", 2, 2)).isEqualTo(0.5);
    }

    @Test
    void fixedRandom_outside_isRejected() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> time.fixedRandom(1))
          .withMessage("fixedRandom must be in [0, 1): 1.0");
      assertThatIllegalArgumentException().isThrownBy(() -> time.fixedRandom(Double.NaN));
    }
  }

  @Nested
  class Drivers {
    @Test
    void advance_timersOfTwoDrivers_runInOrderAtTheirInstant() {
      FakeDriver other = new FakeDriver();
      time.drive("one", driver);
      time.drive("two", other);
      driver.at(SECOND + 30, () -> note("one"));
      other.at(SECOND + 20, () -> note("two"));
      driver.at(SECOND + 10, () -> note("one"));

      time.advance(Duration.ofNanos(25));
      assertThat(log).containsExactly("one@10", "two@20");

      time.advance(Duration.ofNanos(5));
      assertThat(log).containsExactly("one@10", "two@20", "one@30");
    }

    @Test
    void advance_nothingDue_callsTheDriverAtTheTarget() {
      time.drive("one", driver);

      time.advance(Duration.ofNanos(7));

      assertThat(driver.calls).containsExactly(SECOND, SECOND + 7);
    }

    @Test
    void advance_timerSetByATimer_runsAtItsOwnInstant() {
      time.drive("one", driver);
      driver.at(SECOND + 10, () -> {
        note("first");
        driver.at(SECOND + 15, () -> note("second"));
        driver.at(SECOND + 10, () -> note("now"));
      });

      time.advance(Duration.ofNanos(100));

      assertThat(log).containsExactly("first@10", "now@10", "second@15");
    }

    @Test
    void runPending_handOver_runsWithoutMovingTheTime() {
      time.drive("one", driver);
      driver.at(SECOND, () -> note("due"));
      driver.at(SECOND + 1, () -> note("later"));

      time.runPending();

      assertThat(log).containsExactly("due@0");
      assertThat(time.nanoTime()).isEqualTo(SECOND);
    }

    @Test
    void wakeBy_afterTheDriverAnswered_isAStop() {
      TimerRegistration drive = time.drive("one", driver);
      time.executor().execute(() -> drive.wakeBy(SECOND + 40));

      time.advance(Duration.ofNanos(50));

      assertThat(driver.calls).containsExactly(SECOND, SECOND + 40, SECOND + 50);
    }

    @Test
    void close_registeredDriver_isNotCalledAgain() {
      TimerRegistration drive = time.drive("one", driver);
      time.runPending();
      drive.close();
      drive.close();
      driver.at(SECOND + 1, () -> note("due"));
      drive.wakeBy(SECOND + 1);

      time.advance(Duration.ofSeconds(1));

      assertThat(log).isEmpty();
    }

    @Test
    void close_fromInsideTheDriver_doesNotWaitForItself() {
      AtomicReference<TimerRegistration> drive = new AtomicReference<>();
      drive.set(time.drive("one", driver));
      driver.at(SECOND, () -> drive.get().close());

      time.runPending();
      time.advance(Duration.ofSeconds(1));

      assertThat(driver.calls).containsExactly(SECOND);
    }

    @Test
    void close_whileTheDriverRuns_waitsForIt() throws InterruptedException {
      CountDownLatch inside = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      AtomicBoolean finished = new AtomicBoolean();
      AtomicBoolean finishedAtClose = new AtomicBoolean();
      TimerRegistration drive = time.drive("one", driver);
      driver.at(SECOND, () -> {
        inside.countDown();
        awaitUninterrupted(goOn);
        finished.set(true);
      });
      Thread advancing = started(time::runPending);
      inside.await();
      Thread closing = started(() -> {
        drive.close();
        finishedAtClose.set(finished.get());
      });
      while (closing.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      goOn.countDown();
      closing.join();
      advancing.join();

      assertThat(finishedAtClose).isTrue();
    }

    @Test
    void drive_registeredByATask_isCalledInTheSameAdvance() {
      time.executor().execute(() -> time.drive("late", driver));
      driver.at(SECOND + 3, () -> note("late"));

      time.advance(Duration.ofNanos(5));

      assertThat(log).containsExactly("late@3");
    }

    @Test
    void drive_moreThanTheBound_isRejected() {
      List<TimerRegistration> drives = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        drives.add(time.drive("d" + i, driver));
      }

      assertThatIllegalStateException()
          .isThrownBy(() -> time.drive("d1000", driver))
          .withMessageContaining("at most 1000 open runtimes");

      drives.get(0).close();
      assertThatCode(() -> time.drive("fits", driver)).doesNotThrowAnyException();
    }

    @Test
    void advance_aDriverThatThrowsWithAHandOver_isNotAskedForEverAndOthersRun() {
      AtomicInteger calls = new AtomicInteger();
      time.drive("bad", new TimerCallback() {
        @Override
        public long advanceTo(long nowNanos) {
          calls.incrementAndGet();
          throw new IllegalArgumentException("bad");
        }

        @Override
        public boolean hasHandOver() {
          return true;
        }
      });
      time.drive("good", driver);
      driver.at(SECOND + 5, () -> note("good"));

      assertThatIllegalArgumentException()
          .isThrownBy(() -> time.advance(Duration.ofNanos(9)))
          .withMessage("bad");
      assertThat(log).containsExactly("good@5");
      assertThat(calls).hasValue(3);
    }

    @Test
    void isDriving_insideAndOutsideAnAdvance() {
      TimerRegistration drive = time.drive("one", driver);
      List<Boolean> driving = new ArrayList<>();
      driver.at(SECOND, () -> driving.add(drive.isDriving()));
      time.executor().execute(() -> driving.add(drive.isDriving()));
      driving.add(drive.isDriving());

      time.runPending();

      driving.add(drive.isDriving());
      assertThat(driving).containsExactly(false, true, true, false);
    }
  }

  @Nested
  class Tasks {
    @Test
    void executor_outsideAnAdvance_waitsForTheNext() {
      time.executor().execute(() -> note("task"));
      assertThat(log).isEmpty();

      time.runPending();

      assertThat(log).containsExactly("task@0");
    }

    @Test
    void executor_tasksThatSubmitAndSetTimers_allRunInOrder() {
      time.drive("one", driver);
      time.executor().execute(() -> {
        note("a");
        time.executor().execute(() -> note("c"));
        driver.at(SECOND + 5, () -> time.executor().execute(() -> note("from timer")));
      });
      time.executor().execute(() -> note("b"));

      time.advance(Duration.ofNanos(10));

      assertThat(log).containsExactly("a@0", "b@0", "c@0", "from timer@5");
    }

    @Test
    void advance_tasksThatThrow_firstIsRethrownAndLaterOnesAreSuppressedUpToEight() {
      for (int i = 0; i < 12; i++) {
        String message = "no " + i;
        time.executor().execute(() -> {
          throw new IllegalArgumentException(message);
        });
      }
      time.executor().execute(() -> note("last"));

      assertThatIllegalArgumentException()
          .isThrownBy(() -> time.advance(Duration.ofNanos(3)))
          .withMessage("no 0")
          .satisfies(e -> assertThat(e.getSuppressed())
              .hasSize(8)
              .extracting(Throwable::getMessage)
              .startsWith("no 1", "no 2"));
      assertThat(log).containsExactly("last@0");
      assertThat(time.nanoTime()).isEqualTo(SECOND + 3);
    }

    @Test
    void advance_theSameExceptionTwice_isNotSuppressedInItself() {
      IllegalArgumentException shared = new IllegalArgumentException("shared");
      Runnable bad = () -> {
        throw shared;
      };
      time.executor().execute(bad);
      time.executor().execute(bad);

      assertThatIllegalArgumentException().isThrownBy(time::runPending).isSameAs(shared);
      assertThat(shared.getSuppressed()).isEmpty();
    }

    @Test
    void executor_full_rejectsAndNamesTheBound() {
      AtomicInteger runs = new AtomicInteger();
      Runnable task = runs::incrementAndGet;
      for (int i = 0; i < TaskQueue.CAPACITY; i++) {
        time.executor().execute(task);
      }

      assertThatExceptionOfType(RejectedExecutionException.class)
          .isThrownBy(() -> time.executor().execute(task))
          .withMessageContaining("at most 1000000 tasks");

      time.runPending();
      assertThat(runs).hasValue(TaskQueue.CAPACITY);
    }

    @Test
    void advance_fromATask_isRejected() {
      time.executor().execute(() -> time.advance(Duration.ofSeconds(1)));

      assertThatIllegalStateException()
          .isThrownBy(time::runPending)
          .withMessageContaining("this thread already advances");
      assertThat(time.nanoTime()).isEqualTo(SECOND);
    }

    @Test
    void advance_whileAnotherThreadAdvances_isRejected() throws InterruptedException {
      CountDownLatch inside = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      time.executor().execute(() -> {
        inside.countDown();
        awaitUninterrupted(goOn);
      });
      Thread advancing = started(time::runPending);
      inside.await();

      assertThatIllegalStateException()
          .isThrownBy(time::runPending)
          .withMessageContaining("another thread already advances");

      goOn.countDown();
      advancing.join();
      assertThatCode(time::runPending).doesNotThrowAnyException();
    }

    @Test
    void advance_aTaskThatSubmitsItselfForEver_endsWithAnError() {
      AtomicReference<Runnable> self = new AtomicReference<>();
      self.set(() -> time.executor().execute(self.get()));
      time.executor().execute(self.get());

      assertThatIllegalStateException()
          .isThrownBy(time::runPending)
          .withMessageContaining("the time cannot advance");
    }
  }

  @Nested
  class BlockedThreads {
    @Test
    void parkUntil_deadlineNotInTheFuture_returnsAtOnce() {
      assertThatCode(() -> time.parkUntil(this, SECOND)).doesNotThrowAnyException();
    }

    @Test
    void parkUntil_deadlineReached_wakesOnlyThose() throws InterruptedException {
      Thread early = started(() -> time.parkUntil(this, SECOND + 10));
      Thread late = started(() -> time.parkUntil(this, SECOND + 20));
      time.awaitSleepers(2);

      time.advance(Duration.ofNanos(10));
      early.join();
      assertThat(late.isAlive()).isTrue();

      time.advance(Duration.ofNanos(10));
      late.join();
      assertThat(time.nanoTime()).isEqualTo(SECOND + 20);
    }

    @Test
    void advance_driversAndSleepers_stopsAtEachDeadline() throws InterruptedException {
      time.drive("one", driver);
      Thread sleeper = started(() -> time.parkUntil(this, SECOND + 10));
      time.awaitSleepers(1);

      time.advance(Duration.ofNanos(30));
      sleeper.join();

      assertThat(driver.calls).containsExactly(SECOND, SECOND + 10, SECOND + 30);
    }

    @Test
    void unpark_parkedThread_wakesIt() throws InterruptedException {
      Thread sleeper = started(() -> time.parkUntil(this, TimeSource.NEVER));
      time.awaitSleepers(1);

      time.unpark(sleeper);

      sleeper.join();
      assertThat(time.nanoTime()).isEqualTo(SECOND);
    }

    @Test
    void unpark_beforeThePark_makesTheNextOneReturnAndOnlyThat() throws InterruptedException {
      time.unpark(Thread.currentThread());
      time.unpark(Thread.currentThread());

      time.parkUntil(this, TimeSource.NEVER);

      Thread self = Thread.currentThread();
      AtomicBoolean secondParked = new AtomicBoolean();
      Thread helper = started(() -> {
        time.awaitSleepers(1);
        secondParked.set(true);
        time.unpark(self);
      });
      time.parkUntil(this, TimeSource.NEVER);
      helper.join();
      assertThat(secondParked).isTrue();
    }

    @Test
    void interrupt_parkedThread_wakesItAndStaysSet() throws InterruptedException {
      AtomicBoolean flag = new AtomicBoolean();
      Thread sleeper = started(() -> {
        time.parkUntil(this, TimeSource.NEVER);
        flag.set(Thread.currentThread().isInterrupted());
      });
      time.awaitSleepers(1);

      sleeper.interrupt();

      sleeper.join();
      assertThat(flag).isTrue();
    }

    @Test
    void awaitSleepers_tooFew_saysHowMany() {
      Sleepers sleepers = new Sleepers(0);

      assertThatIllegalStateException()
          .isThrownBy(() -> sleepers.await(1, 1_000_000))
          .withMessage("0 threads are parked after 1 ms of real time, expected 1");
    }

    @Test
    void awaitSleepers_interrupted_throwsAndKeepsTheFlag() {
      Thread.currentThread().interrupt();

      assertThatIllegalStateException().isThrownBy(() -> time.awaitSleepers(1));
      assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void parkUntil_onTheThreadThatAdvances_isRejected() {
      time.executor().execute(() -> time.parkUntil(this, SECOND + 1));

      assertThatIllegalStateException()
          .isThrownBy(time::runPending)
          .withMessageContaining("must not wait for itself");
    }
  }

  @Nested
  class AutoAdvance {
    @Test
    void parkUntil_movesTheTimeAndRunsWhatIsDueOnTheWay() {
      time.autoAdvance(true).drive("one", driver);
      driver.at(SECOND + 10, () -> time.executor().execute(() -> note("task")));
      driver.at(SECOND + 20, () -> note("with the wait"));
      driver.at(SECOND + 21, () -> note("after"));

      time.parkUntil(this, SECOND + 20);

      assertThat(time.nanoTime()).isEqualTo(SECOND + 20);
      assertThat(log).containsExactly("task@10", "with the wait@20");
    }

    @Test
    void parkUntil_unparkedOnTheWay_returnsEarly() {
      Thread self = Thread.currentThread();
      time.autoAdvance(true).drive("one", driver);
      driver.at(SECOND + 10, () -> time.unpark(self));

      time.parkUntil(this, SECOND + 20);

      assertThat(time.nanoTime()).isEqualTo(SECOND + 10);
    }

    @Test
    void parkUntil_interruptedOnTheWay_returnsEarly() {
      Thread self = Thread.currentThread();
      time.autoAdvance(true).drive("one", driver);
      driver.at(SECOND + 10, self::interrupt);

      time.parkUntil(this, SECOND + 20);

      assertThat(time.nanoTime()).isEqualTo(SECOND + 10);
      assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void parkUntil_permitFromBefore_doesNotMoveTheTime() {
      time.autoAdvance(true);
      time.unpark(Thread.currentThread());

      time.parkUntil(this, SECOND + 20);

      assertThat(time.nanoTime()).isEqualTo(SECOND);
    }

    @Test
    void parkUntil_neverButSomethingIsDue_movesThere() {
      Thread self = Thread.currentThread();
      time.autoAdvance(true).drive("one", driver);
      driver.at(SECOND + 10, () -> driver.at(SECOND + 30, () -> time.unpark(self)));

      time.parkUntil(this, TimeSource.NEVER);

      assertThat(time.nanoTime()).isEqualTo(SECOND + 30);
    }

    @Test
    void parkUntil_neverAndNothingDue_blocksUntilAnotherThreadSubmitsWork()
        throws InterruptedException {
      time.autoAdvance(true);
      AtomicReference<Thread> ranOn = new AtomicReference<>();
      Thread sleeper = started(() -> time.parkUntil(this, TimeSource.NEVER));
      time.awaitSleepers(1);

      time.executor().execute(() -> {
        ranOn.set(Thread.currentThread());
        time.unpark(sleeper);
      });

      sleeper.join();
      assertThat(ranOn).hasValue(sleeper);
    }

    @Test
    void parkUntil_insideATask_movesTheTimeForBoth() {
      time.autoAdvance(true).drive("one", driver);
      time.executor().execute(() -> {
        note("before");
        time.parkUntil(this, SECOND + 50);
        note("after");
      });
      time.executor().execute(() -> note("other"));
      driver.at(SECOND + 70, () -> note("timer"));

      time.advance(Duration.ofNanos(60));
      assertThat(log).containsExactly("before@0", "other@0", "after@50");

      time.advance(Duration.ofNanos(10));
      assertThat(log).endsWith("timer@70");
      assertThat(driver.calls).isSorted();
    }

    @Test
    void parkUntil_insideADriver_isRejected() {
      time.autoAdvance(true).drive("one", driver);
      driver.at(SECOND, () -> time.parkUntil(this, SECOND + 5));

      assertThatIllegalStateException().isThrownBy(time::runPending);
    }

    @Test
    void parkUntil_aTaskThrowsMeanwhile_isThrownByTheWait() {
      time.autoAdvance(true);
      time.executor().execute(() -> {
        throw new IllegalArgumentException("bad");
      });

      assertThatIllegalArgumentException()
          .isThrownBy(() -> time.parkUntil(this, SECOND + 5))
          .withMessage("bad");
      assertThat(time.nanoTime()).isEqualTo(SECOND + 5);
    }

    @Test
    void parkUntil_severalThreads_allComeToTheirDeadline() throws InterruptedException {
      time.autoAdvance(true);
      AtomicInteger early = new AtomicInteger();
      List<Thread> threads = new ArrayList<>();
      for (int i = 1; i <= 8; i++) {
        int step = i;
        threads.add(started(() -> {
          for (int round = 0; round < 100; round++) {
            long deadline = time.nanoTime() + step;
            time.parkUntil(this, deadline);
            if (time.nanoTime() < deadline) {
              early.incrementAndGet();
            }
          }
        }));
      }
      for (Thread thread : threads) {
        thread.join();
      }

      assertThat(early).hasValue(0);
    }

    @Test
    void autoAdvance_turnedOnWhileAThreadWaits_letsItMoveTheTime() throws InterruptedException {
      Thread sleeper = started(() -> time.parkUntil(this, SECOND + 5));
      time.awaitSleepers(1);

      time.autoAdvance(true);

      sleeper.join();
      assertThat(time.nanoTime()).isEqualTo(SECOND + 5);
    }
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
