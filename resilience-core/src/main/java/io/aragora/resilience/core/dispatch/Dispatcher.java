package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.QuietLock;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.time.TimeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The threads that a runtime owns. They never wait for a thread of the application, so a timeout
 * fires even if all of those are busy.
 *
 * <p>Three groups share no thread: the first ends calls, the second calls listeners, the third
 * sends interrupts. A continuation, a fallback, a listener or an interrupt that blocks holds its
 * own thread only. The context class loader of the threads is that of the thread that built the
 * runtime. Idle threads end, so no class loader outlives the runtime for long.
 *
 * <p>Completions and events run on platform threads even if the JDK has virtual ones. Virtual
 * threads share a few carriers with the application and are not preempted, so bodies that compute
 * or pin would delay every timeout.
 */
public final class Dispatcher implements AutoCloseable {
  private static final GuardedLog LOG = GuardedLog.of(Dispatcher.class);

  /**
   * Beyond this number, completions wait in order, and with them the application's continuations
   * inside them.
   */
  private static final int END_THREADS = 1000;

  /**
   * Beyond this number, events wait in order. One thread at a time delivers the events of a
   * channel.
   */
  private static final int TELL_THREADS = 256;

  /** Beyond this number, interrupts wait in order. */
  private static final int INTERRUPT_THREADS = 64;

  private static final int ATTEMPT_THREADS = 256;
  private static final int CHECK_THREADS = 1000;
  private static final long CLOSE_SECONDS = 5;

  /** The longest time that interrupting unfinished work may take. */
  private static final long INTERRUPT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final String runtime;
  private final TimeSource time;
  private final AtomicLong failures = new AtomicLong();
  private final ContextCarrier carrier;
  private final AcceptedTasks acceptedTasks = new AcceptedTasks();
  private final @Nullable ElasticThreads ends;
  private final @Nullable ElasticThreads tells;
  private final @Nullable ElasticThreads interrupts;
  private final @Nullable LatePool store;
  private final @Nullable LatePool quotas;
  private final @Nullable AttemptThreads ownAttempts;
  private final @Nullable LatePool ownChecks;
  private final @Nullable ClassLoader loader;
  private final Executor endOn;
  private final Executor tellOn;
  private final Executor interruptOn;
  private final Executor storeOn;
  private final Executor quotasOn;
  private final Executor attemptOn;
  private final Executor checkOn;

  /** The threads that run an attempt now. A virtual thread has no other reference to its group. */
  private final Set<Thread> attempting = ConcurrentHashMap.newKeySet();

  private volatile @Nullable UnfinishedHandOvers unfinished;
  private volatile @Nullable Timer timer;

  /**
   * Creates a dispatcher that has no thread yet.
   *
   * @param runtime the name of the runtime, prefix of the threads' names
   * @param time the time source; if it has its own executor, that runs every task
   * @param attempts the application's executor for attempts, or null
   */
  public Dispatcher(String runtime, TimeSource time, @Nullable Executor attempts) {
    this(runtime, time, attempts, ContextCarrier.NONE);
  }

  /**
   * Creates a dispatcher that has no thread yet.
   *
   * @param runtime the name of the runtime, prefix of the threads' names
   * @param time the time source; if it has its own executor, that runs every task
   * @param attempts the application's executor for attempts, or null
   * @param carrier carries the thread-bound context of the application
   */
  public Dispatcher(
      String runtime, TimeSource time, @Nullable Executor attempts, ContextCarrier carrier) {
    this.runtime = runtime;
    this.time = time;
    this.carrier = carrier;
    this.loader = Thread.currentThread().getContextClassLoader();
    Executor ofTime = time.executor();
    if (ofTime != null) {
      ends = null;
      tells = null;
      interrupts = null;
      store = null;
      quotas = null;
      ownAttempts = null;
      ownChecks = null;
      endOn = ofTime;
      tellOn = ofTime;
      interruptOn = ofTime;
      storeOn = ofTime;
      quotasOn = ofTime;
      attemptOn = attempts != null ? attempts : ofTime;
      checkOn = Runnable::run;
      return;
    }
    ends = new ElasticThreads(runtime + "-end", END_THREADS, loader);
    tells = new ElasticThreads(runtime + "-tell", TELL_THREADS, loader);
    interrupts = new ElasticThreads(runtime + "-interrupt", INTERRUPT_THREADS, loader);
    store = new LatePool(LatePool.Kind.WAITING, runtime + "-store", 1, loader);
    quotas = new LatePool(LatePool.Kind.WAITING, runtime + "-quota", 1, loader);
    ownAttempts = new AttemptThreads();
    endOn = ends;
    tellOn = tells;
    interruptOn = interrupts;
    storeOn = store;
    quotasOn = quotas;
    attemptOn = attempts != null ? attempts : ownAttempts;
    ownChecks = new LatePool(LatePool.Kind.REJECTING, runtime + "-check", CHECK_THREADS, loader);
    checkOn = ownChecks;
  }

