package io.aragora.resilience.core.persistence;

import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.core.circuitbreaker.BreakerKeeper;
import io.aragora.resilience.core.circuitbreaker.CircuitBreakerStateMachine;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.persistence.UnsavedBreakers.Scope;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.spi.ResilienceSettings.StoreSetting;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Keeps breaker state across restarts. Calls never wait for it: a change marks the breaker, and the store's own thread saves
 * what is marked, many at once.
 */
public final class StateKeeper implements BreakerKeeper, AutoCloseable {
  /*
   * A change puts its breaker on a list and, if nobody has yet, arms the timer for a moment later; so a storm of changes is
   * one batch, and the thread of a call neither allocates nor wakes another one while the timer is ticking anyhow.
   *
   * Everything else happens on the store's thread. A save that fails leaves the keeper behind: the list means nothing then,
   * and once the store answers, all breakers are saved that may have changed. So an outage costs no memory, however long it
   * takes and however many keys come and go in it.
   *
   * The store is foreign code: it may throw anything, answer nonsense, or never answer. Whatever is thrown at any step leaves
   * the keeper behind and a retry armed, in that order and before anything is logged; should even the arming fail, for want of
   * memory, the next reading of the status arms anew. What does not answer keeps the store's thread and nobody else: building,
   * flushing and closing wait for a bounded time, and the status says since when there is no answer.
   */
  private static final GuardedLog LOG = GuardedLog.of(StateKeeper.class);
  private static final Duration OPEN_LIMIT = Duration.ofSeconds(30);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private static final double JITTER = 0.1;

  /** How long a change waits for others: two ticks of the coarse clock, so that a timer that is busy is not woken for it. */
  private static final long COALESCING_NANOS = 20L << 20;

  private static final long PURGE_INTERVAL_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final int ROWS_PER_SAVE = 1_000;

  /** How long until what found no thread is tried again. */
  private static final long NO_THREAD_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How late the save of an interval may be before it counts as an outage. */
  private static final long OVERDUE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final String runtime;
  private final StoreSetting setting;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final StoreConnection connection;
  private final StateRestoration restoration;
  private final UnsavedBreakers changed = new UnsavedBreakers();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final Wakening soon = new Wakening(this::saveSoon);
  private final Wakening interval = new Wakening(this::saveAtInterval);
  private final Wakening retry = new Wakening(this::tryAgain);
  private volatile int unsaved;
  private volatile boolean closed;

  /** Set when the store is to be closed, by whoever has the store's thread then. */
  private volatile boolean closing;

  /** When the next save of all is due. */
  private volatile long intervalDue;

  // Used on the store's thread, except while the runtime starts.
  private LiveBreakers breakers = LiveBreakers.NONE;
  private boolean behind;
  private boolean retrying;
  private long draws;
  private long nextPurge;

  /**
   * Makes a keeper that has not opened its store.
   *
   * @param runtime the name of its runtime
   * @param setting where state is kept, how often it is saved, and for how long
   * @param time its time
   * @param timer wakes it
   * @param dispatcher has the store's thread
   */
  public StateKeeper(
      String runtime, StoreSetting setting, TimeSource time, Timer timer, Dispatcher dispatcher) {
    this.runtime = runtime;
    this.setting = setting;
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
    this.connection = new StoreConnection(runtime, setting, time);
    this.restoration = new StateRestoration(setting.location());
    this.intervalDue = time.nanoTime();
  }

  /**
   * Opens the store and reads it, so that a breaker made afterwards finds its state. Waits at most 30 s; a store that answers
   * later is taken then.
   *
   * @param live what is saved
   * @return what failed; null if nothing did
   * @throws ResilienceConfigurationException if there can be no store at the location, so that waiting would not help
   */
  public @Nullable String start(LiveBreakers live) {
    breakers = live;
    long now = time.nanoTime();
    changed.savedAllUntil(now);
    nextPurge = now + PURGE_INTERVAL_NANOS;
    armInterval();
    AtomicReference<@Nullable ResilienceConfigurationException> mistake = new AtomicReference<>();
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    boolean answered = openWithin(() -> mistake.set(openFirst(loader)));
    ResilienceConfigurationException thrown = mistake.get();
    if (thrown != null) {
      throw thrown;
    }
    return answered ? connection.lastError() : "open: no answer within 30 s";
  }

