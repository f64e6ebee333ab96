package io.aragora.resilience.core.bulkhead;

import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadEvent;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.bulkhead.BulkheadFullException.Reason;
import io.aragora.resilience.bulkhead.BulkheadSnapshot;
import io.aragora.resilience.bulkhead.BulkheadTotals;
import io.aragora.resilience.core.admission.AdmissionPolicy;
import io.aragora.resilience.core.admission.AdmissionRuntime;
import io.aragora.resilience.core.admission.Rejection;
import io.aragora.resilience.core.admission.WaitQueue;
import io.aragora.resilience.core.admission.Waiter;
import io.aragora.resilience.core.call.PolicyRole;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.recording.Measured;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.window.StripedCount;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A bulkhead. Thread-safe. */
public final class CoreBulkhead extends AdmissionPolicy
    implements Bulkhead, ReadablePolicy, Measured {
  private static final GuardedLog LOG = GuardedLog.of(CoreBulkhead.class);

  private static final long NEVER = Long.MIN_VALUE;

  private final Places places;
  private final boolean isLeased;
  private final WaitQueue queue;
  private final EventChannel<BulkheadEvent> events;

  private final StripedCount rejectedFull = new StripedCount();
  private final StripedCount rejectedQueueFull = new StripedCount();
  private final LongAdder rejectedWaited = new LongAdder();
  private final LongAdder rejectedDeadline = new LongAdder();
  private final LongAdder admittedAfterWait = new LongAdder();
  private final LongAdder cancelled = new LongAdder();

  private final LongAdder strayReleases = new LongAdder();
  private final AtomicBoolean hasLoggedStray = new AtomicBoolean();
  private final AtomicLong expiredPublished = new AtomicLong();

  /** Replaced under the lock of this. */
  private volatile BulkheadConfig config;

  /** When a call was last rejected, of the coarse clock, which stands for a while: threads that are rejected then write nothing. */
  private volatile long lastRejected = NEVER;

  /** Null if no recorder receives the waits. */
  private volatile @Nullable LongConsumer waits;

  /**
   * Creates a bulkhead.
   *
   * @param name its name
   * @param config its config
   * @param runtime the parts of its runtime
   */
  public CoreBulkhead(String name, BulkheadConfig config, AdmissionRuntime runtime) {
    super(name, runtime);
    this.config = config;
    Duration maxHold = config.maxHold();
    this.isLeased = maxHold != null;
    this.places = maxHold == null
        ? new StripedPlaces(config.maxConcurrentCalls())
        : new LeasedPlaces(config.maxConcurrentCalls(), maxHold.toNanos(), runtime.time());
    this.queue = new WaitQueue(new FreePlaces());
    this.queue.order(config.order() == BulkheadConfig.Order.NEWEST_FIRST);
    this.events = new EventChannel<>(name, runtime.dispatcher());
  }

  /** Grants free places to waiters. Not a lambda, which the JDK would link when the first bulkhead is made. */
  private final class FreePlaces implements WaitQueue.Source {
    @Override
    public long take(Waiter head) {
      return places.tryTake();
    }

    @Override
    public void onGranted() {
      if (isLeased) {
        publishExpired();
      }
    }
  }

  @Override
  public BulkheadConfig config() {
    return config;
  }

  @Override
  protected long tryEnter() {
    if (!queue.isEmpty()) {
      return NO_PERMIT;
    }
    long permit = places.tryTake();
    if (isLeased) {
      publishExpired();
    }
    return permit;
  }

  @Override
  protected void leave(long permit) {
    if (!places.giveBack(permit)) {
      countStray();
    }
    if (!queue.isEmpty()) {
      queue.grant();
    }
  }

  private void countStray() {
    strayReleases.increment();
    if (hasLoggedStray.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a permit of bulkhead '" + name()
              + "' was given back a second time, which is ignored; give each permit back once"
              + " (logged once)");
    }
  }

  @Override
  public long tryAcquirePermit() {
    long permit = tryEnter();
    if (permit == NO_PERMIT) {
      countRejected(Reason.FULL, 0);
    }
    return permit;
  }

  @Override
  public void releasePermit(long permit) {
    if (!places.isPermit(permit)) {
      throw new IllegalArgumentException(
          "permit must be one of bulkhead '" + name() + "': " + permit);
    }
    leave(permit);
  }

  /**
   * Checks that the bulkhead can have a config.
   *
   * @param next the config
   * @throws IllegalArgumentException if its {@code maxHold} is not the present one
   */
  public void checkChange(BulkheadConfig next) {
    Duration present = config.maxHold();
    if (!Objects.equals(next.maxHold(), present)) {
      throw new IllegalArgumentException("maxHold of bulkhead '" + name()
          + "' must stay as it was created, " + DeclaredSettings.textOf(present) + ": "
          + DeclaredSettings.textOf(next.maxHold()));
    }
  }

  @Override
  public void reconfigure(BulkheadConfig next) {
    // A change that stops half-way leaves other permits than the config says.
    StackRoom.forCall();
    synchronized (this) {
      checkChange(next);
      int before = config.maxConcurrentCalls();
      config = next;
      queue.order(next.order() == BulkheadConfig.Order.NEWEST_FIRST);
      places.resize(next.maxConcurrentCalls() - before);
    }
    queue.grant();
    publish(BulkheadEvent.Kind.RECONFIGURED, null, 0);
  }

  @Override
  protected boolean isHeld() {
    return true;
  }

  @Override
  protected int need() {
    return 1;
  }

  @Override
  protected WaitQueue queue() {
    return queue;
  }

  @Override
  protected long looksAt(Waiter waiter) {
    long left = places.nanosToExpiry();
    return left == Long.MAX_VALUE
        ? TimeSource.NEVER
        : Nanos.after(runtime().time().nanoTime(), Math.max(left, 1_000_000));
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.BULKHEAD;
  }

  @Override
  public Duration maxWait() {
    return config.maxWait();
  }

  @Override
  protected long maxWaitNanos() {
    return Nanos.of(config.maxWait());
  }

  @Override
  protected int maxWaiting() {
    return config.maxWaiting();
  }

  @Override
  protected RuntimeException reject(Rejection why, long waitedNanos) {
    Reason reason = switch (why) {
      case UNAVAILABLE -> Reason.FULL;
      case QUEUE_FULL -> Reason.QUEUE_FULL;
      case WAITED -> Reason.WAITED;
      case DEADLINE -> Reason.DEADLINE;
    };
    countRejected(reason, waitedNanos);
    return new BulkheadFullException(name(), reason, config.maxConcurrentCalls(), waitedNanos);
  }

  private void countRejected(Reason reason, long waitedNanos) {
    long now = runtime().clock().read();
    if (lastRejected != now) {
      lastRejected = now;
    }
    switch (reason) {
      case FULL -> rejectedFull.increment();
      case QUEUE_FULL -> rejectedQueueFull.increment();
      case WAITED -> rejectedWaited.increment();
      case DEADLINE -> rejectedDeadline.increment();
    }
    record(reason.name(), waitedNanos);
    publish(BulkheadEvent.Kind.REJECTED, reason, waitedNanos);
  }

  @Override
  protected void countAdmittedAfterWait(long waitedNanos) {
    admittedAfterWait.increment();
    LongConsumer recorded = waits;
    if (recorded != null) {
      recorded.accept(waitedNanos);
    }
    record(BulkheadEvent.Kind.ADMITTED_AFTER_WAIT.name(), waitedNanos);
    publish(BulkheadEvent.Kind.ADMITTED_AFTER_WAIT, null, waitedNanos);
  }

  @Override
  protected void countCancelled() {
    cancelled.increment();
  }

  private void record(String decision, long waitedNanos) {
    FlightRecording.admission(
        runtime().dispatcher().runtime(), "bulkhead", name(), decision, waitedNanos, 0);
  }

  private void publish(BulkheadEvent.Kind kind, @Nullable Reason reason, long waitedNanos) {
    if (events.isHeard()) {
      events.publish(BulkheadEvent.of(name(), kind, reason, Duration.ofNanos(waitedNanos)));
    }
  }

  /** Publishes the places that were taken over since the last time. Not under the lock of the queue, since listeners may run. */
  private void publishExpired() {
    long all = places.expired();
    for (long published = expiredPublished.getAndAccumulate(all, Math::max);
        published < all;
        published++) {
      publish(BulkheadEvent.Kind.EXPIRED, null, 0);
    }
  }

  @Override
  public void lookUp(DurationRecorders recorders) {
    waits = recorders.of(Kind.BULKHEAD_WAIT, name());
  }

  @Override
  public BulkheadSnapshot snapshot() {
    return BulkheadSnapshot.builder()
        .limit(config.maxConcurrentCalls())
        .inUse(places.inUse())
        .waiting(queue.size())
        .oldestWait(Duration.ofNanos(queue.oldestWaitNanos(runtime().time().nanoTime())))
        .build();
  }

  @Override
  public BulkheadTotals totals() {
    return BulkheadTotals.builder()
        .admitted(queue.takenAtOnce(0, places::taken))
        .admittedAfterWait(admittedAfterWait.sum())
        .rejectedFull(rejectedFull.sum())
        .rejectedQueueFull(rejectedQueueFull.sum())
        .rejectedWaited(rejectedWaited.sum())
        .rejectedDeadline(rejectedDeadline.sum())
        .cancelled(cancelled.sum())
        .expired(places.expired())
        .strayReleases(strayReleases.sum())
        .build();
  }

  @Override
  public void read(Readings into) {
    BulkheadTotals totals = totals();
    into.count("calls", "admitted", totals.admitted());
    into.count("calls", "admitted_after_wait", totals.admittedAfterWait());
    into.count("calls", "rejected_full", totals.rejectedFull());
    into.count("calls", "rejected_queue_full", totals.rejectedQueueFull());
    into.count("calls", "rejected_waited", totals.rejectedWaited());
    into.count("calls", "rejected_deadline", totals.rejectedDeadline());
    into.count("calls", "cancelled", totals.cancelled());
    into.count("expired_permits", Readings.NONE, totals.expired());
    into.count("stray_releases", Readings.NONE, totals.strayReleases());
    into.level("limit", config.maxConcurrentCalls());
    into.level("in_use", places.inUse());
    into.level("waiting", queue.size());
  }

  /**
   * Returns whether a call was rejected lately.
   *
   * @param nanos how long ago at most
   * @return whether one was; by the coarse clock
   */
  public boolean hasRejectedWithin(long nanos) {
    long last = lastRejected;
    return last != NEVER && runtime().clock().read() - last <= nanos;
  }

  @Override
  public Subscription subscribe(Consumer<? super BulkheadEvent> listener) {
    return events.subscribe(listener);
  }

  @Override
  public String toString() {
    return "bulkhead '" + name() + "'";
  }
}