  /** {@return the name of the runtime} */
  public String runtime() {
    return runtime;
  }

  /** {@return the time source of the runtime} */
  public TimeSource time() {
    return time;
  }

  /**
   * Sets the timer that repeats failed hand-overs. Called once, before the first event. Without a
   * timer, a failed hand-over waits for the next event.
   *
   * @param timer the timer of the runtime
   */
  public void useTimer(Timer timer) {
    this.timer = timer;
    unfinished = new UnfinishedHandOvers(time, timer, this);
  }

  /** {@return whether the time source has its own executor, so that the dispatcher has no threads} */
  public boolean isDriven() {
    return tells == null;
  }

  /**
   * Schedules another hand-over in 10 ms. Allocates nothing.
   *
   * @param failed the failed hand-over
   * @return whether it will be repeated; false without a timer
   */
  public boolean again(RepeatedHandOver failed) {
    UnfinishedHandOvers present = unfinished;
    if (present != null) {
      present.add(failed);
    }
    return present != null;
  }

  /** Runs each attempt in a pool, and notes its thread meanwhile. */
  private final class AttemptThreads implements Executor {
    private final LatePool pool =
        new LatePool(LatePool.Kind.BLOCKING, runtime + "-attempt", ATTEMPT_THREADS, loader);

    @Override
    public void execute(Runnable attempt) {
      pool.execute(new Runnable() {
        @Override
        public void run() {
          runWithLoader(attempt);
        }
      });
    }
  }

  /** Sets the class loader, because the factory of virtual threads does not. */
  private void runWithLoader(Runnable task) {
    Thread thread = Thread.currentThread();
    attempting.add(thread);
    try {
      thread.setContextClassLoader(loader);
      task.run();
    } finally {
      attempting.remove(thread);
    }
  }

  /**
   * Runs a task that ends a call: its completion, with the application's continuations and
   * fallbacks. Up to 1,000 such tasks run at a time; further tasks wait in order. The task runs on
   * the caller after closing, and if the group has no thread and none can be started. So no task is
   * lost.
   *
   * <p>The timer's thread never runs a task: one that blocks would stop every timeout. If it is the
   * caller, the hand-over fails, and the timer fires its operation again 10 ms later.
   *
   * @param task must not throw
   * @throws RejectedExecutionException if no thread takes the task and the caller is the timer's
   *     thread
   */
  public void endCall(Runnable task) {
    execute(endOn, task);
  }

  /**
   * Runs the continuations of a health report as {@link #endCall} does, apart from the thread of the last check. Runs them on the caller
   * if checks run there, too.
   *
   * @param task must not throw
   */
  public void endReport(Runnable task) {
    if (ownChecks == null) {
      task.run();
    } else {
      endCall(task);
    }
  }

  /**
   * Runs a task that calls listeners. Up to 256 such tasks run at a time; further tasks wait in
   * order. Runs on the caller, or fails, in the cases of {@link #endCall}. If the caller holds a
   * {@link QuietLock}, all this happens once it has released it; a task that no thread takes then
   * is handed over again 10 ms later.
   *
   * @param task must not throw; each event channel hands over one task at a time
   * @throws RejectedExecutionException as {@link #endCall} does
   */
  public void tell(Runnable task) {
    if (QuietLock.isQuiet()) {
      QuietLock.later(new WaitingTask(task));
    } else {
      execute(tellOn, task);
    }
  }

  /**
   * Runs a task that calls listeners as {@link #tell} does, but never on the caller, which may hold a lock: if no thread is free,
   * the timer tries again 10 ms later. Never throws.
   *
   * @param task must not throw
   */
  public void tellApart(Runnable task) {
    try {
      tellOn.execute(task);
    } catch (Throwable e) {
      again(new WaitingTask(task));
    }
  }

  /**
   * A task that calls listeners and waits, for the release of a lock or for a thread. Who told it no longer learns if the hand-over
   * fails, so this repeats it.
   */
  private final class WaitingTask extends RepeatedHandOver implements Runnable {
    private final Runnable task;