  private boolean openWithin(Runnable opening) {
    try {
      return onStore(opening, OPEN_LIMIT);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      opening.run();
      return true;
    }
  }

  /** With the loader of who builds the runtime, since a store may look for its driver. */
  private @Nullable ResilienceConfigurationException openFirst(@Nullable ClassLoader loader) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try {
      thread.setContextClassLoader(loader);
      open();
      connection.succeeded();
      return null;
    } catch (ResilienceConfigurationException e) {
      behind = true;
      return e;
    } catch (Throwable e) {
      failed("open", e);
      return null;
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /**
   * Tells whether a runtime is of no use where {@link #start} fails.
   *
   * @return whether the store is required
   */
  public boolean isRequired() {
    return setting.required();
  }

  /** Later by chance, so that many processes do not write at once. */
  private long spread(Wakening wakening, long nanos) {
    try {
      return time.nanoTime() + nanos + (long) (nanos * JITTER * time.random(runtime, draws++, 0));
    } catch (Throwable e) {
      dispatcher.failed("saving goes by the last save, because the clock failed", e);
      return wakening.after(nanos);
    }
  }

  @Override
  public void made(CircuitBreakerStateMachine breaker) {
    restoration.made(breaker);
  }

  @Override
  public boolean isWaiting(SavedBreaker.Id id) {
    return restoration.isWaiting(id);
  }

  // Volatile: the breaker is on the list before `scheduled` is read, and saveSoon clears that
  // before it takes the list, so one of the two sees the other. Were either weaker, a change could
  // wait for the next one. Stress: StateKeeperStress.NoChangeWaitsUnscheduled.
  @Override
  public void changed(CircuitBreakerStateMachine breaker) {
    if (changed.add(breaker)
        && !closed
        && !scheduled.get()
        && scheduled.compareAndSet(false, true)) {
      boolean done = false;
      try {
        timer.arm(soon, time.nanoTime() + COALESCING_NANOS);
        done = true;
      } finally {
        if (!done) {
          // The next change tries again, and the save of the interval comes anyhow.
          scheduled.set(false);
        }
      }
    }
  }

  private void saveSoon() {
    scheduled.set(false);
    // During an outage the next try saves everything.
    if (!behind) {
      save(Scope.CHANGED);
    }
  }

  private void tryAgain() {
    retrying = false;
    if (behind) {
      save(Scope.ACTIVE);
    }
  }

  private void saveAtInterval() {
    try {
      if (!behind) {
        saveOrPurge();
      } else if (!retrying) {
        // The arming of the retry failed.
        save(Scope.ACTIVE);
      }
    } finally {
      if (!closed) {
        armInterval();
      }
    }
  }

  private void armInterval() {
    long due = spread(interval, setting.saveInterval().toNanos());
    intervalDue = due;
    timer.arm(interval, due);
  }

  private void saveOrPurge() {
    if (time.nanoTime() - nextPurge < 0) {
      save(Scope.ACTIVE);
    } else if (save(Scope.ALL)) {
      // After a save of all, so that what goes is what no breaker here stands for.
      nextPurge = time.nanoTime() + PURGE_INTERVAL_NANOS;
      purge();
    }
  }

  private void purge() {
    try {
      connection.asking("purge");
      StateStore store = connection.store();
      if (store != null) {
        Instant cutOff = time.wallTime().minus(setting.retention());
        restoration.dropSavedBefore(cutOff);
        store.purgeSavedBefore(cutOff);
      }
    } catch (Throwable e) {
      failed("purge", e);
    } finally {
      connection.answered();
    }
  }

  /** Gives whether all of it is saved. Throws nothing. */
  private boolean save(Scope scope) {
    if (connection.isClosed()) {
      return false;
    }
    try {
      connection.asking("save");
      saveOrThrow(scope);
      connection.succeeded();
      return true;
    } catch (Throwable e) {
      failed("save", e);
      return false;
    } finally {
      connection.answered();
    }
  }

  private void saveOrThrow(Scope scope) throws StateStoreException {
    long began = time.nanoTime();
    List<CircuitBreakerStateMachine> batch = changed.take(scope, breakers);
    unsaved = batch.size();
    StateStore store = connection.store();
    if (store == null) {
      store = open();
    }
    removeForgotten(store, batch);
    for (int from = 0; from < batch.size(); from += ROWS_PER_SAVE) {
      List<SavedBreaker> states =
          statesOf(batch.subList(from, Math.min(from + ROWS_PER_SAVE, batch.size())));
      connection.saved(store.save(states), states.size());
      unsaved = Math.max(0, batch.size() - from - ROWS_PER_SAVE);
    }
    if (batch.isEmpty()) {
      // What was acknowledged before may be lost by now, which the store says when it is asked.
      store.save(List.of());
    }
    unsaved = 0;
    if (scope != Scope.CHANGED) {
      behind = false;
      changed.savedAllUntil(began);
    }
  }

  /** Of a key that was evicted no row stays; where there is a new breaker of that key, its row takes the place of the old one. */
  private void removeForgotten(StateStore store, List<CircuitBreakerStateMachine> batch)
      throws StateStoreException {
    Map<SavedBreaker.Id, CircuitBreakerStateMachine> forgotten = new HashMap<>();
    for (CircuitBreakerStateMachine breaker : batch) {
      if (breaker.isForgotten()) {
        forgotten.put(breaker.storedId(), breaker);
      }
    }
    if (forgotten.isEmpty()) {
      return;
    }
    batch.removeIf(breaker -> forgotten.get(breaker.storedId()) == breaker);
    List<CircuitBreakerStateMachine> leaving = List.copyOf(forgotten.values());
    for (int from = 0; from < leaving.size(); from += ROWS_PER_SAVE) {
      store.remove(leaving.subList(from, Math.min(from + ROWS_PER_SAVE, leaving.size())).stream()
          .map(CircuitBreakerStateMachine::save)
          .toList());
    }
    Set<CircuitBreakerStateMachine> taken = new HashSet<>(batch);
    for (SavedBreaker.Id id : forgotten.keySet()) {
      CircuitBreakerStateMachine successor = breakers.find(id);
      if (successor != null && taken.add(successor)) {
        batch.add(successor);
      }
    }
  }

  /** What another instance decided has been saved by that one. */
  private List<SavedBreaker> statesOf(List<CircuitBreakerStateMachine> part) {
    List<SavedBreaker> states = new ArrayList<>(part.size());
    for (CircuitBreakerStateMachine breaker : part) {
      made(breaker);
      if (!breaker.isFollowing()) {
        states.add(breaker.save());
      }
    }
    return states;
  }

  private StateStore open() throws StateStoreException {
    try {
      connection.asking("open");
      StateStore store = connection.open(this::heard);
      Instant cutOff = time.wallTime().minus(setting.retention());
      if (!restoration.isLoaded()) {
        store.purgeSavedBefore(cutOff);
      }
      restoration.load(
          Objects.requireNonNull(store.load(), "the store loaded null"), cutOff, breakers);
      return store;
    } catch (Throwable e) {
      connection.giveUp();
      throw e;
    } finally {
      connection.answered();
    }
  }

  /** On a thread of the store, which may go on after it was closed. */
  private void heard(SavedBreaker state) {
    if (!closed) {
      restoration.heard(state, breakers);
    }
  }

  private void failed(String what, Throwable e) {
    behind = true;
    long nanos = NO_THREAD_NANOS;
    try {
      nanos = connection.failed(what, e);
    } finally {
      if (!retrying && !closed) {
        timer.arm(retry, spread(retry, nanos));
        retrying = true;
      }
    }
  }

  /**
   * Tells how it goes. What the timer has lost for want of memory is armed anew.
   *
   * @return the status
   */
  public StateStoreStatus status() {
    StateStoreStatus status = connection.status(Math.max(unsaved, changed.listed()));
    long late = time.nanoTime() - intervalDue;
    if (closed || late < OVERDUE_NANOS || status.lastError() != null) {
      return status;
    }
    scheduled.set(false);
    armInterval();
    return new StateStoreStatus(
        status.location(),
        status.pending(),
        status.saved(),
        status.failures(),
        "save: due for " + TimeUnit.NANOSECONDS.toSeconds(late) + " s and not begun",
        time.wallTime().minusNanos(late),
        status.lastSavedAt());
  }

  /**
   * Saves everything that has changed, counts included, and waits.
   *
   * @param limit the longest to wait
   * @return whether all of it is saved
   */
  public boolean flush(Duration limit) {
    return !closed && saveWithin(limit);
  }

  private boolean saveWithin(Duration limit) {
    AtomicBoolean saved = new AtomicBoolean();
    try {
      return onStore(() -> saved.set(save(Scope.ACTIVE)), limit) && saved.get();
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      return false;
    }
  }

  /**
   * Gives whether the task has ended within the limit.
   *
   * @throws OutOfMemoryError also where the machine has no thread left
   */
  private boolean onStore(Runnable task, Duration limit) {
    if (time.executor() != null) {
      task.run();
      return true;
    }
    CountDownLatch done = new CountDownLatch(1);
    try {
      dispatcher.store().execute(() -> {
        try {
          task.run();
        } finally {
          done.countDown();
          closeIfAsked();
        }
      });
      return done.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Saves what there is and closes the store; waits for it at most 5 s. */
  @Override
  public void close() {
    close(CLOSE_LIMIT);
  }

  /**
   * Saves what there is and closes the store. A store that does not answer within the limit is closed by its own thread, once
   * it does.
   *
   * @param limit the longest to wait
   */
  public void close(Duration limit) {
    if (closed) {
      return;
    }
    closed = true;
    if (!saveWithin(limit)) {
      String error = connection.lastError();
      LOG.log(
          System.Logger.Level.WARNING,
          "state of ''{0}'' was not all saved in {1} at closing: {2}",
          runtime,
          setting.location(),
          error != null ? error : "it took longer than " + limit.toMillis() + " ms");
    }
    closing = true;
    if (time.executor() != null) {
      closeIfAsked();
      return;
    }
    try {
      dispatcher.store().execute(this::closeIfAsked);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      closeIfAsked();
    }
  }

  private synchronized void closeIfAsked() {
    if (closing) {
      connection.close();
    }
  }

  /** Lets the store's thread do something when its time has come. */
  private final class Wakening extends TimerOperation {
    private final Runnable task;

    Wakening(Runnable task) {
      this.task = task;
    }

    @Override
    protected void onFire(long arming) {
      try {
        dispatcher.store().execute(this::run);
      } catch (RejectedExecutionException e) {
        LOG.log(System.Logger.Level.TRACE, "''{0}'' is closed", runtime);
      } catch (Throwable e) {
        // An OutOfMemoryError is also what the JDK throws where the machine has no thread left. Who
        // is waiting for this does not arm again.
        timer.arm(this, after(NO_THREAD_NANOS));
        LOG.log(System.Logger.Level.WARNING, "no thread to save state of '" + runtime + "'", e);
      }
    }

    private void run() {
      try {
        task.run();
      } catch (Throwable e) {
        // Whatever was being done is not done, and is tried again.
        failed("save", e);
      } finally {
        closeIfAsked();
      }
    }

    @Override
    protected void onTimerClosed(long arming) {}
  }
}
