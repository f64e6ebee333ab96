package io.aragora.resilience.core.quota;

import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.internal.runtime.ResilienceSettings.QuotaSetting;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.time.TimeSource;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connection to a quota store. It is opened by the first request, and again after two failures. Each outage is logged once. One
 * thread at a time may use it.
 */
final class QuotaConnection {
  private static final GuardedLog LOG = GuardedLog.of(QuotaConnection.class);

  /** Many limits do not wait for a dead store one after the other: within this time they share one failure. */
  private static final long ONE_FAILURE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** One failure may be a matter of a moment; two without an answer between them are an outage. That of one quota is never a part of it. */
  private static final int FAILURES_OF_AN_OUTAGE = 2;

  private static final int MAX_ERROR = 1_000;

  private final String runtime;
  private final QuotaSetting setting;
  private final TimeSource time;
  private @Nullable QuotaStore store;
  private @Nullable QuotaStoreException outage;
  private int failures;
  private long failedAt;
  private boolean closed;

  QuotaConnection(String runtime, QuotaSetting setting, TimeSource time) {
    this.runtime = runtime;
    this.setting = setting;
    this.time = time;
  }

  String location() {
    return setting.location();
  }

  QuotaLease lease(QuotaRequest request) throws QuotaStoreException {
    QuotaStoreException present = outage;
    if (present != null && time.nanoTime() - failedAt < ONE_FAILURE_NANOS) {
      throw present;
    }
    try {
      QuotaLease lease = Objects.requireNonNull(opened().lease(request), "lease() returned null");
      succeeded();
      return lease;
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  private QuotaStore opened() throws QuotaStoreException {
    if (closed) {
      throw new QuotaStoreException("the runtime is closed", null);
    }
    QuotaStore present = store;
    if (present == null) {
      present = Objects.requireNonNull(
          setting.opening().open(), "the provider returned null, not a store");
      store = present;
    }
    return present;
  }

  private void succeeded() {
    failures = 0;
    if (outage != null) {
      outage = null;
      LOG.log(
          System.Logger.Level.INFO,
          "runtime ''{0}'': the quota store {1} answers again",
          runtime,
          setting.location());
    }
  }

  private QuotaStoreException failed(Throwable e) {
    QuotaStoreException failure = e instanceof QuotaStoreException known
        ? known
        : new QuotaStoreException("the quota store failed: " + e.getClass().getName(), e);
    record(failure);
    if (failure.isOfOneQuota()) {
      return failure;
    }
    failures++;
    if (failures >= FAILURES_OF_AN_OUTAGE && !closed) {
      boolean isNew = outage == null;
      outage = failure;
      failedAt = time.nanoTime();
      if (isNew) {
        LOG.log(
            System.Logger.Level.WARNING,
            "runtime '" + runtime + "': no answer from the quota store " + setting.location()
                + "; shared limits continue with what they take when they are alone, and it is tried again: "
                + text(failure),
            failure);
      }
      giveUp();
    }
    return failure;
  }

  private void record(QuotaStoreException failure) {
    try {
      FlightRecording.storeFailure(runtime, setting.location(), "lease", failure);
    } catch (Throwable another) {
      LOG.log(
          System.Logger.Level.DEBUG,
          "a failure of the quota store was not recorded by the flight recorder",
          another);
    }
  }

  /** Returns the text of a failure, whose methods may throw. */
  static String text(Throwable e) {
    try {
      return OneLine.of(String.valueOf(e.getMessage()), MAX_ERROR);
    } catch (Throwable another) {
      return e.getClass().getName();
    }
  }

  private void giveUp() {
    QuotaStore open = store;
    if (open != null && setting.canReopen()) {
      store = null;
      close(open);
    }
  }

  private void close(QuotaStore open) {
    try {
      open.close();
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.DEBUG,
          "runtime '" + runtime + "': the quota store " + setting.location()
              + " failed to close; the runtime continues",
          e);
    }
  }

  void close() {
    closed = true;
    QuotaStore open = store;
    store = null;
    if (open == null && !setting.canReopen()) {
      try {
        open = setting.opening().open();
      } catch (Throwable e) {
        LOG.log(System.Logger.Level.TRACE, "the quota store cannot be opened, so not closed", e);
      }
    }
    if (open != null) {
      close(open);
    }
  }
}
