package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The threads that a runtime owns. Nothing here waits for a thread of the application, so a timeout fires although every
 * one of them is busy.
 *
 * <p>Completions and events run on platform threads even where the JDK has virtual ones: those share a few carriers with
 * the application and are not preempted, so bodies that compute, or pin, would hold up every expiry.
 */
public final class Dispatcher implements AutoCloseable {
  private static final GuardedLog LOG = GuardedLog.of(Dispatcher.class);
  private static final int DISPATCH_THREADS = 16;
  private static final int ATTEMPT_THREADS = 256;
  private static final int CHECK_THREADS = 1000;
  private static final long CLOSE_SECONDS = 5;

  private final String runtime;
  private final TimeSource time;
  private final ContextCarrier carrier;
  private final @Nullable ExecutorService dispatch;
  private final @Nullable ExecutorService interrupts;
  private final @Nullable ExecutorService store;
  private final @Nullable ExecutorService ownAttempts;
  private final @Nullable ExecutorService ownChecks;
  private final Executor dispatchOn;
  private final Executor interruptOn;
  private final Executor storeOn;
  private final Executor attemptOn;
  private final Executor checkOn;

  /**
   * Starts no thread yet.
   *
   * @param runtime the name of the runtime, prefix of the threads' names
   * @param time may bring its own executor, which then runs everything
   * @param attempts the application's executor for attempts, or null
   */
  public Dispatcher(String runtime, TimeSource time, @Nullable Executor attempts) {
    this(runtime, time, attempts, ContextCarrier.NONE);
  }

  /**
   * Starts no thread yet.
   *
   * @param runtime the name of the runtime, prefix of the threads' names
   * @param time may bring its own executor, which then runs everything
   * @param attempts the application's executor for attempts, or null
   * @param carrier takes along what the application keeps by thread
   */
  public Dispatcher(
      String runtime, TimeSource time, @Nullable Executor attempts, ContextCarrier carrier) {
    this.runtime = runtime;
    this.time = time;
    this.carrier = carrier;
    Executor ofTime = time.executor();
    if (ofTime != null) {
      dispatch = null;
      interrupts = null;
      store = null;
      ownAttempts = null;
      ownChecks = null;
      dispatchOn = ofTime;
      interruptOn = ofTime;
      storeOn = ofTime;
      attemptOn = attempts != null ? attempts : ofTime;
      checkOn = Runnable::run;
      return;
    }
    dispatch = BackgroundThreads.pool(runtime + "-dispatch", DISPATCH_THREADS);
    interrupts = BackgroundThreads.pool(runtime + "-interrupt", 1);
    store = BackgroundThreads.pool(runtime + "-store", 1);
    ownAttempts = BackgroundThreads.forBlocking(runtime + "-attempt", ATTEMPT_THREADS);
    dispatchOn = dispatch;
    interruptOn = interrupts;
    storeOn = store;
    attemptOn = attempts != null ? attempts : ownAttempts;
    ownChecks = BackgroundThreads.elastic(runtime + "-check", CHECK_THREADS);
    checkOn = ownChecks;
  }

  /**
   * Names the runtime whose threads these are.
   *
   * @return the name
   */
  public String runtime() {
    return runtime;
  }

  /**
   * Runs what ends calls and delivers events. After closing, and where no thread is to be had, it runs on the caller, so that
   * nothing is lost.
   *
   * @param task guards itself
   */
  public void dispatch(Runnable task) {
    execute(dispatchOn, task);
  }

  /**
   * Sends interrupts, which may run foreign code (a channel closes in its interrupter's thread). On the caller as
   * {@link #dispatch} does.
   *
   * @param task guards itself
   */
  public void interrupt(Runnable task) {
    execute(interruptOn, task);
  }

  private static void execute(Executor executor, Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      // The error is also what the JDK throws where the machine has no thread left. A task that is
      // lost would leave a call without its end, or a channel that waits for a delivery that is
      // under way no more.
      task.run();
    }
  }

  /**
   * Gives the one thread that talks to the state store.
   *
   * @return its executor
   */
  public Executor store() {
    return storeOn;
  }

  /**
   * Gives what runs attempts of asynchronous calls from the second on.
   *
   * @return the application's executor, or one of ours
   */
  public Executor attempts() {
    return attemptOn;
  }

  /**
   * Gives what takes the context of callers along to other threads.
   *
   * @return the carrier
   */
  public ContextCarrier carrier() {
    return carrier;
  }

  /**
   * Gives what runs health checks, each on a thread that no other one waits for. Refuses beyond 1000 at once.
   *
   * @return an executor of ours; the caller itself where time is not the system's
   */
  public Executor checks() {
    return checkOn;
  }

  /** Interrupts health checks. Lets what else was handed over finish, for a few seconds, then interrupts it too. */
  @Override
  public void close() {
    if (dispatch == null
        || interrupts == null
        || store == null
        || ownAttempts == null
        || ownChecks == null) {
      return;
    }
    ownChecks.shutdownNow();
    ExecutorService[] all = {interrupts, ownAttempts, store, dispatch};
    for (ExecutorService executor : all) {
      executor.shutdown();
    }
    boolean interrupted = false;
    long deadline = time.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
    for (ExecutorService executor : all) {
      try {
        if (!interrupted
            && executor.awaitTermination(deadline - time.nanoTime(), TimeUnit.NANOSECONDS)) {
          continue;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
      int left = executor.shutdownNow().size();
      LOG.log(
          System.Logger.Level.WARNING,
          "background work did not end within {0} s of closing and was interrupted; {1} tasks were not begun",
          CLOSE_SECONDS,
          left);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
