package io.aragora.resilience.core.persistence;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.circuitbreaker.BreakerStorage;
import io.aragora.resilience.core.circuitbreaker.StoredBreaker;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.persistence.UnsavedBreakers.Scope;
import io.aragora.resilience.core.ratelimiter.LimiterStorage;
import io.aragora.resilience.core.ratelimiter.StoredLimiter;
import io.aragora.resilience.core.timer.SharedOperation;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.internal.runtime.ResilienceSettings.StoreSetting;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.SavedLimiter;
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
 * Saves and restores breakers and rate limiters across restarts. Calls never wait for it: a change
 * marks the breaker, and the store's own thread saves the marked breakers in batches.
 */
public final class StateSaver implements BreakerStorage, LimiterStorage, AutoCloseable {
  /*
   * Marking: a change adds its breaker to a list. The first change arms the timer for a moment
   * later, so a storm of changes is one batch. The thread of a call neither allocates nor wakes
   * another thread while the timer is ticking.
   *
   * Saving: everything else happens on the store's thread. A save that fails leaves the saver
   * behind. The list then has no meaning: once the store answers, all breakers that may have
   * changed are saved. So an outage costs no memory, however long it lasts and however many keys
   * are created in it.
   *
   * Removal: a breaker that was removed or evicted is no longer among those. So the saver notes its
   * row until the store has removed it. Of those that a store failed to remove, up to 10,000 are
   * noted; the rows of the others stay until they are purged.
   *
   * Limiters: a call marks nothing when it takes permits. The store's thread looks at the levels
   * once a second and saves those that changed, so a process that is killed loses what was taken
   * since the last look. A pause is saved as a change of a breaker is.
   *
   * Failures: the store is foreign code. It may throw anything, answer nonsense, or never answer.
   * If any step throws, the saver first marks itself as behind, then arms a retry, and only then
   * logs. If the arming fails too, for want of memory, the next reading of the status arms again.
   *
   * Hangs: a store that does not answer blocks the store's thread only. Building, flushing and
   * closing wait for a bounded time, and the status shows since when there is no answer.
   */
  private static final GuardedLog LOG = GuardedLog.of(StateSaver.class);
  private static final Duration OPEN_LIMIT = Duration.ofSeconds(30);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private static final double JITTER = 0.1;

  /**
   * The time a change waits for others: two ticks of the coarse clock, so a busy timer is not woken
   * for it.
   */
  private static final long COALESCING_NANOS = 20L << 20;

  /** The time between two looks at the levels of limiters: the bound of what a killed process loses. */
  private static final long LEVELS_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long PURGE_INTERVAL_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final int ROWS_PER_SAVE = 1_000;

  /** The largest number of removals that are repeated after a save that failed. */
  private static final int MAX_REMOVALS = 10_000;

  /** The delay until work that found no thread is tried again. */
  private static final long NO_THREAD_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** The delay of a periodic save from which on it counts as an outage. */
  private static final long OVERDUE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final String runtime;
  private final StoreSetting setting;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final StoreConnection connection;
  private final StateRestoration restoration;
  private final UnsavedBreakers unsavedBreakers = new UnsavedBreakers();
  private final Wakening soon = new Wakening(this::saveSoon);
  private final Wakening interval = new Wakening(this::saveAtInterval);
  private final Wakening retry = new Wakening(this::tryAgain);
  private final Wakening levels = new Wakening(this::saveLevels);

  /** Whether a thread closes the connection. No lock: the store may call back, or hang. */
  private final AtomicBoolean closesConnection = new AtomicBoolean();

  private volatile int unsaved;
  private volatile boolean closed;

  /** Whether the store must be closed by the task that owns the store's thread. */
  private volatile boolean closing;

  /** The instant at which the next save of all breakers is due. */
  private volatile long intervalDue;

