package io.aragora.resilience.core.persistence;

import io.aragora.resilience.core.circuitbreaker.BreakerKeeper;
import io.aragora.resilience.core.circuitbreaker.ChangedBreakers;
import io.aragora.resilience.core.circuitbreaker.CircuitBreakerStateMachine;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.spi.ResilienceSettings.StoreSetting;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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
  private static final System.Logger LOG = System.getLogger(StateKeeper.class.getName());
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private static final double JITTER = 0.1;

  /** How long a change waits for others: two ticks of the coarse clock, so that a timer that is busy is not woken for it. */
  private static final long COALESCING_NANOS = 20L << 20;

  private static final long PURGE_INTERVAL_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final int ROWS_PER_SAVE = 1_000;
  private static final int MAX_PROBLEMS_SHOWN = 10;

  /** What is saved beside what is on the list. */
  private enum Scope {
    CHANGED,
    /** All without a key, and the keys that may have counted something since the last such save. */
    ACTIVE,
    ALL
  }

  private final String runtime;
  private final StoreSetting setting;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final StoreConnection connection;
  private final WaitingStates waiting = new WaitingStates();

  private final ChangedBreakers changed = new ChangedBreakers();
  private final AtomicInteger listed = new AtomicInteger();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final Wakening soon = new Wakening(this::saveSoon);
  private final Wakening interval = new Wakening(this::saveAtInterval);
  private final Wakening retry = new Wakening(this::tryAgain);
  private volatile int unsaved;
  private volatile boolean closed;

  // Used on the store's thread, except while the runtime starts.
  private LiveBreakers breakers = LiveBreakers.NONE;
  private boolean loaded;
  private boolean behind;
  private boolean retrying;
  private long draws;
  private long lastFullSave;
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
  }

  /**
   * Opens the store and reads it, on the calling thread, so that a breaker made afterwards finds its state.
   *
   * @param live what is saved
   * @return what failed; null if nothing did
   */
  public @Nullable String start(LiveBreakers live) {
    breakers = live;
    lastFullSave = time.nanoTime();
    nextPurge = lastFullSave + PURGE_INTERVAL_NANOS;
    try {
      open();
      connection.succeeded();
    } catch (StateStoreException | RuntimeException e) {
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
    SavedBreaker state = waiting.take(breaker);
    if (state == null) {
      return;
    }
    String remark = breaker.adopt(state);
    if (remark != null) {
      LOG.log(
          System.Logger.Level.INFO,
          "breaker ''{0}'' was saved as {1}, but {2}",
          state.id(),
          state.state().text(),
          remark);
    }
  }

  @Override
  public boolean isWaiting(SavedBreaker.Id id) {
    return waiting.contains(id);
  }

  // Volatile: the breaker is on the list before `scheduled` is read, and saveSoon clears that
  // before it takes the list, so one of the two sees the other.
  // Stress: StateKeeperStress.NoChangeWaitsUnscheduled.
  @Override
  public void changed(CircuitBreakerStateMachine breaker) {
    if (changed.add(breaker)) {
      listed.incrementAndGet();
      if (!closed && !scheduled.get() && scheduled.compareAndSet(false, true)) {
        timer.arm(soon, time.nanoTime() + COALESCING_NANOS);
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
    if (!behind) {
      if (time.nanoTime() - nextPurge < 0) {
        save(Scope.ACTIVE);
      } else if (save(Scope.ALL)) {
        // After a save of all, so that what goes is what no breaker here stands for.
        nextPurge = time.nanoTime() + PURGE_INTERVAL_NANOS;
        purge();
      }
    }
    if (!closed) {
      timer.arm(interval, spread(setting.saveInterval().toNanos()));
    }
  }

  private void purge() {
    StateStore store = connection.store();
    if (store != null) {
      try {
        Instant cutOff = time.wallTime().minus(setting.retention());
        waiting.dropSavedBefore(cutOff);
        store.purgeSavedBefore(cutOff);
      } catch (StateStoreException | RuntimeException e) {
        failed("purge", e);
      }
    }
  }

  /** Gives whether all of it is saved. */
  private boolean save(Scope scope) {
    long began = time.nanoTime();
    List<CircuitBreakerStateMachine> batch = batch(scope);
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
    } catch (StateStoreException | RuntimeException e) {
      failed("save", e);
      return false;
    }
    if (scope != Scope.CHANGED) {
      behind = false;
      lastFullSave = began;
    }
    connection.succeeded();
    return true;
  }

  private List<CircuitBreakerStateMachine> batch(Scope scope) {
    Set<CircuitBreakerStateMachine> taken = new HashSet<>();
    changed.takeAll(breaker -> {
      listed.decrementAndGet();
      taken.add(breaker);
    });
    List<CircuitBreakerStateMachine> batch = new ArrayList<>(taken);
    if (scope != Scope.CHANGED) {
      breakers.each(breaker -> {
        if (!taken.contains(breaker)) {
          batch.add(breaker);
        }
      });
      breakers.eachKey(breaker -> {
        if ((scope == Scope.ALL || lastFullSave - breaker.idleSince() <= 0)
            && !taken.contains(breaker)) {
          batch.add(breaker);
        }
      });
    }
    return batch;
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
    StateStore store = connection.open(this::heard);
    try {
      if (!loaded) {
        store.purgeSavedBefore(time.wallTime().minus(setting.retention()));
      }
      StateStore.Loaded found = store.load();
      report(found.problems());
      if (loaded) {
        // What is in there of this process is older than what the breakers are.
        found.states().forEach(this::heard);
      } else {
        take(found.states());
        loaded = true;
      }
      return store;
    } catch (StateStoreException | RuntimeException e) {
      connection.giveUp();
      throw e;
    }
  }

  private void report(List<String> problems) {
    problems.stream()
        .limit(MAX_PROBLEMS_SHOWN)
        .forEach(problem -> LOG.log(
            System.Logger.Level.WARNING, "left out of {0}: {1}", setting.location(), problem));
    if (problems.size() > MAX_PROBLEMS_SHOWN) {
      LOG.log(
          System.Logger.Level.WARNING,
          "left out of {0}: {1} more",
          setting.location(),
          problems.size() - MAX_PROBLEMS_SHOWN);
    }
  }

  private void take(List<SavedBreaker> states) {
    int left = waiting.addAll(states);
    if (left > 0) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} holds more than {1} breakers: {2} were not restored",
          setting.location(),
          WaitingStates.MAX,
          left);
    }
    breakers.each(this::made);
    breakers.eachKey(this::made);
  }

  /** On a thread of the store. */
  private void heard(SavedBreaker state) {
    CircuitBreakerStateMachine breaker = breakers.find(state.id());
    if (breaker == null) {
      waiting.add(state);
    } else {
      breaker.follow(state);
    }
  }

  private void failed(String what, Exception e) {
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
    return connection.status(Math.max(unsaved, listed.get()));
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
    } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
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
    } catch (RejectedExecutionException e) {
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
      }
    }

    @Override
    protected void onTimerClosed(long arming) {}
  }
}
