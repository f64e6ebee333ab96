package io.aragora.resilience.core.hedge;

import io.aragora.resilience.core.call.CallEnd;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.OnceLog;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.call.PolicyRole;
import io.aragora.resilience.core.dispatch.BackgroundReceiver;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.retry.BudgetCredits;
import io.aragora.resilience.core.retry.TokenBudget;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.window.StripedCount;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.hedge.HedgeEvent;
import io.aragora.resilience.hedge.HedgeTotals;
import io.aragora.resilience.internal.CallFrames;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.RejectedByExecutor;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A hedge that uses the timer of its runtime. Thread-safe. */
public final class CoreHedge extends CorePolicy implements Hedge, ReadablePolicy {
  private static final GuardedLog LOG = GuardedLog.of(CoreHedge.class);

  private static final RetryBudgetConfig OWN_BUDGET =
      RetryBudgetConfig.builder().capacity(10).ratio(0.05).perSecond(0).build();

  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final EventChannel<HedgeEvent> events;
  private final OnceLog warnings = new OnceLog(LOG);
  private final BackgroundReceiver<@Nullable Object> losers;
  private final BudgetCredits credits;

  private final StripedCount first = new StripedCount();
  private final LongAdder failed = new LongAdder();
  private final LongAdder cancelled = new LongAdder();
  private final LongAdder won = new LongAdder();
  private final LongAdder wonLate = new LongAdder();
  private final LongAdder lost = new LongAdder();
  private final LongAdder hedgesFailed = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder outOfBudget = new LongAdder();

  private volatile HedgePlan plan;

  /**
   * Creates a hedge.
   *
   * @param name its name
   * @param config its config
   * @param time the time source
   * @param timer times the delays
   * @param dispatcher runs the hedges and delivers events
   */
  public CoreHedge(
      String name, HedgeConfig config, TimeSource time, Timer timer, Dispatcher dispatcher) {
    super(name);
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
    this.events = new EventChannel<>(name, dispatcher);
    this.losers = new BackgroundReceiver<>(dispatcher, new Consumer<@Nullable Object>() {
      @Override
      public void accept(@Nullable Object result) {
        giveNow(result);
      }
    });
    this.credits = new BudgetCredits(dispatcher, new Consumer<Throwable>() {
      @Override
      public void accept(Throwable failure) {
        notCredited(failure);
      }
    });
    this.plan = planOf(config);
  }

  private HedgePlan planOf(HedgeConfig config) {
    HedgeDelay latencies = config.delay() != null
        ? null
        : new HedgeDelay(config.percent(), config.leastDelay(), config.mostDelay(), time, timer);
    return HedgePlan.of(config, latencies, new TokenBudget(name(), OWN_BUDGET, time));
  }

  /**
   * Sets the config of a hedge that was looked up before it was declared.
   *
   * @param declared the config of the declaration, with the settings from outside the code
   */
  public void configure(HedgeConfig declared) {
    plan = planOf(declared);
  }

  @Override
  public HedgeConfig config() {
    return plan.config();
  }

  @Override
  public Duration delay() {
    return Duration.ofNanos(plan.delayNanos());
  }

  @Override
  public HedgeTotals totals() {
    long winners = won.sum();
    return HedgeTotals.builder()
        .first(first.sum())
        .hedge(winners)
        .failed(failed.sum())
        .cancelled(cancelled.sum())
        .won(winners)
        .wonLate(wonLate.sum())
        .lost(lost.sum())
        .hedgesFailed(hedgesFailed.sum())
        .rejected(rejected.sum())
        .outOfBudget(outOfBudget.sum())
        .build();
  }

  @Override
  public void read(Readings into) {
    HedgeTotals totals = totals();
    into.count("calls", "first", totals.first());
    into.count("calls", "hedge", totals.hedge());
    into.count("calls", "failed", totals.failed());
    into.count("calls", "cancelled", totals.cancelled());
    into.count("hedges", "won", totals.won());
    into.count("hedges", "lost", totals.lost());
    into.count("hedges", "failed", totals.hedgesFailed());
    into.count("hedges", "rejected", totals.rejected());
    into.count("hedges", "out_of_budget", totals.outOfBudget());
    into.count("won_late", Readings.NONE, totals.wonLate());
    into.count("started", Readings.NONE, totals.hedges());
    into.level("delay_seconds", plan.delayNanos() / 1e9);
  }

  @Override
  public Subscription subscribe(Consumer<? super HedgeEvent> listener) {
    return events.subscribe(listener);
  }

