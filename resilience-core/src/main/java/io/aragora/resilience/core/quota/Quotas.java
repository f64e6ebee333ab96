package io.aragora.resilience.core.quota;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.internal.runtime.ResilienceSettings.QuotaSetting;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.time.TimeSource;
import java.lang.ref.WeakReference;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Leases permits for the shared limits of a runtime, on one thread and one connection. Thread-safe. */
public final class Quotas implements AutoCloseable {
  private static final GuardedLog LOG = GuardedLog.of(Quotas.class);

  private final UUID instance = UUID.randomUUID();
  private final QuotaConnection connection;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private volatile boolean closed;

  /**
   * Creates a lessee that has not opened its store.
   *
   * @param setting the store
   * @param time the time source
   * @param timer wakes it
   * @param dispatcher has its thread
   */
  public Quotas(QuotaSetting setting, TimeSource time, Timer timer, Dispatcher dispatcher) {
    this.connection = new QuotaConnection(dispatcher.runtime(), setting, time);
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
  }

  /**
   * Returns what a shared limit needs.
   *
   * @param kind the kind of the limit
   * @param name its name
   * @param quotas what the runtime has; null if it has no quota store
   * @return {@code quotas}
   * @throws ResilienceConfigurationException if it is null
   */
  public static Quotas required(String kind, String name, @Nullable Quotas quotas) {
    if (quotas == null) {
      throw new ResilienceConfigurationException(kind + " '" + name
          + "' is shared, and the runtime has no quota store. Set quotaStore(location), for example"
          + " postgresql://host/database with io.aragora:resilience-postgresql, or remove shared");
    }
    return quotas;
  }

  TimeSource time() {
    return time;
  }

  String location() {
    return connection.location();
  }

  UUID instance() {
    return instance;
  }

  /** Returns whether nothing is leased any more. */
  boolean isClosed() {
    return closed;
  }

  /** Runs a task that is not part of a call. */
  void tell(Runnable task) {
    dispatcher.tell(task);
  }

  /** Runs a task that is not part of a call, and never on the calling thread, which may hold the lock of a queue. */
  void tellApart(Runnable task) {
    dispatcher.tellApart(task);
  }

  /**
   * Hands the request of a call over, which may hold the lock of a queue: so nothing is logged. Never throws: a limit that gets no
   * answer goes on alone.
   */
  void askByCall(LeasedPermits permits) {
    try {
      dispatcher.quotas().execute(permits.exchange());
    } catch (Throwable e) {
      askByTimer(permits);
    }
  }

  /** The timer asks, and logs if that fails, too. After closing it does neither. */
  private void askByTimer(LeasedPermits permits) {
    try {
      arm(permits, LeasedPermits.TRY_AGAIN_NANOS);
    } catch (Throwable e) {
      permits.letCallsAsk();
    }
  }

  /**
   * Hands a request over on the thread of the timer. Never throws.
   *
   * @return false if the request was not handed over and nothing is armed that hands it over later
   */
  private boolean ask(LeasedPermits permits) {
    try {
      dispatcher.quotas().execute(permits.exchange());
      return true;
    } catch (RejectedExecutionException e) {
      LOG.log(
          System.Logger.Level.TRACE,
          "runtime ''{0}'' is closed; nothing is leased",
          dispatcher.runtime());
      return true;
    } catch (Throwable e) {
      // The JDK also throws an OutOfMemoryError if the machine has no free thread.
      dispatcher.failed("no thread could be started to lease permits; it is tried again", e);
      return wakeIn(permits, LeasedPermits.TRY_AGAIN_NANOS);
    }
  }

  /** Arms the next request. If that fails, the next call asks: else it would wait for a request that nothing makes. */
  private boolean wakeIn(LeasedPermits permits, long nanos) {
    try {
      arm(permits, nanos);
      return true;
    } catch (Throwable e) {
      permits.letCallsAsk();
      dispatcher.failed("the next lease of permits could not be timed; the next call asks", e);
      return false;
    }
  }

  private void arm(LeasedPermits permits, long nanos) {
    permits.wakening().arm(timer, Nanos.after(time.nanoTime(), nanos));
  }

  /** Called on the thread that leases. */
  void exchange(LeasedPermits permits) {
    long next = LeasedPermits.TRY_AGAIN_NANOS;
    try {
      next = exchanged(permits);
    } finally {
      wakeIn(permits, next);
    }
  }

  private long exchanged(LeasedPermits permits) {
    QuotaRequest request = permits.request(instance, time.nanoTime());
    long sentAt = time.nanoTime();
    QuotaLease lease;
    try {
      lease = connection.lease(request);
    } catch (QuotaStoreException e) {
      String why = QuotaConnection.text(e);
      return e.isOfOneQuota()
          ? permits.failedByItself(request, why, time.nanoTime())
          : permits.failed(request, why, time.nanoTime());
    } catch (Throwable e) {
      return permits.failed(request, QuotaConnection.text(e), time.nanoTime());
    }
    return permits.answered(request, lease, sentAt, time.nanoTime());
  }

  /** Closes the connection on the thread that uses it. */
  @Override
  public void close() {
    closed = true;
    try {
      dispatcher.quotas().execute(connection::close);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      connection.close();
    }
  }

  /** Lets a limit ask again later, as long as other code holds it. */
  static final class Wakening extends TimerOperation {
    private final Quotas quotas;
    private final WeakReference<LeasedPermits> permits;

    Wakening(Quotas quotas, LeasedPermits permits) {
      this.quotas = quotas;
      this.permits = new WeakReference<>(permits);
    }

    /** Calls arm it too, if there is no thread. */
    synchronized void arm(Timer timer, long nanos) {
      timer.arm(this, nanos);
    }

    @Override
    protected void onFire(long arming) {
      @Nullable LeasedPermits present = permits.get();
      if (present != null && !quotas.ask(present)) {
        throw new IllegalStateException("permits could not be leased; the timer tries again");
      }
    }

    @Override
    protected void onTimerClosed(long arming) {}
  }
}
