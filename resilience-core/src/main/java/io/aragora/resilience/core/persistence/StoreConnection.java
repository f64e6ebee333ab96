package io.aragora.resilience.core.persistence;

import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.spi.ResilienceSettings.StoreSetting;
import io.aragora.resilience.time.TimeSource;
import java.time.Instant;
import java.util.Objects;
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

  /** What the store was asked for and has not answered yet. */
  private record Waiting(String what, long sinceNanos, Instant since) {}

  /** How long a store does not answer before that counts as an outage. */
  private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final int MAX_ERROR = 1_000;

  private final String runtime;
  private final StoreSetting setting;
  private final TimeSource time;
  private final AtomicLong saved = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private volatile @Nullable Outage outage;
  private volatile @Nullable Instant lastSavedAt;
  private volatile @Nullable Waiting waiting;
  private int failuresInARow;
  private boolean watched;
  private boolean closed;
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
      opened = Objects.requireNonNull(setting.opening().open(), "the provider gave no store");
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

  boolean isClosed() {
    return closed;
  }

  /** Called before the store is asked for something that may take for ever. */
  void asking(String what) {
    waiting = new Waiting(what, time.nanoTime(), time.wallTime());
  }

  /** Called after the store has answered, in whatever way. */
  void answered() {
    waiting = null;
  }

  /**
   * Counts what was written.
   *
   * @param count what the store says
   * @param most how many it was given
   */
  void saved(int count, int most) {
    saved.addAndGet(Math.min(Math.max(count, 0), most));
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
    String message = text(e);
    record(what, e);
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

  /** An exception of a plug-in may fail even to say what it is. */
  private static String text(Throwable e) {
    try {
      String message = e instanceof StateStoreException ? e.getMessage() : null;
      return OneLine.of(message == null ? e.toString() : message, MAX_ERROR);
    } catch (Throwable another) {
      return e.getClass().getName();
    }
  }

  private void record(String what, Throwable e) {
    try {
      FlightRecording.storeFailure(runtime, setting.location(), what, e);
    } catch (Throwable another) {
      LOG.log(System.Logger.Level.DEBUG, "a failure of the store was not recorded", another);
    }
  }

  @Nullable
  String lastError() {
    Outage present = silence();
    return present == null ? null : present.error();
  }

  /** A store that hangs is an outage, although nothing has failed yet. */
  private @Nullable Outage silence() {
    Waiting asked = waiting;
    long nanos = asked == null ? 0 : time.nanoTime() - asked.sinceNanos();
    return asked == null || nanos < SILENT_NANOS
        ? outage
        : new Outage(
            asked.what() + ": no answer for " + TimeUnit.NANOSECONDS.toSeconds(nanos) + " s",
            asked.since());
  }

  StateStoreStatus status(int pending) {
    Outage present = silence();
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

  /** Closes the store once and for all. */
  void close() {
    if (closed) {
      return;
    }
    closed = true;
    giveUp();
    if (!setting.canReopen()) {
      try {
        close(setting.opening().open());
      } catch (Throwable e) {
        LOG.log(System.Logger.Level.TRACE, "there is nothing to close", e);
      }
    }
  }

  /** A store that cannot even be closed must not keep what comes after that from being done. */
  private void close(StateStore open) {
    try {
      open.close();
    } catch (Throwable e) {
      LOG.log(System.Logger.Level.WARNING, "cannot close " + setting.location(), e);
    }
  }
}
