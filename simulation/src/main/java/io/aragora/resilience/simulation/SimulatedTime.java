package io.aragora.resilience.simulation;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The time of one process of a life. Its timer and its background tasks run on actors of their own, so each can be late. A
 * process that was killed reads no more clock: every use throws {@link Abandoned}.
 */
final class SimulatedTime implements TimeSource {
  private static final int POOL_THREADS = 4;

  private final Schedule schedule;
  private final String process;
  private final long seed;
  private final Background pool;
  private final Background store;
  private final List<Drive> drives = new ArrayList<>();
  private final Chance rejections;
  private final int rejectedPermille;

  private Instant wallAtBegin;
  private boolean killed;

  /**
   * Creates the time of a process, with its background threads.
   *
   * @param rejectedPermille how many of a thousand background tasks find no thread
   */
  SimulatedTime(Schedule schedule, String process, Instant wall, long seed, int rejectedPermille) {
    this.schedule = schedule;
    this.process = process;
    this.seed = seed;
    this.rejections = new Chance(seed);
    this.rejectedPermille = rejectedPermille;
    this.wallAtBegin = wall.minusNanos(schedule.now() - Schedule.BEGIN);
    this.pool = new Background(schedule, this, process + "-pool", POOL_THREADS);
    this.store = new Background(schedule, this, process + "-store", 1);
  }

  /** Ends the process: threads inside it leave it by an error. */
  void kill() {
    killed = true;
  }

  boolean isKilled() {
    return killed;
  }

  void jumpWallClock(Duration jump) {
    wallAtBegin = wallAtBegin.plus(jump);
  }

  /** Whether no background work is waiting or running now. */
  boolean isIdle() {
    return pool.isIdle() && store.isIdle();
  }

  /** Returns the number of timers that are not closed. */
  int openDrives() {
    return (int) drives.stream().filter(drive -> !drive.closed).count();
  }

  void checkAlive() {
    if (killed) {
      throw new Abandoned(process + " was killed");
    }
  }

  @Override
  public long nanoTime() {
    if (Actor.current() != null) {
      checkAlive();
      schedule.insideLibrary();
      checkAlive();
    }
    return schedule.now();
  }

  @Override
  public Instant wallTime() {
    return wallAtBegin.plusNanos(schedule.now() - Schedule.BEGIN);
  }

  @Override
  public void parkUntil(Object blocker, long deadlineNanos) {
    checkAlive();
    Actor.self().park(deadlineNanos, () -> killed, blocker);
    checkAlive();
  }

  @Override
  public void unpark(Thread thread) {
    Actor other = Actor.of(thread);
    if (other != null) {
      other.unpark();
    }
  }

  @Override
  public double random(String owner, long operation, int draw) {
    long bits =
        Chance.mix(seed ^ Chance.mix(owner.hashCode() ^ Chance.mix(operation ^ Chance.mix(draw))));
    return (bits >>> 11) * 0x1.0p-53;
  }

  @Override
  public Executor executor() {
    return task -> {
      checkAlive();
      if (rejections.permille(rejectedPermille)) {
        schedule.trace("no thread for a background task");
        throw new RejectedExecutionException("simulated: no thread can be started");
      }
      (isForStore(task) ? store : pool).add(task);
    };
  }

  /** A runtime with the system's time calls its stores on one thread, and nothing else there. */
  private static boolean isForStore(Runnable task) {
    String name = task.getClass().getName();
    return name.contains(".core.persistence.") || name.contains(".core.quota.");
  }

  @Override
  public TimerRegistration drive(String name, TimerCallback driver) {
    Drive drive = new Drive(driver);
    drives.add(drive);
    schedule.start(process + "-timer", true, drive::run);
    return drive;
  }

  /** One timer and its thread. */
  private final class Drive implements TimerRegistration {
    private final TimerCallback driver;
    private long next;
    private boolean closed;
    private @Nullable Actor self;
    private boolean inside;

    Drive(TimerCallback driver) {
      this.driver = driver;
    }

    private void run() {
      Actor timer = Actor.self();
      self = timer;
      while (!closed) {
        timer.await(
            () -> killed || closed || driver.hasHandOver(),
            () -> closed ? NEVER : next,
            false,
            "an operation that is due");
        checkAlive();
        if (!closed) {
          turn();
        }
      }
    }

    private void turn() {
      inside = true;
      next = NEVER;
      try {
        next = Math.min(next, driver.advanceTo(schedule.now()));
      } catch (Abandoned e) {
        throw e;
      } catch (Throwable e) {
        schedule.fail(new Violation("a timer does not throw", e));
      } finally {
        inside = false;
      }
    }

    @Override
    public void wakeBy(long deadlineNanos) {
      next = Math.min(next, deadlineNanos);
    }

    @Override
    public boolean isDriving() {
      return Actor.current() == self;
    }

    @Override
    public void close() {
      closed = true;
      if (!isDriving()) {
        Actor.self().await(() -> !inside || killed, "the timer to end");
      }
    }
  }
}