    WaitingTask(Runnable task) {
      this.task = task;
    }

    /** Called after the lock. */
    @Override
    public void run() {
      handOver();
    }

    @Override
    protected void handOver() {
      try {
        tell(task);
      } catch (Throwable e) {
        again(this);
        failed("events could not be handed over; it is tried again", e);
      }
    }
  }

  /**
   * Runs a task that sends an interrupt, which may run foreign code: an interruptible channel is
   * closed on the thread of its interrupter. Up to 64 such tasks run at a time; further tasks wait
   * in order. Runs on the caller, or fails, in the cases of {@link #endCall}.
   *
   * @param task must not throw
   * @throws RejectedExecutionException as {@link #endCall} does
   */
  public void interrupt(Runnable task) {
    execute(interruptOn, task);
  }

  /**
   * Runs a task that sends an interrupt because the runtime closes, as {@link #interrupt} does.
   * Runs on the caller if the time source has its own executor, because that may no longer be
   * driven.
   *
   * @param task must not throw
   */
  public void interruptAtClosing(Runnable task) {
    if (interrupts == null) {
      task.run();
    } else {
      execute(interruptOn, task);
    }
  }

  /**
   * Returns the load of each group of threads.
   *
   * @return the loads; empty if the time source has its own executor
   */
  public List<ThreadLoad> loads() {
    return ends == null
            || tells == null
            || interrupts == null
            || ownAttempts == null
            || ownChecks == null
            || store == null
            || quotas == null
        ? List.of()
        : List.of(
            ends.load("end", failures.get()),
            tells.load("tell", 0),
            interrupts.load("interrupt", 0),
            ownAttempts.pool.load("attempt", attempting.size()),
            ownChecks.load("check", 0),
            store.load("store", 0),
            quotas.load("quota", 0));
  }

  /**
   * Counts and logs a failure in a loop of the library; the loop continues. Never throws.
   *
   * @param consequence the log line: what failed and what follows
   * @param failure the failure
   */
  public void failed(String consequence, Throwable failure) {
    failures.incrementAndGet();
    LOG.log(System.Logger.Level.ERROR, consequence, failure);
  }

  private void execute(Executor executor, Runnable task) {
    try {
      executor.execute(task);
    } catch (Throwable e) {
      // A rejection after closing, or the OutOfMemoryError that the JDK throws if the machine has
      // no free thread. Without the task, the call would never end.
      Timer present = timer;
      if (present != null && present.isDriving()) {
        throw new RejectedExecutionException(
            "no thread of runtime '" + runtime + "' takes a task of its timer", e);
      }
      task.run();
    }
  }

  /** {@return the executor of the one thread that calls the state store} */
  public Executor store() {
    return storeOn;
  }

  /** {@return the executor of the one thread that calls the quota store} */
  public Executor quotas() {
    return quotasOn;
  }

  /**
   * Hands an attempt of an asynchronous call, from the second on, to the application's executor or
   * to that of the runtime.
   *
   * @param executor the executor of the call or of its retry; null for the others
   * @param attempt runs at most once
   * @param onClose run if the runtime is closed and the attempt was neither begun nor cancelled:
   *     the executor may have dropped it
   * @return a handle that cancels the attempt
   */
  public AcceptedTask attempt(@Nullable Executor executor, Runnable attempt, Runnable onClose) {
    return acceptedTasks.execute(executor != null ? executor : attemptOn, attempt, onClose);
  }

  /**
   * Hands the completion of a call that has ended to an executor of the application. If that throws, the completion runs on
   * the caller; if it drops the task, the completion runs when the runtime is closed.
   *
   * @param executor the executor
   * @param completion must not throw
   */
  public void complete(Executor executor, Runnable completion) {
    try {
      acceptedTasks.execute(executor, completion, completion);
    } catch (Throwable e) {
      completion.run();
    }
  }

  /**
   * Returns an executor that tracks the bodies which an executor of the application accepts.
   *
   * @param executor the executor
   * @return an executor that accepts futures that are tasks and hands them over; closing the
   *     runtime fails those that have not begun with {@link ResilienceClosedException}
   */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback cancels
  public Executor watched(Executor executor) {
    return task -> {
      CompletableFuture<?> body = (CompletableFuture<?>) task;
      AcceptedTask accepted = acceptedTasks.execute(
          executor, task, () -> body.completeExceptionally(new ResilienceClosedException(runtime)));
      // A call that ends before its body began, at a deadline for instance, leaves no entry.
      body.handle((value, failure) -> accepted.cancel());
    };
  }

