package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.ResilienceClosedException;
import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.time.TimeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The threads that a runtime owns. Nothing here waits for a thread of the application, so a timeout fires although every
 * one of them is busy.
 *
 * <p>Three groups share no thread: the first ends calls, the second tells listeners, the third interrupts. A continuation, a
 * fallback, a listener or an interrupt that blocks holds its own thread only. Their context class loader is that of the thread
 * that built the runtime; threads end when they are idle, so they keep no loader alive for longer than the runtime.
 *
 * <p>Completions and events run on platform threads even where the JDK has virtual ones: those share a few carriers with
 * the application and are not preempted, so bodies that compute, or pin, would hold up every expiry.
 */
public final class Dispatcher implements AutoCloseable {
  private static final GuardedLog LOG = GuardedLog.of(Dispatcher.class);

  /** Beyond these, completions wait in order, and so do the application's continuations that run inside them. */
  private static final int END_THREADS = 1000;

  /** Beyond these, events wait in order. A channel is told by one thread at a time. */
  private static final int TELL_THREADS = 256;

  /** Beyond these, interrupts wait in order. */
  private static final int INTERRUPT_THREADS = 64;

  private static final int ATTEMPT_THREADS = 256;
  private static final int CHECK_THREADS = 1000;
  private static final long CLOSE_SECONDS = 5;

  /** How long it may take to interrupt what has not ended. */
  private static final long INTERRUPT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final String runtime;
  private final TimeSource time;
  private final AtomicLong failures = new AtomicLong();
  private final ContextCarrier carrier;
  private final HandOvers handOvers = new HandOvers();
  private final @Nullable ElasticThreads ends;
  private final @Nullable ElasticThreads tells;
  private final @Nullable ElasticThreads interrupts;
  private final @Nullable ExecutorService store;
  private final @Nullable ExecutorService ownAttempts;
  private final @Nullable ExecutorService ownChecks;
  private final @Nullable ClassLoader loader;
  private final Executor endOn;
  private final Executor tellOn;
  private final Executor interruptOn;
  private final Executor storeOn;
  private final Executor attemptOn;
  private final Executor checkOn;

  /** The threads that run an attempt now; a virtual one has nothing else that tells its group. */
  private final Set<Thread> attempting = ConcurrentHashMap.newKeySet();

  private volatile @Nullable UnfinishedHandOvers unfinished;

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
    this.loader = Thread.currentThread().getContextClassLoader();
    Executor ofTime = time.executor();
    if (ofTime != null) {
      ends = null;
      tells = null;
      interrupts = null;
      store = null;
      ownAttempts = null;
      ownChecks = null;
      endOn = ofTime;
      tellOn = ofTime;
      interruptOn = ofTime;
      storeOn = ofTime;
      attemptOn = attempts != null ? attempts : ofTime;
      checkOn = Runnable::run;
      return;
    }
    ends = new ElasticThreads(runtime + "-end", END_THREADS, loader);
    tells = new ElasticThreads(runtime + "-tell", TELL_THREADS, loader);
    interrupts = new ElasticThreads(runtime + "-interrupt", INTERRUPT_THREADS, loader);
    store = BackgroundThreads.pool(runtime + "-store", 1, loader);
    ownAttempts = BackgroundThreads.forBlocking(runtime + "-attempt", ATTEMPT_THREADS, loader);
    ExecutorService attemptThreads = ownAttempts;
    endOn = ends;
    tellOn = tells;
    interruptOn = interrupts;
    storeOn = store;
    attemptOn = attempts != null
        ? attempts
        : attempt -> attemptThreads.execute(() -> runWithLoader(attempt));
    ownChecks = BackgroundThreads.elastic(runtime + "-check", CHECK_THREADS, loader);
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
   * Sets the timer by which what fails is handed over again. Called once, before the first event; without it, what fails waits
   * for the next event.
   *
   * @param timer the timer of the runtime
   */
  public void useTimer(Timer timer) {
    unfinished = new UnfinishedHandOvers(time, timer, this);
  }

  /**
   * Hands over again in 10 ms. Allocates nothing.
   *
   * @param failed what could not be handed over
   * @return whether that will happen; false without a timer
   */
  public boolean again(RepeatedHandOver failed) {
    UnfinishedHandOvers present = unfinished;
    if (present != null) {
      present.add(failed);
    }
    return present != null;
  }

  /** A virtual thread does not get the loader from its factory. */
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
   * Runs what ends a call: its completion, and with it the application's continuations and fallbacks. Up to 1,000 such tasks run
   * at a time; further ones wait in order. After closing, and if the group has no thread and the machine gives none, the task runs
   * on the caller, so nothing is lost.
   *
   * @param task guards itself
   */
  public void endCall(Runnable task) {
    execute(endOn, task);
  }

