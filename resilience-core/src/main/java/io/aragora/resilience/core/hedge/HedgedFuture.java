package io.aragora.resilience.core.hedge;

import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.InnerCancellation;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.timer.PooledOperation;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call under a hedge. The inner future is the first attempt. One timer operation times all delays; it is armed
 * again for each.
 *
 * @param <T> the type of the value
 */
final class HedgedFuture<T extends @Nullable Object> extends PolicyFuture<T>
    implements PooledOperation.Owner {
  /** Volatile CAS: the timer's hand-over and a first attempt that fails may both need the race. */
  private static final VarHandle RACE = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "race", VarHandle.class, HedgedFuture.class, HedgeRace.class);

  private final CoreHedge hedge;
  private final HedgePlan plan;
  private final long startedAt;

  /** The context of the first attempt. */
  private final CapturedContext inside;

  private final PolicyChain chain;
  private final int index;
  private final Supplier<? extends CompletionStage<T>> body;

  /** The context of the caller's thread for hedges; null if there is none. */
  private final ContextCarrier.@Nullable Carried carried;

  // The delay before the next hedge; null until it is armed for the first time. A thread that
  // cancels reads the number of the arming first. If that is an older one, the thread that arms
  // sees the end, and cancels.
  private @Nullable PooledOperation delay;
  private volatile long arming;

  /** Null while the first attempt is alone. */
  private volatile @Nullable HedgeRace<T> race;

  HedgedFuture(
      CoreHedge hedge,
      HedgePlan plan,
      long startedAt,
      CapturedContext inside,
      ContextCarrier.@Nullable Carried carried,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    this.hedge = hedge;
    this.plan = plan;
    this.startedAt = startedAt;
    this.inside = inside;
    this.carried = carried;
    this.chain = chain;
    this.index = index;
    this.body = body;
  }

  /** Watches the first attempt, which has begun, and starts the delay. */
  void watch(CompletableFuture<T> first) {
    follow(first);
    if (hasEnded()) {
      return;
    }
    long delayNanos = plan.delayNanos();
    if (delayNanos != 0) {
      arm(startedAt + delayNanos);
      return;
    }
    HedgeRace<T> race = race();
    while (race.tryHedge()) {
      // All attempts start together.
    }
  }

  private void arm(long dueAt) {
    if (dueAt >= hedge.deadline(inside)) {
      return;
    }
    PooledOperation operation = delay;
    if (operation == null) {
      operation = hedge.timer().pool().take(this);
      delay = operation;
    }
    arming = hedge.timer().arm(operation, dueAt);
    // Volatile read after the volatile write of the arming; the thread that ends the call writes
    // the end, then reads the arming. If either were weaker, the delay could outlive its call.
    // Stress: HedgeRaceStress.NoDelayOutlivesTheCall.
    if (hasEnded()) {
      cancelDelay();
    }
  }

  private void cancelDelay() {
    long present = arming;
    PooledOperation armed = delay;
    if (armed != null) {
      hedge.timer().pool().giveBack(armed, present);
    }
  }

  /** The budget and the executor may be the application's, so the dispatcher hands over. */
  @Override
  public void onFire() {
    hedge.dispatcher().endCall(this::hedgeIfDue);
  }

  /** The first attempt goes on. */
  @Override
  public void onTimerClosed() {}

  private void hedgeIfDue() {
    try {
      due();
    } catch (Throwable e) {
      hedge.notStarted(e);
    }
  }

  /** Starts a hedge if its delay has passed. Called on a thread of the dispatcher. */
  private void due() {
    if (hasEnded()) {
      return;
    }
    HedgeRace<T> race = race();
    long delayNanos = plan.delayNanos();
    long dueAt = race.nextDueAt(delayNanos);
    // A hedge that started early, because an attempt had failed, leaves the time of the next one as
    // it was.
    if (dueAt <= hedge.nanoTime()) {
      if (!race.tryHedge()) {
        return;
      }
      dueAt = race.nextDueAt(delayNanos);
    }
    if (dueAt != TimeSource.NEVER) {
      arm(dueAt);
    }
  }

  private HedgeRace<T> race() {
    HedgeRace<T> present = race;
    if (present != null) {
      return present;
    }
    HedgeRace<T> created = new Race();
    return RACE.compareAndSet(this, null, created) ? created : race();
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    boolean isAccepted = failure == null && hedge.accepts(plan, value);
    if (isAccepted && claimEnd()) {
      endedFirst(value);
    } else if (isAccepted || hasEnded()) {
      if (failure == null) {
        hedge.giveLoser(value);
      }
    } else {
      failed(value, failure);
    }
  }

  private void endedFirst(@Nullable T value) {
    HedgeRace<T> running = race;
    try {
      cancelDelay();
      hedge.countFirstWon(plan, retryAround());
      countFirst(running);
      if (running != null) {
        running.cancelHedges();
      }
    } catch (Throwable e) {
      hedge.notCounted(e);
    }
    endAs(value, null);
  }

  private @Nullable Policy retryAround() {
    return inside.retryOn(hedge.time());
  }

  private void countFirst(@Nullable HedgeRace<T> running) {
    if (running != null) {
      running.countFirst();
    } else {
      hedge.countLatency(plan, startedAt);
    }
  }

  private void failed(@Nullable T value, @Nullable Throwable failure) {
    HedgeRace<T> running = race;
    if (failure == null || !hedge.isRejection(failure)) {
      countFirst(running);
    }
    HedgeRace.Next next = hedge.next(plan, failure);
    if (running != null || next == HedgeRace.Next.ADVANCE) {
      HedgeRace<T> entered = race();
      // Volatile read after the race is published; a thread that ends the call from outside writes
      // the end, then reads the race. So it leaves its mark there, or its end is seen here.
      if (!hasEnded()) {
        entered.firstEnded(value, failure, next);
      } else if (failure == null) {
        hedge.giveLoser(value);
      }
    } else if (claimEnd()) {
      cancelDelay();
      hedge.countFailed();
      HedgeRace<T> meanwhile = race;
      if (meanwhile != null) {
        meanwhile.cancelHedges();
      }
      endAs(value, failure);
    }
  }

  @Override
  protected boolean hasEntered() {
    return race != null || super.hasEntered();
  }

  /** This hedge has it already. */
  @Override
  protected void onValueLost(@Nullable T value, InnerCancellation end) {}

  @Override
  protected void onEndedOutside(Throwable cause) {
    cancelDelay();
    hedge.countCancelled();
    HedgeRace<T> running = race;
    countFirst(running);
    if (running != null) {
      running.endedWithoutFirst();
    }
  }

  /** Cancels the hedges, too. */
  @Override
  protected void cancelInner(Throwable cause, @Nullable Executor afterwards) {
    HedgeRace<T> running = race;
    if (running != null) {
      running.cancelHedges(cause, afterwards);
    }
    super.cancelInner(cause, afterwards);
  }

  private void cancelFirst(Throwable cause) {
    super.cancelInner(cause, null);
  }

  /** Starts further attempts by the body of the call. */
  private final class Race extends HedgeRace<T> {
    Race() {
      super(hedge, plan, startedAt, hedge.deadline(inside), chain, index);
    }

    @Override
    CompletableFuture<T> start(HedgeAttempt<T> attempt) {
      return carried == null
          ? inside()
          : carried.<CompletableFuture<T>, RuntimeException>call(this::inside);
    }

    private CompletableFuture<T> inside() {
      return chain.insideAsync(inside.inHedge(hedge.time(), startedAt, true), index, body);
    }

    @Override
    PolicyFuture<T> call() {
      return HedgedFuture.this;
    }

    @Override
    boolean commit() {
      return claimEnd();
    }

    @Override
    boolean isOver() {
      return hasEnded();
    }

    @Override
    @Nullable
    Policy retryAround() {
      return HedgedFuture.this.retryAround();
    }

    @Override
    void cancelFirst(Throwable cause) {
      HedgedFuture.this.cancelFirst(cause);
    }

    @Override
    void finish(@Nullable T value, @Nullable Throwable failure) {
      cancelDelay();
      endAs(value, failure);
    }
  }
}