  // Used on the store's thread only, except while the runtime starts.
  private LiveBreakers breakers = LiveBreakers.NONE;
  private final Map<SavedBreaker.Id, SavedBreaker> removals = new HashMap<>();
  private boolean behind;
  private boolean retrying;
  private boolean saidUnsaved;
  private long draws;
  private long nextPurge;

  /**
   * Creates a saver that has not opened its store.
   *
   * @param runtime the name of the runtime
   * @param setting the location of the store, the save interval and the retention
   * @param time the time source
   * @param timer wakes the saver
   * @param dispatcher has the store's thread
   */
  public StateSaver(
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
   * Opens and reads the store, so that a breaker that is created afterwards finds its state. Waits
   * at most 30 s; a store that answers later is used from then on.
   *
   * @param live the breakers to save
   * @return the failure; null if there was none
   * @throws ResilienceConfigurationException if the location is invalid, so that a retry cannot
   *     succeed
   */
  public @Nullable String start(LiveBreakers live) {
    breakers = live;
    long now = time.nanoTime();
    unsavedBreakers.savedAllUntil(now);
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

  /**
   * Opens with the class loader of the thread that builds the runtime, since a store may look for
   * its driver.
   */
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
   * {@return whether the store is required, so that building the runtime fails if {@link #start}
   * does}
   */
  public boolean isRequired() {
    return setting.required();
  }

  /** Adds a random delay, so that many processes do not write at once. */
  private long spread(Wakening wakening, long nanos) {
    try {
      return time.nanoTime() + nanos + (long) (nanos * JITTER * time.random(runtime, draws++, 0));
    } catch (Throwable e) {
      dispatcher.failed("the clock failed; the next save is scheduled from the last one", e);
      return wakening.after(nanos);
    }
  }

  @Override
  public void made(StoredBreaker breaker) {
    restoration.made(breaker);
  }

  @Override
  public boolean isWaiting(SavedBreaker.Id id) {
    return restoration.isWaiting(id);
  }

  // Volatile: the breaker is on the list before `soon` is looked at, and saveSoon lets that rest
  // before it takes the list, so at least one thread sees the other's write. If either were weaker,
  // a change could wait for the next one. Stress: StateSaverStress.NoChangeWaitsUnscheduled.
  @Override
  public void changed(StoredBreaker breaker) {
    if (unsavedBreakers.add(breaker)) {
      schedule();
    }
  }

  private void schedule() {
    if (!closed) {
      // If it fails, the next change tries again, and the periodic save follows anyway.
      soon.armUnlessArmed(timer);
    }
  }

  @Override
  public void kept(StoredLimiter limiter, boolean isNew) {
    restoration.made(limiter, isNew);
    if (!closed) {
      levels.armUnlessArmed(timer);
    }
  }

  private long levelsNanos() {
    return Math.min(LEVELS_NANOS, Nanos.of(setting.saveInterval()));
  }

  @Override
  public void limiterChanged() {
    schedule();
  }

  private void saveLevels() {
    try {
      if (!behind && !changedLimiters(false).isEmpty()) {
        save(Scope.CHANGED);
      }
    } finally {
      if (!closed) {
        levels.armAgain(timer);
      }
    }
  }

  private List<StoredLimiter> changedLimiters(boolean all) {
    List<StoredLimiter> changed = new ArrayList<>();
    breakers.eachLimiter(limiter -> {
      if (limiter.isKept() && (all || limiter.hasChanged())) {
        changed.add(limiter);
      }
    });
    return changed;
  }

  private void saveLimiters(StateStore store, boolean all) throws StateStoreException {
    List<StoredLimiter> changed = changedLimiters(all);
    if (changed.isEmpty()) {
      return;
    }
    if (!store.savesLimiters()) {
      if (!saidUnsaved) {
        saidUnsaved = true;
        LOG.log(
            System.Logger.Level.WARNING,
            "runtime ''{0}'': {1} saves no rate limiters, so those with keepAcrossRestart begin"
                + " anew after a restart; use another store (logged once)",
            runtime,
            setting.location());
      }
      changed.forEach(limiter -> {
        limiter.save();
        limiter.saved();
      });
      return;
    }
    for (int from = 0; from < changed.size(); from += ROWS_PER_SAVE) {
      List<StoredLimiter> part =
          changed.subList(from, Math.min(from + ROWS_PER_SAVE, changed.size()));
      List<SavedLimiter> saved = new ArrayList<>(part.size());
      for (StoredLimiter limiter : part) {
        // As for breakers: restored now if it was created while the store was unreachable.
        restoration.made(limiter, false);
        saved.add(limiter.save());
      }
      store.saveLimiters(saved);
      connection.saved(saved.size(), saved.size());
      part.forEach(StoredLimiter::saved);
    }
  }

  private void saveSoon() {
    soon.rest();
    // During an outage, the next try saves everything.
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
        // Arming the retry failed.
        save(Scope.ACTIVE);
      }
    } finally {
      if (!closed) {
        armInterval();
      }
    }
  }

  private void armInterval() {
    long due = spread(interval, Nanos.of(setting.saveInterval()));
    intervalDue = due;
    timer.arm(interval, due);
  }

  private void saveOrPurge() {
    if (time.nanoTime() - nextPurge < 0) {
      save(Scope.ACTIVE);
    } else if (save(Scope.ALL)) {
      // After a save of all breakers, so that only rows without a breaker are purged.
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

  /** Returns whether everything is saved. Never throws. */
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
    List<StoredBreaker> batch = unsavedBreakers.take(scope, breakers);
    unsaved = batch.size();
    // Before the store is called, which may fail: these breakers are in no later batch.
    noteRemovals(batch);
    StateStore store = connection.store();
    if (store == null) {
      store = open();
    } else if (!restoration.isLoaded()) {
      // A time source with an executor of its own lets callers save. What they save before the
      // first load would be restored by it.
      throw new StateStoreException("another thread is still opening the store", null);
    }
    removeRows(store, batch);
    for (int from = 0; from < batch.size(); from += ROWS_PER_SAVE) {
      List<SavedBreaker> states =
          statesOf(batch.subList(from, Math.min(from + ROWS_PER_SAVE, batch.size())));
      connection.saved(store.save(states), states.size());
      unsaved = Math.max(0, batch.size() - from - ROWS_PER_SAVE);
    }
    if (batch.isEmpty()) {
      // A batch that was acknowledged earlier may be lost by now; the store throws when it is
      // asked.
      store.save(List.of());
    }
    saveLimiters(store, scope != Scope.CHANGED);
    unsaved = 0;
    if (scope != Scope.CHANGED) {
      behind = false;
      unsavedBreakers.savedAllUntil(began);
    }
  }

  /** Moves the breakers that were removed or evicted from a batch to the removals. */
  private void noteRemovals(List<StoredBreaker> batch) {
    if (removals.size() > MAX_REMOVALS) {
      List<SavedBreaker.Id> all = new ArrayList<>(removals.keySet());
      all.subList(MAX_REMOVALS, all.size()).forEach(removals::remove);
    }
    for (StoredBreaker breaker : batch) {
      if (breaker.isForgotten()) {
        removals.put(breaker.storedId(), breaker.save());
      }
    }
    batch.removeIf(StoredBreaker::isForgotten);
  }

  /**
   * Removes the rows of removed breakers and evicted keys. If a new breaker of that name exists, its
   * row replaces the old one.
   */
  private void removeRows(StateStore store, List<StoredBreaker> batch) throws StateStoreException {
    if (removals.isEmpty()) {
      return;
    }
    List<SavedBreaker> leaving = List.copyOf(removals.values());
    for (int from = 0; from < leaving.size(); from += ROWS_PER_SAVE) {
      store.remove(leaving.subList(from, Math.min(from + ROWS_PER_SAVE, leaving.size())));
    }
    Set<StoredBreaker> taken = new HashSet<>(batch);
    for (SavedBreaker.Id id : removals.keySet()) {
      StoredBreaker successor = breakers.find(id);
      if (successor != null && taken.add(successor)) {
        batch.add(successor);
      }
    }
    removals.clear();
  }

  /** Omits states that another instance decided, because that instance has saved them. */
  private List<SavedBreaker> statesOf(List<StoredBreaker> part) {
    List<SavedBreaker> states = new ArrayList<>(part.size());
    for (StoredBreaker breaker : part) {
      // A breaker that was created while the store was unreachable is restored now, before its
      // row in the store is replaced.
      restoration.made(breaker);
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
          Objects.requireNonNull(store.load(), "load() returned null"), cutOff, breakers);
      return store;
    } catch (Throwable e) {
      connection.giveUp();
      throw e;
    } finally {
      connection.answered();
    }
  }

  /** Called on a thread of the store, which may still run after the store was closed. */
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
   * Returns the status of the state store. Arms the timer again if an arming failed for want of
   * memory.
   *
   * @return the status
   */
  public StateStoreStatus status() {
    StateStoreStatus status = connection.status(Math.max(unsaved, unsavedBreakers.listed()));
    long late = time.nanoTime() - intervalDue;
    if (closed || late < OVERDUE_NANOS || status.lastError() != null) {
      return status;
    }
    soon.rest();
    armInterval();
    return status.toBuilder()
        .lastError("save: overdue by " + TimeUnit.NANOSECONDS.toSeconds(late) + " s and not begun")
        .failingSince(time.wallTime().minusNanos(late))
        .build();
  }

  /**
   * Saves everything that has changed, counts included, and waits.
   *
   * @param limit the longest time to wait
   * @return whether everything is saved
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
   * Returns whether the task has ended within the limit.
   *
   * @throws OutOfMemoryError also if the machine has no free thread
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

  /** Saves everything and closes the store; waits for it at most 5 s. */
  @Override
  public void close() {
    close(CLOSE_LIMIT);
  }

  /**
   * Saves everything and closes the store. If the store does not answer within the limit, its own
   * thread closes it after the answer.
   *
   * @param limit the longest time to wait
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
          "runtime ''{0}'': closing did not save all state to {1}; unsaved changes are lost: {2}",
          runtime,
          setting.location(),
          error != null ? error : "saving took longer than " + limit.toMillis() + " ms");
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

  /** Closes the connection if that is due. Does not wait for another thread that closes it, since the store may hang. */
  private void closeIfAsked() {
    do {
      if (!closesConnection.compareAndSet(false, true)) {
        return;
      }
      try {
        if (closing) {
          connection.close();
        }
      } finally {
        closesConnection.set(false);
      }
      // Asked meanwhile by a thread that found it closing.
    } while (closing && !connection.isClosed());
  }

  /** Hands a task to the store's thread at its deadline. */
  private final class Wakening extends SharedOperation {
    private final Runnable task;

    Wakening(Runnable task) {
      this.task = task;
    }

    @Override
    protected long nextDeadline() {
      return time.nanoTime() + (this == levels ? levelsNanos() : COALESCING_NANOS);
    }

    @Override
    protected void onFire(long arming) {
      try {
        dispatcher.store().execute(this::run);
      } catch (RejectedExecutionException e) {
        LOG.log(
            System.Logger.Level.TRACE,
            "runtime ''{0}'' is closed; its state store is not woken",
            runtime);
      } catch (Throwable e) {
        // The JDK also throws an OutOfMemoryError if the machine has no free thread. The code that
        // waits for this does not arm again.
        timer.arm(this, after(NO_THREAD_NANOS));
        LOG.log(
            System.Logger.Level.WARNING,
            "runtime '" + runtime
                + "': no thread could be started to save state; it is tried again",
            e);
      }
    }

    private void run() {
      try {
        task.run();
      } catch (Throwable e) {
        // The interrupted work is not done, and is tried again.
        failed("save", e);
      } finally {
        closeIfAsked();
      }
    }

    @Override
    protected void onTimerClosed(long arming) {}
  }
}