  /**
   * Runs what tells listeners. Up to 256 such tasks run at a time; further ones wait in order. On the caller as {@link #endCall}
   * does.
   *
   * @param task guards itself; the caller hands over one at a time for each channel of events
   */
  public void tell(Runnable task) {
    execute(tellOn, task);
  }

  /**
   * Sends an interrupt, which may run foreign code (a channel closes in its interrupter's thread). Up to 64 interrupts are sent at
   * a time; further ones wait in order. On the caller as {@link #endCall} does.
   *
   * @param task guards itself
   */
  public void interrupt(Runnable task) {
    execute(interruptOn, task);
  }

  /**
   * Sends an interrupt because the runtime closes, as {@link #interrupt} does; on the caller if the time source brings its own
   * executor, which nobody may drive any more.
   *
   * @param task guards itself
   */
  public void interruptAtClosing(Runnable task) {
    if (interrupts == null) {
      task.run();
    } else {
      execute(interruptOn, task);
    }
  }

  /**
   * Returns the load of the three groups of threads.
   *
   * @return nothing if the time source brings its own executor
   */
  public List<ThreadLoad> loads() {
    return ends == null || tells == null || interrupts == null
        ? List.of()
        : List.of(
            ends.load("end", failures.get()),
            tells.load("tell", 0),
            interrupts.load("interrupt", 0));
  }

  /**
   * Counts and logs a failure in a loop of ours, which goes on. Never throws.
   *
   * @param consequence what follows from it
   * @param failure why
   */
  public void failed(String consequence, Throwable failure) {
    failures.incrementAndGet();
    LOG.log(System.Logger.Level.ERROR, consequence, failure);
  }

  private static void execute(Executor executor, Runnable task) {
    try {
      executor.execute(task);
    } catch (Throwable e) {
      // A rejection after closing, or the OutOfMemoryError that the JDK throws where the machine
      // has
      // no thread left. A task that is lost would leave a call without its end.
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
   * Hands an attempt of an asynchronous call, from the second on, to the application's executor or to one of ours.
   *
   * @param attempt begins at most once
   * @param onClose run when the runtime is closed, if the attempt was neither begun nor cancelled: the executor may have dropped it
   * @return cancels the attempt
   */
  public HandOver attempt(Runnable attempt, Runnable onClose) {
    return handOvers.execute(attemptOn, attempt, onClose);
  }

  /**
   * Watches over the bodies that an executor of the application accepts.
   *
   * @param executor the executor
   * @return an executor that accepts futures that are tasks, and hands them over; closing the runtime fails those that were not
   *     begun with {@link ResilienceClosedException}
   */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback cancels
  public Executor watched(Executor executor) {
    return task -> {
      CompletableFuture<?> body = (CompletableFuture<?>) task;
      HandOver handOver = handOvers.execute(
          executor, task, () -> body.completeExceptionally(new ResilienceClosedException(runtime)));
      // A call that ends before its body began, at a limit for instance, leaves nothing behind.
      body.handle((value, failure) -> handOver.cancel());
    };
  }

  /** Ends the calls whose bodies were handed to an executor and not begun. */
  public void closeHandOvers() {
    handOvers.close(this::endCall);
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

  /** Closes as {@link #close(long, boolean)} does, in at most five seconds. */
  @Override
  public void close() {
    close(time.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS), false);
  }

  /**
   * Interrupts health checks. Lets what else was handed over finish until shortly before the deadline, then interrupts it. Does not
   * wait for the
   * group of threads to which the calling thread belongs: a listener that closes the runtime would wait for itself.
   *
   * @param deadline the instant after which nothing is waited for
   * @param exiting whether the JVM is shutting down: then only the store's thread is waited for, since the thread that called
   *     {@code System.exit} may be one of ours, and waits for the caller
   */
  public void close(long deadline, boolean exiting) {
    if (ends == null
        || tells == null
        || interrupts == null
        || store == null
        || ownAttempts == null
        || ownChecks == null) {
      return;
    }
    interruptAll(List.of(ownChecks), Math.min(deadline, time.nanoTime() + INTERRUPT_NANOS));
    List<ExecutorService> all =
        List.of(interrupts.pool(), ownAttempts, store, ends.pool(), tells.pool());
    all.forEach(ExecutorService::shutdown);
    List<ExecutorService> awaited = exiting ? List.of(store) : all;
    ExecutorService own = groupOf(Thread.currentThread());
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
          "background work of ''{0}'' did not end within {1} s of closing and was interrupted; {2} tasks were not begun",
          runtime,
          CLOSE_SECONDS,
          left);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Interrupts the threads of executors, on another thread, since an interrupt may run foreign code that hangs: a channel closes in
   * its interrupter's thread.
   *
   * @return how many tasks had not begun, as far as is known at the deadline
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

  /** By identity: another runtime may have threads of the same names. */
  private @Nullable ExecutorService groupOf(Thread thread) {
    if (attempting.contains(thread)) {
      return ownAttempts;
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
