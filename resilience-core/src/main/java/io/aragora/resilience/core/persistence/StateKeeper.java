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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
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
   */
  private static final GuardedLog LOG = GuardedLog.of(StateKeeper.class);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private static final double JITTER = 0.1;

  /** How long a change waits for others: two ticks of the coarse clock, so that a timer that is busy is not woken for it. */
  private static final long COALESCING_NANOS = 20L << 20;

  private static final long PURGE_INTERVAL_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final int ROWS_PER_SAVE = 1_000;

  /** How long until what found no thread is tried again. */
  private static final long NO_THREAD_NANOS = TimeUnit.SECONDS.toNanos(1);

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
  }

  /**
   * Opens the store and reads it, on the calling thread, so that a breaker made afterwards finds its state.
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
    try {
      open();
      connection.succeeded();
    } catch (ResilienceConfigurationException e) {
      throw e;
    } catch (StateStoreException | RuntimeException | LinkageError e) {
      failed("open", e);
    }
    timer.arm(interval, spread(setting.saveInterval().toNanos()));
    return connection.lastError();
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
  private long spread(long nanos) {
    return time.nanoTime() + nanos + (long) (nanos * JITTER * time.random(runtime, draws++, 0));
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
      timer.arm(soon, time.nanoTime() + COALESCING_NANOS);
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
      }
    } finally {
      if (!closed) {
        timer.arm(interval, spread(setting.saveInterval().toNanos()));
      }
    }
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
    StateStore store = connection.store();
    if (store != null) {
      try {
        Instant cutOff = time.wallTime().minus(setting.retention());
        restoration.dropSavedBefore(cutOff);
        store.purgeSavedBefore(cutOff);
      } catch (StateStoreException | RuntimeException | LinkageError e) {
        failed("purge", e);
      }
    }
  }

  /** Gives whether all of it is saved. */
  private boolean save(Scope scope) {
    long began = time.nanoTime();
    List<CircuitBreakerStateMachine> batch = changed.take(scope, breakers);
    unsaved = batch.size();
    try {
      StateStore store = connection.store();
      if (store == null) {
        store = open();
      }
      for (int from = 0; from < batch.size(); from += ROWS_PER_SAVE) {
        List<CircuitBreakerStateMachine> part =
            batch.subList(from, Math.min(from + ROWS_PER_SAVE, batch.size()));
        connection.saved(store.save(statesOf(part)));
        unsaved = batch.size() - from - part.size();
      }
    } catch (StateStoreException | RuntimeException | LinkageError e) {
      failed("save", e);
      return false;
    }
    if (scope != Scope.CHANGED) {
      behind = false;
      changed.savedAllUntil(began);
    }
    connection.succeeded();
    return true;
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
      StateStore store = connection.open(this::heard);
      if (!restoration.isLoaded()) {
        store.purgeSavedBefore(time.wallTime().minus(setting.retention()));
      }
      restoration.load(store.load(), breakers);
      return store;
    } catch (StateStoreException | RuntimeException | LinkageError e) {
      connection.giveUp();
      throw e;
    }
  }

  /** On a thread of the store. */
  private void heard(SavedBreaker state) {
    restoration.heard(state, breakers);
  }

  private void failed(String what, Throwable e) {
    behind = true;
    long nanos = connection.failed(what, e);
    if (!retrying && !closed) {
      retrying = true;
      timer.arm(retry, spread(nanos));
    }
  }

  /**
   * Tells how it goes.
   *
   * @return the status
   */
  public StateStoreStatus status() {
    return connection.status(Math.max(unsaved, changed.listed()));
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
    if (time.executor() != null) {
      return save(Scope.ACTIVE);
    }
    try {
      return CompletableFuture.supplyAsync(() -> save(Scope.ACTIVE), dispatcher.store())
          .get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException
        | TimeoutException
        | RejectedExecutionException
        | OutOfMemoryError e) {
      // The last is what the JDK throws where the machine has no thread left.
      return false;
    }
  }

  /** Saves what there is, within a few seconds, and closes the store. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (!saveWithin(CLOSE_LIMIT)) {
      String error = connection.lastError();
      LOG.log(
          System.Logger.Level.WARNING,
          "state of ''{0}'' was not all saved in {1} at closing: {2}",
          runtime,
          setting.location(),
          error != null ? error : "it took longer than " + CLOSE_LIMIT.toSeconds() + " s");
    }
    if (time.executor() != null) {
      connection.close();
      return;
    }
    try {
      dispatcher.store().execute(connection::close);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
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
        dispatcher.store().execute(task);
      } catch (RejectedExecutionException e) {
        LOG.log(System.Logger.Level.TRACE, "''{0}'' is closed", runtime);
      } catch (OutOfMemoryError e) {
        // Also what the JDK throws where the machine has no thread left. Who is waiting for this
        // does not arm again.
        LOG.log(System.Logger.Level.WARNING, "no thread to save state of '" + runtime + "'", e);
        timer.arm(this, time.nanoTime() + NO_THREAD_NANOS);
      }
    }

    @Override
    protected void onTimerClosed(long arming) {}
  }
}