  @Override
  protected <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    HedgePlan plan = this.plan;
    CallFrames frames = CallFrames.ofThread();
    if (plan.maxHedges() == 0
        || (frames.top() instanceof Frame around && around.isHedgedOn(time))) {
      return chain.<T>inside(lent, index, body);
    }
    // A pushed frame must be popped, and a delay cancelled.
    StackRoom.forCall();
    long now = time.nanoTime();
    Frame frame = Frame.push(frames, time, now);
    try {
      return hedged(plan, frame, now, chain, index, body);
    } finally {
      frame.pop(frames);
    }
  }

  private <T extends @Nullable Object> T hedged(
      HedgePlan plan,
      Frame frame,
      long now,
      PolicyChain chain,
      int index,
      CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    ThreadHedge delay = ThreadHedge.of(frame, timer);
    delay.begin(this, plan, chain, index, now, body, dispatcher.carrier().capture());
    T result;
    try {
      result = chain.<T>inside(null, index, body);
    } catch (Throwable e) {
      return afterFailure(delay, plan, frame, now, body, e);
    }
    ThreadRace<?> race = delay.leave();
    if (race == null && accepts(plan, result)) {
      countFirstWon(plan, frame.retry());
      countLatency(plan, now);
      return result;
    }
    try {
      return CoreHedge.<T>own(race != null ? race : delay.raceAfterFailure(body))
          .afterValue(result, frame);
    } finally {
      frame.forgetHedge();
    }
  }

  private <T extends @Nullable Object> T afterFailure(
      ThreadHedge delay,
      HedgePlan plan,
      Frame frame,
      long startedAt,
      CheckedSupplier<? extends T, ?> body,
      Throwable failure)
      throws Throwable {
    ThreadRace<?> race = delay.leave();
    HedgeRace.Next next = nextOnThread(plan, failure);
    if (race == null && next != HedgeRace.Next.ADVANCE) {
      countFailed();
      if (!isRejection(failure)) {
        countLatency(plan, startedAt);
      }
      throw failure;
    }
    try {
      return CoreHedge.<T>own(race != null ? race : delay.raceAfterFailure(body))
          .afterFailure(failure, next, frame);
    } finally {
      frame.forgetHedge();
    }
  }

  @SuppressWarnings("unchecked") // it is the race of this call
  private static <T extends @Nullable Object> ThreadRace<T> own(ThreadRace<?> race) {
    return (ThreadRace<T>) race;
  }

  @Override
  protected <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    StackRoom.forCall();
    HedgePlan plan = this.plan;
    if (plan.maxHedges() == 0 || context.isHedgedOn(time)) {
      return chain.insideAsync(context, index, body);
    }
    // Before the body, which may change the context of its thread.
    ContextCarrier.Carried carried = dispatcher.carrier().capture();
    long startedAt = time.nanoTime();
    CapturedContext inside = context.inHedge(time, startedAt, false);
    CompletableFuture<T> started = chain.insideAsync(inside, index, body);
    if (plan.config().acceptResult() == null && PolicyFuture.hasSucceeded(started)) {
      countFirstWon(plan, context.retryOn(time));
      countLatency(plan, startedAt);
      return CompletableFuture.completedFuture(started.join());
    }
    HedgedFuture<T> future =
        new HedgedFuture<>(this, plan, startedAt, inside, carried, chain, index, body);
    future.watch(started);
    return future;
  }

  /** Returns whether a policy inside, or an executor, rejected an attempt. */
  boolean isRejection(Throwable failure) {
    return failure instanceof RejectedByExecutor || Failures.rejectionIn(failure) != null;
  }

  /** Returns what follows the failure of an attempt, or its result if there is no failure, which is not accepted. */
  HedgeRace.Next next(HedgePlan plan, @Nullable Throwable failure) {
    if (failure == null) {
      return HedgeRace.Next.ADVANCE;
    }
    if (isRejection(failure)) {
      return HedgeRace.Next.WAIT;
    }
    return isOfBody(CallEnd.ofFuture(failure), failure) && isHedged(plan, failure)
        ? HedgeRace.Next.ADVANCE
        : HedgeRace.Next.END;
  }

  /** Returns what follows the failure of the first attempt, on its thread. */
  HedgeRace.Next nextOnThread(HedgePlan plan, Throwable thrown) {
    Throwable failure = Failures.unwrap(thrown);
    return isOfBody(CallEnd.ofThread(failure), failure) ? next(plan, failure) : HedgeRace.Next.END;
  }

  private static boolean isOfBody(CallEnd end, Throwable failure) {
    return end == CallEnd.BODY || end.isCancelledByBody(failure);
  }

  private boolean isHedged(HedgePlan plan, Throwable failure) {
    try {
      return plan.config().hedgeOn().test(failure);
    } catch (Throwable e) {
      warnings.warn(this, "hedgeOn failed; the call is not hedged", e);
      return false;
    }
  }

  /** Returns whether a result ends the call. */
  boolean accepts(HedgePlan plan, @Nullable Object result) {
    Predicate<@Nullable Object> predicate = plan.config().acceptResult();
    try {
      return predicate == null || predicate.test(result);
    } catch (Throwable e) {
      warnings.warn(this, "acceptResult failed; the result is accepted", e);
      return true;
    }
  }

  /** Passes on a result that no caller receives. The consumer may block, so no call waits for it. */
  @SuppressWarnings("NullAway") // its receiver takes null
  void giveLoser(@Nullable Object result) {
    if (plan.config().onLoser() != null) {
      losers.receive(result);
    }
  }

  private void giveNow(@Nullable Object result) {
    Consumer<@Nullable Object> consumer = plan.config().onLoser();
    if (consumer == null) {
      return;
    }
    try {
      consumer.accept(result);
    } catch (Throwable e) {
      warnings.warn(this, "onLoser failed; the result is dropped", e);
    }
  }

  /** Asks the budget, which may be a class of the application. A budget that fails grants no hedge. */
  boolean tryTake(HedgePlan plan) {
    try {
      return plan.budget().tryTake();
    } catch (Throwable e) {
      warnings.warn(this, "its budget failed; the call is not hedged", e);
      return false;
    }
  }

  private void notCredited(Throwable failure) {
    warnings.warn(this, "its budget failed; a success was not credited to it", failure);
  }

  /**
   * Counts a call that ended with the result of its first attempt. An error in here never replaces that result.
   *
   * @param around the nearest retry around the call, or null
   */
  void countFirstWon(HedgePlan plan, @Nullable Policy around) {
    try {
      first.increment();
      credits.credit(plan.budget(), around);
    } catch (Throwable e) {
      notCounted(e);
    }
  }

  void countWon(HedgePlan plan, @Nullable Policy around) {
    won.increment();
    credits.credit(plan.budget(), around);
  }

  /** Counts the latency of a first attempt that began at an instant. An error in here never replaces how it ended. */
  void countLatency(HedgePlan plan, long startedAt) {
    HedgeDelay latencies = plan.latencies();
    if (latencies == null) {
      return;
    }
    try {
      latencies.count(Math.max(0, time.nanoTime() - startedAt));
    } catch (Throwable e) {
      notCounted(e);
    }
  }

  void countFailed() {
    failed.increment();
  }

  void countCancelled() {
    cancelled.increment();
  }

  void countWonLate() {
    wonLate.increment();
  }

  void countLost() {
    lost.increment();
  }

  void countHedgeFailed() {
    hedgesFailed.increment();
  }

  void countRejected() {
    rejected.increment();
  }

  void countOutOfBudget() {
    outOfBudget.increment();
  }

  void notCounted(Throwable failure) {
    LOG.failed(
        System.Logger.Level.ERROR,
        this,
        "a call could not be counted; it ends as its attempts did",
        failure);
  }

  /** Logs that a hedge could not be started, because the heap is full for instance. The first attempt goes on. */
  void notStarted(Throwable failure) {
    dispatcher.failed("a hedge could not be started; the first attempt goes on", failure);
  }

  void publish(HedgeEvent.Kind kind, int number, long startedAt, @Nullable Throwable firstFailure) {
    long elapsed = Math.max(0, time.nanoTime() - startedAt);
    FlightRecording.hedge(dispatcher.runtime(), name(), kind, number, elapsed);
    if (events.isHeard()) {
      events.publish(HedgeEvent.of(name(), kind, number, Duration.ofNanos(elapsed), firstFailure));
    }
  }

  /** Returns the executor that runs the hedges of a call; null for that of the runtime. */
  @Nullable
  Executor executor(PolicyChain chain) {
    return chain.executor();
  }

  /** Returns the deadline around a call. */
  long deadline(CapturedContext context) {
    return context.deadlineOn(time);
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
    return PolicyRole.HEDGE;
  }

  @Override
  protected Dispatcher dispatcher() {
    return dispatcher;
  }

  @Override
  public String toString() {
    return "hedge '" + name() + "'";
  }
}
