package io.aragora.resilience.core.persistence;

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
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps breaker state across restarts. Calls never wait for it: a change marks the breaker, and the store's own thread saves
 * what is marked, many at once. A store that fails is tried again at the next interval, and nothing else notices.
 */
public final class StateKeeper implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(StateKeeper.class.getName());

  /** The most rows that wait for their breaker to be created; more are reported and left in the store. */
  private static final int MAX_WAITING = 100_000;

  /** What was not saved for so long is of no use any more. */
  private static final Duration RETENTION = Duration.ofDays(3);

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private static final double INTERVAL_JITTER = 0.1;

  private final String runtime;
  private final StoreSetting setting;
  private final long intervalNanos;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final Supplier<Collection<CircuitBreakerStateMachine>> breakers;

  private final Map<String, SavedBreaker> waiting = new ConcurrentHashMap<>();
  private final Set<CircuitBreakerStateMachine> changed = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final AtomicLong saved = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong intervals = new AtomicLong();
  private final Interval interval = new Interval();
  private volatile @Nullable String lastError;
  private volatile boolean closed;

  /** Used on the store's thread, except while the runtime starts. */
  private @Nullable StateStore store;

  /**
   * Makes a keeper that has not opened its store.
   *
   * @param runtime the name of its runtime
   * @param setting where state is kept
   * @param interval how often counts are saved
   * @param time its time
   * @param timer wakes it at each interval
   * @param dispatcher has the store's thread
   * @param breakers lists the breakers that are saved
   */
  public StateKeeper(
      String runtime,
      StoreSetting setting,
      Duration interval,
      TimeSource time,
      Timer timer,
      Dispatcher dispatcher,
      Supplier<Collection<CircuitBreakerStateMachine>> breakers) {
    this.runtime = runtime;
    this.setting = setting;
    this.intervalNanos = interval.toNanos();
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
    this.breakers = breakers;
  }

  /** Opens the store and reads it, on the calling thread, so that a breaker made afterwards finds its state. */
  public void start() {
    open();
    armInterval();
  }

  private void armInterval() {
    double spread = 1 + INTERVAL_JITTER * time.random(runtime, intervals.getAndIncrement(), 0);
    timer.arm(interval, time.nanoTime() + (long) (intervalNanos * spread));
  }

  /**
   * Gives a new breaker what was kept of it.
   *
   * @param breaker the breaker
   */
  public void adopt(CircuitBreakerStateMachine breaker) {
    SavedBreaker row = waiting.remove(breaker.name());
    if (row == null) {
      return;
    }
    String remark = breaker.adopt(row);
    if (remark != null) {
      LOG.log(
          System.Logger.Level.INFO,
          "breaker ''{0}'' was saved as {1}, but {2}",
          row.name(),
          row.state(),
          remark);
    }
  }

  /**
   * Marks a breaker to be saved soon. Quick; called by the thread of a call.
   *
   * @param breaker what changed
   */
  public void changed(CircuitBreakerStateMachine breaker) {
    changed.add(breaker);
    schedule();
  }

  private void schedule() {
    if (!closed && scheduled.compareAndSet(false, true)) {
      try {
        dispatcher.store().execute(this::saveChanged);
      } catch (RejectedExecutionException e) {
        scheduled.set(false);
      }
    }
  }

  /** On the store's thread. Cleared first: what is marked from now on is saved by another run. */
  private void saveChanged() {
    scheduled.set(false);
    save();
  }

  private void save() {
    List<CircuitBreakerStateMachine> batch = new ArrayList<>(changed);
    if (batch.isEmpty()) {
      return;
    }
    batch.forEach(changed::remove);
    try {
      StateStore open = store;
      if (open == null) {
        open();
        open = store;
        if (open == null) {
          changed.addAll(batch);
          return;
        }
      }
      open.save(batch.stream().map(CircuitBreakerStateMachine::save).toList());
      saved.addAndGet(batch.size());
      succeeded();
    } catch (StateStoreException | RuntimeException e) {
      changed.addAll(batch);
      failed("save", e);
    }
  }

  private void open() {
    StateStore opened = null;
    try {
      opened = setting.opening().open();
      opened.purgeSavedBefore(time.wallTime().minus(RETENTION));
      StateStore.Loaded loaded = opened.load();
      for (String problem : loaded.problems()) {
        LOG.log(System.Logger.Level.WARNING, "left out of {0}: {1}", setting.location(), problem);
      }
      store = opened;
      take(loaded.states());
      succeeded();
    } catch (StateStoreException | RuntimeException e) {
      if (opened != null) {
        opened.close();
      }
      failed("open", e);
    }
  }

  private void take(List<SavedBreaker> states) {
    int left = 0;
    for (SavedBreaker state : states) {
      if (waiting.size() < MAX_WAITING) {
        waiting.put(state.name(), state);
      } else {
        left++;
      }
    }
    if (left > 0) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} holds more than {1} breakers: {2} were not restored",
          setting.location(),
          MAX_WAITING,
          left);
    }
    breakers.get().forEach(this::adopt);
  }

  private void succeeded() {
    if (lastError != null) {
      LOG.log(
          System.Logger.Level.INFO,
          "state of ''{0}'' is kept in {1} again",
          runtime,
          setting.location());
    }
    lastError = null;
  }

  /** Says it once for each outage. */
  private void failed(String what, Exception e) {
    failures.incrementAndGet();
    if (lastError == null) {
      LOG.log(
          System.Logger.Level.WARNING,
          "cannot " + what + " state in " + setting.location()
              + ", goes on without and tries again: " + e.getMessage(),
          e);
    }
    lastError = what + ": " + e.getMessage();
  }

  /**
   * Tells how it goes.
   *
   * @return the status
   */
  public StateStoreStatus status() {
    return new StateStoreStatus(
        setting.location(), changed.size(), saved.get(), failures.get(), lastError);
  }

  /**
   * Saves everything that has changed, counts included, and waits.
   *
   * @param limit the longest to wait
   * @return whether all of it is saved
   */
  public boolean flush(Duration limit) {
    return !closed && saveAllWithin(limit);
  }

  private boolean saveAllWithin(Duration limit) {
    if (time.executor() != null) {
      return saveAll();
    }
    try {
      return CompletableFuture.supplyAsync(this::saveAll, dispatcher.store())
          .get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
      return false;
    }
  }

  private boolean saveAll() {
    changed.addAll(breakers.get());
    save();
    return changed.isEmpty() && lastError == null;
  }

  /** Saves what there is, within a few seconds, and closes the store. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    timer.cancel(interval);
    if (!saveAllWithin(CLOSE_LIMIT)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "state of ''{0}'' was not all saved in {1} at closing: {2}",
          runtime,
          setting.location(),
          lastError);
    }
    if (time.executor() != null) {
      closeStore();
      return;
    }
    try {
      dispatcher.store().execute(this::closeStore);
    } catch (RejectedExecutionException e) {
      closeStore();
    }
  }

  private void closeStore() {
    StateStore open = store;
    store = null;
    if (open != null) {
      open.close();
    }
  }

  private final class Interval extends TimerOperation {
    @Override
    protected void onFire(long arming) {
      dispatcher.dispatch(() -> {
        changed.addAll(breakers.get());
        schedule();
        armInterval();
      });
    }

    @Override
    protected void onTimerClosed(long arming) {}
  }
}
