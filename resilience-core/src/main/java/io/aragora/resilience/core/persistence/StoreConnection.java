package io.aragora.resilience.core.persistence;

import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.spi.ResilienceSettings.StoreSetting;
import io.aragora.resilience.time.TimeSource;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A store that is opened when it is needed, opened anew when it goes on failing, and whose outages are counted and said once
 * each. For one thread at a time, except for the reading of the status.
 */
final class StoreConnection {
  private static final GuardedLog LOG = GuardedLog.of(StoreConnection.class);
  private static final long FIRST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_RETRY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final int MOST_DOUBLINGS = 6;

  /** A first failure may be a lock that another process held; a second one may be the connection itself. */
  private static final int FAILURES_BEFORE_REOPENING = 2;

  /** An outage as it is shown. */
  private record Outage(String error, Instant since) {}

  private final String runtime;
  private final StoreSetting setting;
  private final TimeSource time;
  private final AtomicLong saved = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private volatile @Nullable Outage outage;
  private volatile @Nullable Instant lastSavedAt;
  private int failuresInARow;
  private boolean watched;
  private @Nullable StateStore store;

  StoreConnection(String runtime, StoreSetting setting, TimeSource time) {
    this.runtime = runtime;
    this.setting = setting;
    this.time = time;
  }

  /** Gives the store, if it is open. */
  @Nullable
  StateStore store() {
    return store;
  }

  /**
   * Opens the store; what the application gave open is only watched once.
   *
   * @throws ResilienceConfigurationException if no store can be where the application wants it
   */
  StateStore open(Consumer<? super SavedBreaker> listener) throws StateStoreException {
    StateStore opened;
    try {
      opened = setting.opening().open();
    } catch (IllegalArgumentException e) {
      throw new ResilienceConfigurationException(
          "the state store of '" + runtime + "' cannot be opened, now or later: " + e.getMessage(),
          e);
    }
    store = opened;
    if (setting.canReopen() || !watched) {
      opened.watch(listener);
      watched = true;
    }
    return opened;
  }

  void saved(int count) {
    saved.addAndGet(count);
    lastSavedAt = time.wallTime();
  }

  void succeeded() {
    failuresInARow = 0;
    if (outage != null) {
      outage = null;
      LOG.log(
          System.Logger.Level.INFO,
          "state of ''{0}'' is kept in {1} again",
          runtime,
          setting.location());
    }
  }

  /** Gives how long to wait before the next try, chance left out. */
  long failed(String what, Throwable e) {
    failures.incrementAndGet();
    failuresInARow++;
    FlightRecording.storeFailure(runtime, setting.location(), what, e);
    String message = e instanceof StateStoreException ? e.getMessage() : e.toString();
    Outage present = outage;
    if (present == null) {
      LOG.log(
          System.Logger.Level.WARNING,
          "cannot " + what + " state in " + setting.location()
              + ", goes on without and tries again: " + message,
          e);
    }
    outage = new Outage(what + ": " + message, present == null ? time.wallTime() : present.since());
    if (setting.canReopen() && failuresInARow >= FAILURES_BEFORE_REOPENING) {
      giveUp();
    }
    return Math.min(
        LONGEST_RETRY_NANOS, FIRST_RETRY_NANOS << Math.min(failuresInARow - 1, MOST_DOUBLINGS));
  }

  @Nullable
  String lastError() {
    Outage present = outage;
    return present == null ? null : present.error();
  }

  StateStoreStatus status(int pending) {
    Outage present = outage;
    return new StateStoreStatus(
        setting.location(),
        pending,
        saved.get(),
        failures.get(),
        present == null ? null : present.error(),
        present == null ? null : present.since(),
        lastSavedAt);
  }

  /** Lets the next one who needs the store open it anew. What the application gave stays open until the end. */
  void giveUp() {
    StateStore open = store;
    store = null;
    if (open != null && setting.canReopen()) {
      close(open);
    }
  }

  void close() {
    giveUp();
    if (!setting.canReopen()) {
      try {
        close(setting.opening().open());
      } catch (StateStoreException e) {
        LOG.log(System.Logger.Level.TRACE, "there is nothing to close", e);
      }
    }
  }

  /** A store that cannot even be closed must not keep what comes after that from being done. */
  private void close(StateStore open) {
    try {
      open.close();
    } catch (RuntimeException | LinkageError e) {
      LOG.log(System.Logger.Level.WARNING, "cannot close " + setting.location(), e);
    }
  }
}