  /** Ends the calls whose bodies were handed to an executor and have not begun. */
  public void closeAcceptedTasks() {
    acceptedTasks.close(this::endCall);
  }

  /** {@return the carrier of the callers' context} */
  public ContextCarrier carrier() {
    return carrier;
  }

  /**
   * Returns the executor of health checks. Each check has its own thread. The executor rejects a
   * check if 1,000 run already.
   *
   * @return the executor; it runs checks on the caller if the time source is not the system's
   */
  public Executor checks() {
    return checkOn;
  }

  /** Closes as {@link #close(long, Thread, boolean)} does, in at most five seconds. */
  @Override
  public void close() {
    close(time.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS), Thread.currentThread(), false);
  }

  /**
   * Interrupts health checks. Other tasks may finish until shortly before the deadline; then they
   * are interrupted. Does not wait for the group of the thread that asked for it: a listener that
   * closes the runtime would wait for itself.
   *
   * @param deadline the instant after which the caller waits for nothing
   * @param closer the thread that asked for it, and waits for its end
   * @param exiting whether the JVM is shutting down. Then only the store's thread is waited for,
   *     since the thread that called {@code System.exit} may belong to a group, and waits for the
   *     caller
   */
  public void close(long deadline, Thread closer, boolean exiting) {
    if (ends == null
        || tells == null
        || interrupts == null
        || store == null
        || quotas == null
        || ownAttempts == null
        || ownChecks == null) {
      return;
    }
    List<ExecutorService> checks = present(ownChecks.close());
    if (!checks.isEmpty()) {
      interruptAll(checks, Math.min(deadline, time.nanoTime() + INTERRUPT_NANOS));
    }
    List<ExecutorService> ofStore = present(store.close());
    List<ExecutorService> all = new ArrayList<>();
    all.add(interrupts.pool());
    all.addAll(present(ownAttempts.pool.close()));
    all.addAll(ofStore);
    all.addAll(present(quotas.close()));
    all.add(ends.pool());
    all.add(tells.pool());
    all.forEach(ExecutorService::shutdown);
    List<ExecutorService> awaited = exiting ? ofStore : all;
    ExecutorService own = groupOf(closer);
    boolean interrupted = false;
    List<ExecutorService> late = new ArrayList<>();
    for (ExecutorService executor : awaited) {
      if (executor == own) {
        continue;
      }
      try {
        long rest = deadline - INTERRUPT_NANOS - time.nanoTime();
        if (!interrupted && executor.awaitTermination(rest, TimeUnit.NANOSECONDS)) {
          continue;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
      late.add(executor);
    }
    if (!late.isEmpty()) {
      int left = interruptAll(late, deadline);
      LOG.log(
          System.Logger.Level.WARNING,
          "runtime ''{0}'': background work did not end within {1} s of closing and was interrupted; {2} tasks had not begun",
          runtime,
          CLOSE_SECONDS,
          left);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static List<ExecutorService> present(@Nullable ExecutorService pool) {
    return pool == null ? List.of() : List.of(pool);
  }

  /**
   * Interrupts the threads of executors. Another thread does so, since an interrupt may run foreign
   * code that hangs: an interruptible channel is closed on the thread of its interrupter.
   *
   * @return the number of tasks that had not begun, as far as it is known at the deadline
   */
  private int interruptAll(List<ExecutorService> executors, long deadline) {
    AtomicInteger left = new AtomicInteger();
    Runnable interrupting = () ->
        executors.forEach(executor -> left.addAndGet(executor.shutdownNow().size()));
    try {
      Thread thread = BackgroundThreads.daemon(runtime + "-close", interrupting);
      thread.start();
      thread.join(1 + TimeUnit.NANOSECONDS.toMillis(Math.max(0, deadline - time.nanoTime())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (OutOfMemoryError e) {
      interrupting.run();
    }
    return left.get();
  }

  /** Compares by identity, because another runtime may have threads of the same names. */
  private @Nullable ExecutorService groupOf(Thread thread) {
    if (attempting.contains(thread)) {
      return ownAttempts == null ? null : ownAttempts.pool.pool();
    }
    if (!(thread instanceof GroupThread own)) {
      return null;
    }
    if (own.group() instanceof ElasticThreads elastic) {
      return elastic.pool();
    }
    return own.group() instanceof ExecutorService pool ? pool : null;
  }
}
