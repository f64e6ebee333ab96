package io.aragora.resilience.testing;

import static io.aragora.resilience.time.TimeSource.NEVER;

import io.aragora.resilience.time.TimeDrive;
import io.aragora.resilience.time.TimeDriver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The monotonic side of {@link ManualTime}: what the time is, whose turn it is to move it, what runs when it moves, and who waits
 * for it.
 */
final class Timeline {
  static final long START_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int MAX_DRIVES = 1_000;

  /** Far more than a full task queue; what still goes on then goes on for ever. */
  private static final int MAX_STEPS_PER_INSTANT = 10_000_000;

  private final Sleepers sleepers = new Sleepers(START_NANOS);
  private final TaskQueue tasks = new TaskQueue(this::onWork);
  private final List<Drive> drives = new CopyOnWriteArrayList<>();
  private final AtomicReference<@Nullable Thread> advancing = new AtomicReference<>();

  private volatile long nowNanos = START_NANOS;
  private volatile boolean autoAdvance;

  long nowNanos() {
    return nowNanos;
  }

  Executor tasks() {
    return tasks;
  }

  Sleepers sleepers() {
    return sleepers;
  }

  void autoAdvance(boolean enabled) {
    autoAdvance = enabled;
    sleepers.stir();
  }

  TimeDrive drive(String name, TimeDriver driver) {
    Drive drive = new Drive(name, driver, this::isAdvancing, this::onWork, drives::remove);
    synchronized (drives) {
      if (drives.size() >= MAX_DRIVES) {
        throw new IllegalStateException("ManualTime serves at most " + MAX_DRIVES
            + " open runtimes; close those that are done: " + name);
      }
      drives.add(drive);
    }
    onWork();
    return drive;
  }

  void advance(long stepNanos) {
    begin();
    try {
      runUntil(saturatedAdd(nowNanos, stepNanos));
    } finally {
      end();
    }
  }

  void advanceTo(long targetNanos) {
    begin();
    try {
      if (targetNanos < nowNanos || targetNanos == NEVER) {
        throw new IllegalArgumentException(
            "advanceTo must be in [" + nowNanos + ", " + NEVER + "): " + targetNanos);
      }
      runUntil(targetNanos);
    } finally {
      end();
    }
  }

  void parkUntil(Object blocker, long deadlineNanos) {
    if (deadlineNanos <= nowNanos) {
      return;
    }
    boolean nested = isAdvancing();
    if (nested && (!autoAdvance || drives.stream().anyMatch(Drive::isInside))) {
      throw new IllegalStateException(
          "the thread that advances the time would wait for itself until " + deadlineNanos
              + "; autoAdvance(true) lets a task wait, a driver never may");
    }
    Sleepers.Sleeper sleeper = sleepers.enter(deadlineNanos);
    try {
      while (!sleeper.isOver()) {
        if (!autoAdvance || !moveFor(sleeper, nested)) {
          LockSupport.park(blocker);
        }
      }
    } finally {
      sleepers.leave(sleeper);
    }
  }

  /** Moves the time until the sleeper's wait is over; false if another thread moves it, or nothing is ever due. */
  private boolean moveFor(Sleepers.Sleeper sleeper, boolean nested) {
    if (!nested && !takeTurn(sleeper)) {
      return false;
    }
    Failures failures = new Failures();
    boolean over;
    try {
      settle(failures);
      while (!sleeper.isOver() && step(NEVER, failures)) {}
      over = sleeper.isOver();
    } finally {
      if (!nested) {
        end();
      }
    }
    failures.rethrow();
    return over;
  }

  private boolean takeTurn(Sleepers.Sleeper sleeper) {
    if (advancing.compareAndSet(null, Thread.currentThread())) {
      return true;
    }
    // Announced before the second look: whoever ends its turn after it sees the announcement.
    sleeper.wantTurn();
    return advancing.compareAndSet(null, Thread.currentThread());
  }

  private void runUntil(long targetNanos) {
    Failures failures = new Failures();
    settle(failures);
    while (step(targetNanos, failures)) {}
    failures.rethrow();
  }

  /** Goes to the next instant at which something is due, or to the target, whichever is first; false if there is none. */
  private boolean step(long targetNanos, Failures failures) {
    long next = Math.min(targetNanos, sleepers.nextNanos());
    for (Drive drive : drives) {
      next = Math.min(next, drive.nextNanos());
    }
    if (next == NEVER || nowNanos >= targetNanos) {
      return false;
    }
    // What came from other threads since the last step may be due already.
    nowNanos = Math.max(nowNanos, next);
    settle(failures);
    return true;
  }

  /**
   * Runs everything there is to run at this instant, each driver at least once. Reads the time again and again, because a
   * task that waits may move it.
   */
  private void settle(Failures failures) {
    int steps = 0;
    for (Drive drive : drives) {
      run(() -> drive.advanceTo(nowNanos), failures);
    }
    boolean again = true;
    while (again) {
      again = false;
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        run(task, failures);
        checkSteps(++steps, task);
      }
      for (Drive drive : drives) {
        if (drive.isDueAt(nowNanos)) {
          again = true;
          run(() -> drive.advanceTo(nowNanos), failures);
          checkSteps(++steps, drive);
        }
      }
    }
    sleepers.wakeDue(nowNanos);
  }

  private static void checkSteps(int steps, Object last) {
    if (steps > MAX_STEPS_PER_INSTANT) {
      throw new IllegalStateException("the time cannot move on: after " + MAX_STEPS_PER_INSTANT
          + " steps at one instant there is still more to do, last " + last);
    }
  }

  // Whatever a task or driver throws, an Error included, is for the test once the others have run.
  private static void run(Runnable task, Failures failures) {
    try {
      task.run();
    } catch (Throwable e) {
      failures.add(e);
    }
  }

  private boolean isAdvancing() {
    return advancing.get() == Thread.currentThread();
  }

  private void begin() {
    if (!advancing.compareAndSet(null, Thread.currentThread())) {
      throw new IllegalStateException(
          isAdvancing()
              ? "the time is being advanced by this very thread: tasks and drivers must not advance it"
              : "the time is being advanced by another thread: " + advancing.get());
    }
  }

  private void end() {
    advancing.set(null);
    sleepers.offerTurn();
  }

  /** Threads that would move the time themselves, and found nothing to do, look again. */
  private void onWork() {
    if (autoAdvance && !isAdvancing()) {
      sleepers.stir();
    }
  }

  private static long saturatedAdd(long left, long right) {
    return left > NEVER - 1 - right ? NEVER - 1 : left + right;
  }
}
