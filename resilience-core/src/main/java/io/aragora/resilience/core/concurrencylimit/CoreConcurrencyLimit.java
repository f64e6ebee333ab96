package io.aragora.resilience.core.concurrencylimit;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitEvent;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExceededException;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExceededException.Reason;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExplanation;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitSnapshot;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitTotals;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.core.admission.AdmissionPolicy;
import io.aragora.resilience.core.admission.AdmissionRuntime;
import io.aragora.resilience.core.admission.Rejection;
import io.aragora.resilience.core.admission.WaitQueue;
import io.aragora.resilience.core.admission.Waiter;
import io.aragora.resilience.core.call.CallEnd;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.OnceLog;
import io.aragora.resilience.core.call.PolicyRole;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.recording.Measured;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.window.StripedCount;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A concurrency limit for the calls of one priority. Those of all priorities share an {@link AdaptiveLimit}. Thread-safe. */
public final class CoreConcurrencyLimit extends AdmissionPolicy
    implements ConcurrencyLimit, ReadablePolicy, Measured {
  private static final GuardedLog LOG = GuardedLog.of(CoreConcurrencyLimit.class);
  private static final Priority[] PRIORITIES = Priority.values();

  private final Priority priority;
  private final int rank;
  private final AdaptiveLimit limit;

  /** The limit for each priority; all of them have the same array. */
  private final CoreConcurrencyLimit[] all;

  /** The names of the numbers of calls. */
  private final String calls;

  private final StripedCount entered = new StripedCount();
  private final StripedCount rejectedFull = new StripedCount();
  private final StripedCount rejectedQueueFull = new StripedCount();
  private final LongAdder rejectedWaited = new LongAdder();
  private final LongAdder rejectedDeadline = new LongAdder();
  private final LongAdder admittedAfterWait = new LongAdder();
  private final LongAdder cancelled = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder strayReleases = new LongAdder();
  private final OnceLog warnings = new OnceLog(LOG);

  /** Null if no recorder receives the waits. */
  private volatile @Nullable LongConsumer waits;

  /**
   * Creates a concurrency limit, for calls of priority {@link Priority#NORMAL}.
   *
   * @param name its name
   * @param config its config
   * @param runtime the parts of its runtime
   */
  public CoreConcurrencyLimit(
      String name, ConcurrencyLimitConfig config, AdmissionRuntime runtime) {
    super(name, runtime);
    this.all = new CoreConcurrencyLimit[PRIORITIES.length];
    this.limit = new AdaptiveLimit(name, config, runtime, new Calls(all), PRIORITIES.length);
    this.priority = Priority.NORMAL;
    this.rank = rankOf(priority);
    this.calls = callsOf(priority);
    for (Priority each : PRIORITIES) {
      all[rankOf(each)] = each == priority ? this : new CoreConcurrencyLimit(this, each, runtime);
    }
  }

  private CoreConcurrencyLimit(
      CoreConcurrencyLimit normal, Priority priority, AdmissionRuntime runtime) {
    super(normal.name(), runtime);
    this.all = normal.all;
    this.limit = normal.limit;
    this.priority = priority;
    this.rank = rankOf(priority);
    this.calls = callsOf(priority);
  }

  private static int rankOf(Priority priority) {
    return switch (priority) {
      case CRITICAL -> 2;
      case NORMAL -> 1;
      case SHEDDABLE -> 0;
    };
  }

  private static String callsOf(Priority priority) {
    return "calls." + priority.name().toLowerCase(Locale.ROOT);
  }

  private static final class Calls implements AdaptiveLimit.Calls {
    private final CoreConcurrencyLimit[] all;

    Calls(CoreConcurrencyLimit[] all) {
      this.all = all;
    }

    @Override
    public long take(Waiter head) {
      return all[head.rank()].takePlace();
    }

    @Override
    public long drops() {
      long sum = 0;
      for (CoreConcurrencyLimit each : all) {
        sum += each.dropped.sum();
      }
      return sum;
    }
  }

  @Override
  public ConcurrencyLimitConfig config() {
    return limit.config();
  }

  @Override
  public ConcurrencyLimit withPriority(Priority other) {
    return all[rankOf(other)];
  }

  @Override
  public Priority priority() {
    return priority;
  }

  @Override
  protected long tryEnter() {
    return limit.queue().holdsBack(rank) ? NO_PERMIT : takePlace();
  }

  private long takePlace() {
    if (!limit.places().tryTake(limit.config().share(priority))) {
      return NO_PERMIT;
    }
    try {
      limit.watch();
      return limit.windows().permit(entered.increment());
    } catch (Throwable e) {
      // The call does not begin, so it gives nothing back.
      leave(NO_PERMIT);
      throw e;
    }
  }

  @Override
  protected void leave(long permit) {
    if (isGivenBack()) {
      grant();
    }
  }

  /** Returns a permit; returns false and counts it as stray if no call is under way. */
  private boolean isGivenBack() {
    boolean isHeld = limit.places().giveBack();
    if (!isHeld) {
      strayReleases.increment();
      warnings.warn(
          this,
          "a permit was given back although no call is under way, which is ignored; give each permit"
              + " back once",
          null);
    }
    return isHeld;
  }

  private void grant() {
    if (!limit.queue().isEmpty()) {
      limit.queue().grant();
    }
  }

  @Override
  protected void leaveAfterCall(long permit, @Nullable Throwable failure) {
    try {
      if (failure == null) {
        limit.windows().addSuccess(permit);
      } else {
        Throwable own = Failures.unwrap(failure);
        judge(CallEnd.ofThread(own), own);
      }
    } finally {
      leave(permit);
    }
  }

  @Override
  protected void leaveAfterFuture(
      long permit, @Nullable Throwable failure, boolean isEndedOutside) {
    try {
      if (failure == null) {
        limit.windows().addSuccess(permit);
      } else {
        CallEnd end = CallEnd.ofFuture(failure);
        // A caller that cancels says nothing about the dependency.
        if (end != CallEnd.CANCELLED || !isEndedOutside) {
          judge(end, failure);
        }
      }
    } finally {
      leave(permit);
    }
  }

  /** Counts a failure that is a sign of overload. Other failures are no samples: a dependency that fails fast is not a fast one. */
  private void judge(CallEnd end, Throwable failure) {
    boolean isOverload = switch (end) {
      case DEADLINE -> true;
      case BODY -> !(failure instanceof CallRejectedException) && isOverload(failure);
      // A limit that passed while the body waited says nothing about the dependency.
      case EXECUTOR -> !(failure instanceof TimeoutExceededException) && isOverload(failure);
      case CANCELLED -> end.isCancelledByBody(failure) && isOverload(failure);
      case INTERRUPTED, CLOSED -> false;
    };
    if (isOverload) {
      dropped.increment();
    }
  }

  private boolean isOverload(Throwable failure) {
    try {
      return limit.config().overloadIf().test(failure);
    } catch (Throwable e) {
      warnings.warn(
          this, "overloadIf failed, so the failure of the call is no sign of overload", e);
      return false;
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
  public void recordSuccess(long permit) {
    check(permit);
    // A stray permit is no sample.
    if (isGivenBack()) {
      try {
        limit.windows().addSuccess(permit);
      } finally {
        grant();
      }
    }
  }

  @Override
  public void recordDrop(long permit) {
    check(permit);
    if (isGivenBack()) {
      try {
        dropped.increment();
      } finally {
        grant();
      }
    }
  }

  @Override
  public void releasePermit(long permit) {
    check(permit);
    leave(permit);
  }

  private void check(long permit) {
    if (!Permit.isOne(permit)) {
      throw new IllegalArgumentException("permit must be one of " + this + ": " + permit);
    }
  }

  @Override
  public void reconfigure(ConcurrencyLimitConfig next) {
    limit.reconfigure(next);
  }

  @Override
  protected boolean isHeld() {
    return true;
  }

  @Override
  protected int rank() {
    return rank;
  }

  @Override
  protected int need() {
    return 1;
  }

  @Override
  protected WaitQueue queue() {
    return limit.queue();
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.CONCURRENCY_LIMIT;
  }

  @Override
  public Duration maxWait() {
    return config().maxWait();
  }

  @Override
  protected long maxWaitNanos() {
    return Nanos.of(config().maxWait());
  }

  @Override
  protected int maxWaiting() {
    return config().maxWaiting();
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
    return new ConcurrencyLimitExceededException(
        name(), reason, priority, limit.places().limit(), waitedNanos);
  }

  private void countRejected(Reason reason, long waitedNanos) {
    switch (reason) {
      case FULL -> rejectedFull.increment();
      case QUEUE_FULL -> rejectedQueueFull.increment();
      case WAITED -> rejectedWaited.increment();
      case DEADLINE -> rejectedDeadline.increment();
    }
    record(reason.name(), waitedNanos);
    publish(ConcurrencyLimitEvent.Kind.REJECTED, reason, waitedNanos);
  }

  @Override
  protected void countAdmittedAfterWait(long waitedNanos) {
    admittedAfterWait.increment();
    LongConsumer recorded = waits;
    if (recorded != null) {
      recorded.accept(waitedNanos);
    }
    record(ConcurrencyLimitEvent.Kind.ADMITTED_AFTER_WAIT.name(), waitedNanos);
    publish(ConcurrencyLimitEvent.Kind.ADMITTED_AFTER_WAIT, null, waitedNanos);
  }

  @Override
  protected void countCancelled() {
    cancelled.increment();
  }

  private void record(String decision, long waitedNanos) {
    FlightRecording.admission(
        runtime().dispatcher().runtime(), "concurrencylimit", name(), decision, waitedNanos, 0);
  }

  private void publish(ConcurrencyLimitEvent.Kind kind, @Nullable Reason reason, long waitedNanos) {
    if (limit.events().isHeard()) {
      limit
          .events()
          .publish(ConcurrencyLimitEvent.ofCall(
              name(), kind, priority, reason, Duration.ofNanos(waitedNanos), explain()));
    }
  }

  @Override
  public void lookUp(DurationRecorders recorders) {
    LongConsumer recorded = recorders.of(Kind.CONCURRENCY_LIMIT_WAIT, name());
    for (CoreConcurrencyLimit each : all) {
      each.waits = recorded;
    }
  }

  @Override
  public ConcurrencyLimitExplanation explain() {
    return limit.explanation();
  }

  @Override
  public ConcurrencyLimitSnapshot snapshot() {
    WaitQueue queue = limit.queue();
    return ConcurrencyLimitSnapshot.builder()
        .limit(limit.places().limit())
        .inUse(limit.places().inUse())
        .waiting(queue.size())
        .oldestWait(Duration.ofNanos(queue.oldestWaitNanos(runtime().time().nanoTime())))
        .build();
  }

  @Override
  public ConcurrencyLimitTotals totals() {
    ConcurrencyLimitTotals sum = ConcurrencyLimitTotals.builder().build();
    for (CoreConcurrencyLimit each : all) {
      sum = sum.plus(each.ownTotals());
    }
    return sum;
  }

  @Override
  public ConcurrencyLimitTotals totals(Priority of) {
    return all[rankOf(of)].ownTotals();
  }

  private ConcurrencyLimitTotals ownTotals() {
    return ConcurrencyLimitTotals.builder()
        .admitted(queue().takenAtOnce(rank, entered::sum))
        .admittedAfterWait(admittedAfterWait.sum())
        .rejectedFull(rejectedFull.sum())
        .rejectedQueueFull(rejectedQueueFull.sum())
        .rejectedWaited(rejectedWaited.sum())
        .rejectedDeadline(rejectedDeadline.sum())
        .cancelled(cancelled.sum())
        .drops(dropped.sum())
        .strayReleases(strayReleases.sum())
        .build();
  }

  @Override
  public void read(Readings into) {
    long drops = 0;
    long strays = 0;
    for (CoreConcurrencyLimit each : all) {
      ConcurrencyLimitTotals totals = each.ownTotals();
      into.count(each.calls, "admitted", totals.admitted());
      into.count(each.calls, "admitted_after_wait", totals.admittedAfterWait());
      into.count(each.calls, "rejected_full", totals.rejectedFull());
      into.count(each.calls, "rejected_queue_full", totals.rejectedQueueFull());
      into.count(each.calls, "rejected_waited", totals.rejectedWaited());
      into.count(each.calls, "rejected_deadline", totals.rejectedDeadline());
      into.count(each.calls, "cancelled", totals.cancelled());
      drops += totals.drops();
      strays += totals.strayReleases();
    }
    into.count("drops", Readings.NONE, drops);
    into.count("stray_releases", Readings.NONE, strays);
    limit.read(into);
  }

  /** {@return how many successive windows ended overloaded at the least limit} */
  public int windowsAtLeast() {
    return limit.windowsAtLeast();
  }

  @Override
  public Subscription subscribe(Consumer<? super ConcurrencyLimitEvent> listener) {
    return limit.events().subscribe(listener);
  }

  @Override
  public String toString() {
    return "concurrency limit '" + name() + "'";
  }
}
