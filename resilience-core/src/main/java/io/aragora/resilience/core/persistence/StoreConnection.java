package io.aragora.resilience.core.persistence;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.internal.runtime.ResilienceSettings.StoreSetting;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.time.TimeSource;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The connection to a state store. It is opened when it is needed, and reopened after repeated
 * failures. Each outage is counted and logged once. One thread at a time may use it; any thread may
 * read the status.
 */
final class StoreConnection {
  private static final GuardedLog LOG = GuardedLog.of(StoreConnection.class);
  private static final long FIRST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_RETRY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final int MOST_DOUBLINGS = 6;

  /**
   * The first failure may be a lock that another process holds; the second one may be the
   * connection itself.
   */
  private static final int FAILURES_BEFORE_REOPENING = 2;

  /** An outage as the status shows it. */
  private record Outage(String error, Instant since) {}

  /** A request that the store has not answered yet. */
  private record Waiting(String what, long sinceNanos, Instant since) {}

  /** The time without an answer from which on a request counts as an outage. */
  private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final int MAX_ERROR = 1_000;

  private final String runtime;
  private final StoreSetting setting;
  private final TimeSource time;
  private final AtomicLong saved = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private volatile @Nullable Outage outage;

  /** The outage of the store's own thread, which receives the changes of other processes. */
  private volatile @Nullable Outage watchOutage;

  /** Identifies the store that may report outages. */
  private volatile @Nullable Object watching;

  private volatile @Nullable Instant lastSavedAt;
  private volatile @Nullable Waiting waiting;
  private int consecutiveFailures;
  private boolean watched;
  private volatile boolean closed;
  private @Nullable StateStore store;

  StoreConnection(String runtime, StoreSetting setting, TimeSource time) {
    this.runtime = runtime;
    this.setting = setting;
    this.time = time;
  }

  /** Returns the store, or null if it is not open. */
  @Nullable
  StateStore store() {
    return store;
  }

  /**
   * Opens the store. A store that the application passed open gets its listener once.
   *
   * @throws ResilienceConfigurationException if the location is invalid
   */
  StateStore open(Consumer<? super SavedBreaker> listener) throws StateStoreException {
    StateStore opened;
    try {
      opened = Objects.requireNonNull(
          setting.opening().open(), "the provider returned null, not a store");
    } catch (IllegalArgumentException e) {
      throw new ResilienceConfigurationException(
          "runtime '" + runtime + "': the state store location is invalid: " + e.getMessage(), e);
    }
    store = opened;
    if (setting.canReopen() || !watched) {
      Object token = new Object();
      watching = token;
      opened.watch(listener, outage -> watched(token, outage));
      watched = true;
    }
    return opened;
  }

  /** Called on a thread of a store, perhaps of one that was given up. */
  private void watched(Object token, @Nullable Throwable e) {
    if (watching == token) {
      Outage present = watchOutage;
      watchOutage = e == null
          ? null
          : new Outage("watch: " + text(e), present == null ? time.wallTime() : present.since());
    }
  }

  boolean isClosed() {
    return closed;
  }

  /** Called before a request to the store that may never return. */
  void asking(String what) {
    waiting = new Waiting(what, time.nanoTime(), time.wallTime());
  }

  /** Called after the store has returned or thrown. */
  void answered() {
    waiting = null;
  }

  /**
   * Counts saved states.
   *
   * @param count the number that the store reports
   * @param most the number that it received
   */
  void saved(int count, int most) {
    saved.addAndGet(Math.min(Math.max(count, 0), most));
    lastSavedAt = time.wallTime();
  }

  void succeeded() {
    consecutiveFailures = 0;
    if (outage != null) {
      outage = null;
      LOG.log(
          System.Logger.Level.INFO,
          "runtime ''{0}'': state is saved to {1} again",
          runtime,
          setting.location());
    }
  }

  /** Returns the delay before the next try, without jitter. */
  long failed(String what, Throwable e) {
    failures.incrementAndGet();
    consecutiveFailures++;
    String message = text(e);
    record(what, e);
    Outage present = outage;
    if (present == null) {
      LOG.log(
          System.Logger.Level.WARNING,
          "runtime '" + runtime + "': cannot " + what + " state in " + setting.location()
              + "; calls continue, and it is tried again: " + message,
          e);
    }
    outage = new Outage(what + ": " + message, present == null ? time.wallTime() : present.since());
    if (setting.canReopen() && consecutiveFailures >= FAILURES_BEFORE_REOPENING) {
      giveUp();
    }
    return Math.min(
        LONGEST_RETRY_NANOS,
        FIRST_RETRY_NANOS << Math.min(consecutiveFailures - 1, MOST_DOUBLINGS));
  }

  /** An exception of a plug-in may throw from its own toString(). */
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
      LOG.log(
          System.Logger.Level.DEBUG,
          "a failure of the state store was not recorded by the flight recorder",
          another);
    }
  }

  @Nullable
  String lastError() {
    Outage present = silence();
    return present == null ? null : present.error();
  }

  /** Returns an outage if the store hangs, although no request has failed. */
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
    Outage silence = silence();
    Outage present = silence == null ? watchOutage : silence;
    return StateStoreStatus.builder(setting.location())
        .pending(pending)
        .saved(saved.get())
        .failures(failures.get())
        .lastError(present == null ? null : present.error())
        .failingSince(present == null ? null : present.since())
        .lastSavedAt(lastSavedAt)
        .build();
  }

  /**
   * Sets that the next request reopens the store. A store that the application passed stays open until
   * the end.
   */
  void giveUp() {
    StateStore open = store;
    store = null;
    if (open != null && setting.canReopen()) {
      watching = null;
      watchOutage = null;
      close(open);
    }
  }

  /** Closes the store for good. */
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
        LOG.log(
            System.Logger.Level.TRACE,
            "the state store cannot be opened, so there is nothing to close",
            e);
      }
    }
  }

  /** Closes a store. A failure is logged only, so the steps after it still happen. */
  private void close(StateStore open) {
    try {
      open.close();
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "runtime '" + runtime + "': the state store " + setting.location()
              + " failed to close; the runtime continues",
          e);
    }
  }
}
