package io.aragora.resilience.core.retry;

import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.OnceLog;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.call.PolicyRole;
import io.aragora.resilience.core.call.WaitingThreads;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.KindChannel;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.recording.Measured;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.window.StripedCount;
import io.aragora.resilience.internal.CallFrames;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.internal.runtime.SteppedRetry;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.EndedAttempt;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.retry.RetryAttemptTotals;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.retry.RetryEvent.Kind;
import io.aragora.resilience.retry.RetryTotals;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A retry. A synchronous call waits on the caller's thread, an asynchronous one on the timer.
 * Thread-safe.
 */
public final class CoreRetry extends CorePolicy
    implements Retry, SteppedRetry, ReadablePolicy, Measured {
  private static final GuardedLog LOG = GuardedLog.of(CoreRetry.class);

  private final String runtime;
  private final TimeSource time;
  private final CoarseClock clock;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final WaitingThreads waiting;
  private final OnceLog warnings = new OnceLog(LOG);
  private final AtomicLong operations = new AtomicLong();
  private final StripedCount succeededAtOnce = new StripedCount();

  private final AttemptCounts attempts = new AttemptCounts();
  private final BudgetCredits credits;

  /** Changed under the lock of this. */
  private volatile RetryPlan plan;

  /** All kinds but {@link #succeededAtOnce}. Created at the first failure, under the lock of this. */
  private volatile @Nullable KindCounts counts;

  /** Created by the first subscription, under the lock of this. */
  private volatile @Nullable KindChannel<Kind, RetryEvent> events;

  /** Null if no recorder receives the delays. */
  private volatile @Nullable LongConsumer delays;

  /**
   * Creates a retry.
   *
   * @param name its name
   * @param config its config
   * @param runtime the name of the runtime
   * @param time the time source
   * @param clock a cheaper clock that is a little behind
   * @param timer times the waits of asynchronous calls
   * @param dispatcher runs later attempts and delivers events
   * @param waiting the threads that wait in this runtime
   */
  public CoreRetry(
      String name,
      RetryConfig config,
      String runtime,
      TimeSource time,
      CoarseClock clock,
      Timer timer,
      Dispatcher dispatcher,
      WaitingThreads waiting) {
    super(name);
    this.plan = RetryPlan.of(config, false);
    this.runtime = runtime;
    this.time = time;
    this.clock = clock;
    this.timer = timer;
    this.dispatcher = dispatcher;
    this.waiting = waiting;
    this.credits = new BudgetCredits(dispatcher, new Consumer<Throwable>() {
      @Override
      public void accept(Throwable failure) {
        notCredited(failure);
      }
    });
  }

  @Override
  public RetryConfig config() {
    return plan.config();
  }

  /**
   * Sets the config of a retry that was looked up before it was declared.
   *
   * @param declared the config of the declaration
   */
  public synchronized void configure(RetryConfig declared) {
    plan = RetryPlan.of(declared, isHeard(Kind.SUCCEEDED_AT_ONCE));
  }

  @Override
  public RetryTotals totals() {
    RetryTotals.Builder totals = RetryTotals.builder();
    KindCounts others = counts;
    if (others != null) {
      others.addTo(totals);
    }
    return totals.count(Kind.SUCCEEDED_AT_ONCE, succeededAtOnce.sum()).build();
  }

  @Override
  public List<RetryAttemptTotals> attempts() {
    return attempts.upTo(config().maxAttempts(), succeededAtOnce.sum());
  }

  @Override
  public void read(Readings into) {
    long atOnce = succeededAtOnce.sum();
    RetryReadings.write(atOnce, counts, into);
    attempts.read(config().maxAttempts(), atOnce, into);
  }

  @Override
  public void lookUp(DurationRecorders recorders) {
    delays = recorders.of(DurationRecorder.Kind.RETRY_DELAY, name());
  }

  @Override
  public Subscription subscribe(Consumer<? super RetryEvent> listener) {
    return subscribe(EnumSet.complementOf(EnumSet.of(Kind.SUCCEEDED_AT_ONCE)), listener);
  }

  @Override
  public Subscription subscribe(Set<Kind> kinds, Consumer<? super RetryEvent> listener) {
    Subscription subscription = channel().subscribe(kinds, listener);
    followListeners();
    return () -> {
      subscription.close();
      followListeners();
    };
  }

  /** Reads the config under the lock, so that one that is set meanwhile stays. */
  private synchronized void followListeners() {
    plan = RetryPlan.of(plan.config(), isHeard(Kind.SUCCEEDED_AT_ONCE));
  }

  private synchronized KindChannel<Kind, RetryEvent> channel() {
    KindChannel<Kind, RetryEvent> channel = events;
    if (channel == null) {
      channel = new KindChannel<>(name(), dispatcher, Kind.class, RetryEvent::kind);
      events = channel;
    }
    return channel;
  }

  private boolean isHeard(Kind kind) {
    KindChannel<Kind, RetryEvent> channel = events;
    return channel != null && channel.isHeard(kind);
  }

  @Override
  protected <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    // A pushed frame must be popped.
    StackRoom.forCall();
    RetryPlan plan = this.plan;
    CallFrames frames = CallFrames.ofThread();
    long startedAt = start(plan);
    Frame frame = Frame.push(frames, time, startedAt);
    try {
      Policy around = frame.retry();
      frame.beginAttempt(this, 1, null);
      T result;
      try {
        result = chain.<T>inside(frame, index, body);
      } catch (Throwable e) {
        RetryRun run = new RetryRun(this, plan, startedAt, around);
        giveUpOrWait(run, e, 1, frame, chain, index);
        return attemptAgain(run, plan, frame, chain, index, body);
      }
      if (isRejected(plan, result)) {
        RetryRun run = new RetryRun(this, plan, startedAt, around);
        if (!run.goesOnAfterResult(result, 1, frame.deadline(), chain, index)) {
          run.countEnd(1, chain, index);
          return run.rejected(result, 1);
        }
        await(run, 1);
        return attemptAgain(run, plan, frame, chain, index, body);
      }
      countSuccess(plan, frame);
      return result;
    } finally {
      frame.pop(frames);
    }
  }

  /** Creates the attempts after the first, which has failed and has been waited for. */
  private <T extends @Nullable Object> T attemptAgain(
      RetryRun run,
      RetryPlan plan,
      Frame frame,
      PolicyChain chain,
      int index,
      CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    for (int attempt = 2; ; attempt++) {
      frame.beginAttempt(this, attempt, run.lastFailure());
      T result;
      try {
        result = chain.<T>inside(frame, index, body);
      } catch (Throwable e) {
        giveUpOrWait(run, e, attempt, frame, chain, index);
        continue;
      }
      if (!isRejected(plan, result)) {
        run.succeeded(attempt);
        return result;
      }
      if (!run.goesOnAfterResult(result, attempt, frame.deadline(), chain, index)) {
        run.countEnd(attempt, chain, index);
        return run.rejected(result, attempt);
      }
      await(run, attempt);
    }
  }

  private void giveUpOrWait(
      RetryRun run, Throwable failure, int attempt, Frame frame, PolicyChain chain, int index)
      throws Throwable {
    boolean isLate = frame.hasEnclosingFired();
    if (!run.goesOnAfter(failure, attempt, isLate, frame.deadline(), chain, index)) {
      run.countEnd(attempt, chain, index);
      throw run.last(failure);
    }
    await(run, attempt);
  }

  /**
   * Returns the start of a call. Reading the precise clock would be the most expensive part of a
   * call that succeeds at once.
   */
  private long start(RetryPlan plan) {
    return plan.needsPreciseStart() ? time.nanoTime() : clock.read();
  }

  /**
   * Parks until the delay has passed. The library never interrupts this wait: it begins only if it
   * ends before every deadline.
   */
  void await(RetryRun run, int attempt) {
    long until = Nanos.after(time.nanoTime(), run.delayNanos());
    if (!waiting.enter()) {
      throw closed(run, attempt);
    }
    try {
      throwIfInterrupted(run, attempt);
      while (time.nanoTime() < until) {
        time.parkUntil(this, until);
        if (waiting.isClosed()) {
          throw closed(run, attempt);
        }
        throwIfInterrupted(run, attempt);
      }
    } finally {
      waiting.leave();
    }
  }

  /**
   * Called before a wait of zero length, too: a client may have wrapped the interrupt and kept the
   * flag.
   */
  private void throwIfInterrupted(RetryRun run, int attempt) {
    if (Thread.currentThread().isInterrupted()) {
      CallInterruptedException interrupted = new CallInterruptedException(name());
      run.endWaiting(Kind.STOPPED, attempt, interrupted);
      throw interrupted;
    }
  }

  private ResilienceClosedException closed(RetryRun run, int attempt) {
    ResilienceClosedException closed = new ResilienceClosedException(runtime);
    run.endWaiting(Kind.STOPPED, attempt, closed);
    return closed;
  }

  @Override
  protected <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    StackRoom.forCall();
    RetryPlan plan = this.plan;
    // Before the body, which may change the context of its thread.
    ContextCarrier.Carried carried = dispatcher.carrier().capture();
    long startedAt = start(plan);
    CapturedContext inside = context.withAttempt(time, startedAt, this, 1, null);
    CompletableFuture<T> first = chain.insideAsync(inside, index, body);
    if (plan.retryResultIf() == null && PolicyFuture.hasSucceeded(first)) {
      countSuccess(plan, context.retryOn(time));
      return CompletableFuture.completedFuture(first.join());
    }
    RetriedFuture<T> future =
        new RetriedFuture<>(this, plan, startedAt, context, carried, chain, index, body);
    future.watchFirst(first, inside);
    return future;
  }

  @Override
  public Steps begin(boolean isOnThread) {
    RetryPlan plan = this.plan;
    return RetrySteps.of(this, plan, start(plan), isOnThread);
  }

  @SuppressWarnings("NullAway") // the predicate is asked about null as well
  boolean isRejected(RetryPlan plan, @Nullable Object result) {
    Predicate<@Nullable Object> predicate = plan.retryResultIf();
    return predicate != null && holds(predicate, result, false);
  }

  /** Returns the delay that the dependency asked for; 0 if it asked for none. */
  long askedNanos(RetryConfig settings, @Nullable Throwable failure, @Nullable Object result) {
    try {
      RetryAfter asked;
      if (failure != null) {
        asked = settings.retryAfter() == null ? null : settings.retryAfter().apply(failure);
      } else {
        asked = settings.retryAfterResult() == null
            ? null
            : settings.retryAfterResult().apply(result);
      }
      return asked == null ? 0 : asked.delayNanos(time.wallTime());
    } catch (Throwable e) {
      warnings.warn(this, "retryAfter failed; the backoff alone sets the delay", e);
      return 0;
    }
  }

  /** Returns for how long a policy inside will go on to reject, as far as it said so; 0 if it did not. */
  long rejectedNanos(@Nullable Throwable failure) {
    CallRejectedException rejection = Failures.rejectionIn(failure);
    if (rejection == null) {
      return 0;
    }
    try {
      return Math.max(0, Nanos.of(rejection.retryAfter()));
    } catch (Throwable e) {
      warnings.warn(this, "retryAfter of a rejection failed; the backoff alone sets the delay", e);
      return 0;
    }
  }

  /** Calls a predicate of the application. If it fails, returns the value that ends the call. */
  <V extends @Nullable Object> boolean holds(
      Predicate<? super V> predicate, V value, boolean otherwise) {
    try {
      return predicate.test(value);
    } catch (Throwable e) {
      warnings.warn(this, "a predicate failed; the call makes no further attempt", e);
      return otherwise;
    }
  }

  /**
   * Calls the backoff, which may be a class of the application. Returns a negative number if it
   * stops or fails; the call then makes no further attempt.
   */
  long backoffNanos(RetryConfig settings, EndedAttempt attempt, double random) {
    try {
      return settings.backoff().delayNanos(attempt, random);
    } catch (Throwable e) {
      warnings.warn(this, "its backoff failed; the call makes no further attempt", e);
      return Backoff.STOP;
    }
  }

  /**
   * Asks the budget, which may be a class of the application. A budget that fails grants no retry.
   */
  boolean tryTake(@Nullable RetryBudget budget) {
    try {
      return budget == null || budget.tryTake();
    } catch (Throwable e) {
      warnings.warn(this, "its budget failed; the call makes no further attempt", e);
      return false;
    }
  }

  long nextOperation() {
    return operations.getAndIncrement();
  }

  double random(long operation, int draw) {
    return time.random(name(), operation, draw);
  }

  long nanoTime() {
    return time.nanoTime();
  }

  TimeSource time() {
    return time;
  }

  Timer timer() {
    return timer;
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.RETRY;
  }

  @Override
  protected Dispatcher dispatcher() {
    return dispatcher;
  }

  String runtime() {
    return runtime;
  }

  /** Counts a first attempt that succeeded on this thread. Whether a retry is around is asked only if it matters. */
  private void countSuccess(RetryPlan plan, Frame frame) {
    countSuccess(plan, plan.followsSuccess() ? retryAround(frame) : null);
  }

  private @Nullable Policy retryAround(Frame frame) {
    return frame.enclosing() instanceof Frame outer ? outer.retryOn(time) : null;
  }

  /**
   * Counts a first attempt that succeeded. A failure in here, a full heap for instance, never
   * replaces the result.
   *
   * @param around the nearest retry around this one, or null
   */
  void countSuccess(RetryPlan plan, @Nullable Policy around) {
    try {
      succeededAtOnce.increment();
      if (plan.followsSuccess()) {
        credit(plan.config(), around);
        publish(Kind.SUCCEEDED_AT_ONCE, 1, 0, null, null, 0);
      }
    } catch (Throwable e) {
      notCounted(e);
    }
  }

  /**
   * Counts a later attempt that succeeded.
   *
   * @param around the nearest retry around this one, or null
   */
  void countSuccess(RetryConfig config, int attempt, long call, @Nullable Policy around) {
    try {
      attempts.countSuccess(attempt);
      credit(config, around);
      end(Kind.SUCCEEDED_AFTER_RETRY, attempt, null, null, call);
    } catch (Throwable e) {
      notCounted(e);
    }
  }

  private void notCounted(Throwable failure) {
    LOG.failed(
        System.Logger.Level.ERROR,
        this,
        "a success could not be counted; the call returns its result",
        failure);
  }

  private void credit(RetryConfig config, @Nullable Policy around) {
    RetryBudget budget = config.budget();
    if (budget != null) {
      credits.credit(budget, around);
    }
  }

  private void notCredited(Throwable failure) {
    warnings.warn(this, "its budget failed; a success was not credited to it", failure);
  }

  void countFailedAttempt(int attempt) {
    attempts.countFailure(attempt);
  }

  private void count(Kind kind) {
    KindCounts present = counts;
    (present != null ? present : createCounts()).count(kind);
  }

  private synchronized KindCounts createCounts() {
    KindCounts created = counts;
    if (created == null) {
      created = new KindCounts();
      counts = created;
    }
    return created;
  }

  /** Counts a call that ended, unless its first attempt succeeded. */
  void end(
      Kind kind, int attempt, @Nullable Throwable failure, @Nullable Object result, long call) {
    count(kind);
    publish(kind, attempt, 0, failure, result, call);
  }

  void countRetry(
      int attempt,
      long delayNanos,
      @Nullable Throwable failure,
      @Nullable Object result,
      long call) {
    count(Kind.RETRY);
    LongConsumer recorded = delays;
    if (recorded != null) {
      recorded.accept(delayNanos);
    }
    publish(Kind.RETRY, attempt, delayNanos, failure, result, call);
  }

  private void publish(
      Kind kind,
      int attempt,
      long delayNanos,
      @Nullable Throwable failure,
      @Nullable Object result,
      long call) {
    if (kind != Kind.SUCCEEDED_AT_ONCE) {
      FlightRecording.retry(runtime, name(), kind, attempt, delayNanos, failure, call);
    }
    KindChannel<Kind, RetryEvent> channel = events;
    if (channel != null && channel.isHeard(kind)) {
      channel.publish(RetryEvent.builder(name(), kind)
          .attempt(attempt)
          .delay(Duration.ofNanos(delayNanos))
          .failure(failure)
          .result(result)
          .call(call)
          .build());
    }
  }

  @Override
  public String toString() {
    return "retry '" + name() + "'";
  }
}
