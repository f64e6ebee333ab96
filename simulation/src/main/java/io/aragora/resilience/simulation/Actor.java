package io.aragora.resilience.simulation;

import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One thread of a life. It runs only while it holds the baton of the {@link Schedule}, so its fields need no other
 * synchronization.
 */
final class Actor {
  /** What an actor does. */
  @FunctionalInterface
  interface Script {
    void run() throws Throwable;
  }

  /** A thread that knows its actor. */
  private static final class ActorThread extends Thread {
    private final Actor actor;
    private final int number;

    /*
     * A thread that waits for its baton takes its interrupt flag away for a moment, whenever it is interrupted, and gives it back when
     * it has the baton. Others must not see that moment: a run would not repeat.
     */
    private volatile boolean isSuspended = true;
    private volatile boolean isFlagged;

    ActorThread(Actor actor, String name, int number, Runnable body) {
      super(null, body, name, 0, false);
      this.actor = actor;
      this.number = number;
    }

    void suspended(boolean suspended) {
      isFlagged = super.isInterrupted();
      isSuspended = suspended;
    }

    @Override
    public void interrupt() {
      isFlagged = true;
      super.interrupt();
    }

    @Override
    public boolean isInterrupted() {
      return isSuspended ? isFlagged : super.isInterrupted();
    }

    /** The library chooses stripes by it, so it is the same in each run of a life. */
    @Override
    @Deprecated
    public long getId() {
      return number;
    }
  }

  private final Schedule schedule;
  private final String name;
  private final boolean background;
  private final ActorThread thread;
  private final Semaphore baton = new Semaphore(0);

  private BooleanSupplier condition = Actor::always;
  private LongSupplier deadline = Actor::never;
  private boolean interruptible;
  private String waitsFor = "its turn";
  private boolean unparked;
  private boolean ended;
  private int interruptsFromOutside;

  Actor(Schedule schedule, String name, int number, boolean background, Script script) {
    this.schedule = schedule;
    this.name = name;
    this.background = background;
    this.thread = new ActorThread(this, name, number, () -> {
      takeBaton();
      schedule.begun(this, script);
    });
    thread.setDaemon(true);
  }

  /** Returns the actor of the calling thread; null for a thread that is none. */
  static @Nullable Actor current() {
    return Thread.currentThread() instanceof ActorThread own ? own.actor : null;
  }

  /** Returns the actor of the calling thread. */
  static Actor self() {
    Actor self = current();
    if (self == null) {
      throw new IllegalStateException("not a thread of a life: " + Thread.currentThread());
    }
    return self;
  }

  static @Nullable Actor of(Thread thread) {
    return thread instanceof ActorThread own ? own.actor : null;
  }

  void start() {
    thread.start();
  }

  String name() {
    return name;
  }

  /** Whether a life may end while this actor waits. */
  boolean isBackground() {
    return background;
  }

  Thread thread() {
    return thread;
  }

  /** Called by its thread, before another one has the baton. */
  void suspend() {
    thread.suspended(true);
  }

  void takeBaton() {
    baton.acquireUninterruptibly();
    thread.suspended(false);
  }

  void giveBaton() {
    baton.release();
  }

  boolean hasEnded() {
    return ended;
  }

  void end() {
    ended = true;
  }

  /** Whether it can go on now. */
  boolean isReady(long now) {
    return !ended
        && (deadline.getAsLong() <= now
            || (interruptible && thread.isInterrupted())
            || condition.getAsBoolean());
  }

  long deadline() {
    return ended ? Schedule.NEVER : deadline.getAsLong();
  }

  /** Waits until the condition holds, the deadline is reached or, if it is interruptible, until an interrupt. */
  void await(BooleanSupplier condition, LongSupplier deadline, boolean interruptible, String what) {
    this.condition = condition;
    this.deadline = deadline;
    this.interruptible = interruptible;
    this.waitsFor = what;
    try {
      schedule.pass(this);
    } finally {
      ready();
    }
  }

  private static boolean always() {
    return true;
  }

  private static long never() {
    return Schedule.NEVER;
  }

  private void ready() {
    condition = Actor::always;
    deadline = Actor::never;
    interruptible = false;
    waitsFor = "its turn";
  }

  /** Waits until the condition holds, however long that takes. */
  void await(BooleanSupplier condition, String what) {
    await(condition, Actor::never, false, what);
  }

  /** Waits as {@code LockSupport} does, by the time of the life. */
  void park(long deadline, BooleanSupplier killed, Object blocker) {
    await(
        () -> unparked || killed.getAsBoolean(),
        () -> deadline,
        true,
        blocker.getClass().getSimpleName());
    unparked = false;
  }

  void unpark() {
    unparked = true;
  }

  /** Interrupts it as an application does. */
  void interruptFromOutside() {
    interruptsFromOutside++;
    thread.interrupt();
  }

  /** Returns the number of interrupts from outside, since the life began. */
  int interruptsFromOutside() {
    return interruptsFromOutside;
  }

  @Override
  public String toString() {
    return name + " waits for " + waitsFor
        + (deadline() == Schedule.NEVER ? "" : " until " + Schedule.text(deadline()));
  }
}
