package io.aragora.resilience.testing;

import static io.aragora.resilience.time.TimeSource.NEVER;

import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The monotonic side of {@link ManualTime}: the present time, the thread that advances it, the work that runs then, and the
 * threads that wait for it.
 */
final class Timeline {
  static final long START_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int MAX_DRIVES = 1_000;

  /** The maximum number of steps at one instant. A full task queue needs far fewer; work that needs more never ends. */
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

  TimerRegistration drive(String name, TimerCallback driver) {
    Drive drive = new Drive(name, driver, this::isAdvancing, this::onWork, drives::remove);
    synchronized (drives) {
      if (drives.size() >= MAX_DRIVES) {
        throw new IllegalStateException("ManualTime serves at most " + MAX_DRIVES
            + " open runtimes; close runtimes that are no longer used: " + name);
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
          "the thread that advances the time must not wait for itself until " + deadlineNanos
              + "; with autoAdvance(true) a task can wait, a driver cannot");
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

  /**
   * Advances the time until the sleeper's wait is over; returns false if another thread advances it, or nothing is ever due.
   */
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
    // Announced before the second check: a thread that ends its advance after that sees the
    // announcement.
    sleeper.wantTurn();
    return advancing.compareAndSet(null, Thread.currentThread());
  }

  private void runUntil(long targetNanos) {
    Failures failures = new Failures();
    settle(failures);
    while (step(targetNanos, failures)) {}
    failures.rethrow();
  }

  /**
   * Advances to the next instant at which work is due, or to the target, whichever is first; returns false if there is none.
   */
  private boolean step(long targetNanos, Failures failures) {
    long next = Math.min(targetNanos, sleepers.nextNanos());
    for (Drive drive : drives) {
      next = Math.min(next, drive.nextNanos());
    }
    if (next == NEVER || nowNanos >= targetNanos) {
      return false;
    }
    // Work that other threads have submitted since the last step may already be due.
    nowNanos = Math.max(nowNanos, next);
    settle(failures);
    return true;
  }

  /**
   * Runs all work of this instant, each driver at least once. Reads the time repeatedly, because a waiting task may advance
   * it.
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
      throw new IllegalStateException("the time cannot advance: after " + MAX_STEPS_PER_INSTANT
          + " steps at one instant more tasks are due, the last is " + last);
    }
  }

  // The test receives what a task or driver throws, an Error included, once the others have run.
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
              ? "this thread already advances the time: tasks and drivers must not advance it"
              : "another thread already advances the time: " + advancing.get());
    }
  }

  private void end() {
    advancing.set(null);
    sleepers.offerTurn();
  }

  /** Threads that wait to advance the time check again, because they found no work before. */
  private void onWork() {
    if (autoAdvance && !isAdvancing()) {
      sleepers.stir();
    }
  }

  private static long saturatedAdd(long left, long right) {
    return left > NEVER - 1 - right ? NEVER - 1 : left + right;
  }
}
