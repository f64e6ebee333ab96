package io.aragora.resilience.core.retry;

import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.DeadlineCancellation;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.dispatch.AcceptedTask;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.timer.OwnedOperation;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.internal.RejectedByExecutor;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.retry.RetryEvent.Kind;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call under a retry. One timer operation times all its waits; it is armed again
 * for each.
 *
 * @param <T> the type of the value
 */
final class RetriedFuture<T extends @Nullable Object> extends PolicyFuture<T> implements Runnable {
  /** The delay until a step that failed between two attempts is tried again. */
  private static final long AGAIN_NANOS = 10_000_000L;

  /** The step after an attempt. */
  private enum Next {
    END_WELL,
    TRY_AGAIN,
    GIVE_UP
  }

  private final CoreRetry retry;
  private final RetryPlan plan;
  private final long startedAt;
  private final CapturedContext context;
  private final PolicyChain chain;
  private final int index;
  private final Supplier<? extends CompletionStage<T>> body;

  /** The context of the caller's thread for later attempts; null if there is none. */
  private final ContextCarrier.@Nullable Carried carried;

  private int attempt = 1;

  /** The context of the attempt, set before the attempt is followed. */
  private CapturedContext inside;

  /** Created at the first failure. */
  private @Nullable RetryRun run;

  /**
   * Created at the first wait. Volatile: the thread that ends the call from outside must see what
   * to cancel.
   */
  private volatile @Nullable Wait wait;

  /** The attempt that an executor has accepted. Volatile for the same reason. */
  private volatile @Nullable AcceptedTask acceptedTask;

  /** The failure that ends this future, set once the end is claimed. Kept for another try. */
  private volatile @Nullable Throwable ending;

  RetriedFuture(
      CoreRetry retry,
      RetryPlan plan,
      long startedAt,
      CapturedContext context,
      ContextCarrier.@Nullable Carried carried,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    this.retry = retry;
    this.plan = plan;
    this.startedAt = startedAt;
    this.context = context;
    this.inside = context;
    this.chain = chain;
    this.index = index;
    this.body = body;
    this.carried = carried;
  }

  /**
   * Watches the first attempt, which began before this future was created: most calls succeed at
   * once and need no future of their own.
   *
   * @param started the future of the first attempt
   * @param context its context
   */
  void watchFirst(CompletableFuture<T> started, CapturedContext context) {
    inside = context;
    follow(started);
  }

  /** Starts the next attempt on the calling thread. */
  private void attempt() {
    attempt++;
    Throwable last = run == null ? null : run.lastFailure();
    inside = context.withAttempt(retry.time(), startedAt, retry, attempt, last);
    follow(chain.insideAsync(inside, index, body));
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (hasEnded()) {
      return;
    }
    if (failure == null && plan.retryResultIf() == null) {
      endWell(value);
      return;
    }
    // Functions of the application see the attempt, as in a synchronous call. What waits for this
    // future is outside.
    Next next = inside.<Next, RuntimeException>call(() -> decide(value, failure));
    RetryRun run = this.run;
    if (run == null || next == Next.END_WELL) {
      endWell(value);
    } else if (next == Next.TRY_AGAIN) {
      await(run.delayNanos());
    } else if (claimEnd()) {
      run.countEnd(attempt, chain, index);
      endAs(value, failure == null ? run.rejection(value, attempt) : run.last(failure));
    }
  }

  private void endWell(@Nullable T value) {
    if (claimEnd()) {
      RetryRun run = this.run;
      if (run == null) {
        retry.countSuccess(plan, retryAround());
      } else {
        run.succeeded(attempt);
      }
      endAs(value, null);
    }
  }

  private @Nullable Policy retryAround() {
    return context.retryOn(retry.time());
  }

  private Next decide(@Nullable T value, @Nullable Throwable failure) {
    if (failure == null && !retry.isRejected(plan, value)) {
      return Next.END_WELL;
    }
    RetryRun run = this.run;
    if (run == null) {
      run = new RetryRun(retry, plan, startedAt, retryAround());
      this.run = run;
    }
    long deadline = context.deadlineOn(retry.time());
    boolean goesOn = failure == null
        ? run.goesOnAfterResult(value, attempt, deadline, chain, index)
        : run.goesOnAfter(failure, attempt, false, deadline, chain, index);
    return goesOn ? Next.TRY_AGAIN : Next.GIVE_UP;
  }

  private void await(long delayNanos) {
    Wait wait = this.wait;
    if (wait == null) {
      wait = new Wait(this);
      this.wait = wait;
    }
    retry.timer().arm(wait, Nanos.after(retry.nanoTime(), delayNanos));
    // Volatile read after the arming; the thread that ends the call from outside writes the end,
    // then reads wait. If either were weaker, the wait could outlive its call. Stress:
    // RetriedFutureStress.NoWaitOutlivesTheCall.
    if (hasEnded()) {
      wait.cancel(retry.timer());
    }
  }

  /** A race for the attempt and the run is benign: they only show in an event. */
  @Override
  protected void onEndedOutside(Throwable cause) {
    Wait wait = this.wait;
    if (wait != null) {
      wait.cancel(retry.timer());
    }
    AcceptedTask accepted = acceptedTask;
    if (accepted != null) {
      accepted.cancel();
    }
    RetryRun started = run;
    Kind kind = cause instanceof DeadlineCancellation ? Kind.OUT_OF_TIME : Kind.STOPPED;
    retry.end(kind, attempt, cause, null, started == null ? 0 : started.call());
  }

  /** Hands the next attempt to the executor for attempts. */
  private void handOver() {
    Throwable failure = ending;
    if (failure != null) {
      completeExceptionally(failure);
      return;
    }
    try {
      AcceptedTask accepted = retry.dispatcher().attempt(executor(), this, this::endClosed);
      acceptedTask = accepted;
      // Volatile read after the write; the thread that ends the call from outside writes the end,
      // then reads acceptedTask.
      if (hasEnded()) {
        accepted.cancel();
      }
    } catch (Throwable e) {
      // Usually a rejection, but an executor of the application may throw anything.
      end(Kind.REJECTED, new RejectedByExecutor(e));
    }
  }

  private @Nullable Executor executor() {
    Executor ofCall = chain.executor();
    return ofCall != null ? ofCall : plan.config().executor();
  }

  @Override
  public void run() {
    if (hasEnded()) {
      return;
    }
    try {
      if (carried == null) {
        attempt();
      } else {
        carried.call(() -> {
          attempt();
          return this;
        });
      }
    } catch (Throwable e) {
      // Not a failure of the body, which arrives through its stage. The machine is exhausted, for
      // instance.
      endOrTryAgain(e);
    }
  }

  private void endClosed() {
    end(Kind.STOPPED, new ResilienceClosedException(retry.runtime()));
  }

  private void endOrTryAgain(Throwable failure) {
    try {
      end(Kind.NOT_RETRIED, failure);
    } catch (Throwable e) {
      tryAgain(e);
    }
  }

  /** The heap is full, for instance. The code that waits for the call must not wait forever. */
  private void tryAgain(Throwable failure) {
    Wait wait = this.wait;
    if (wait != null) {
      retry.timer().arm(wait, wait.after(AGAIN_NANOS));
    }
    retry
        .dispatcher()
        .failed("a call could not begin its next attempt; it is tried again", failure);
  }

  private void end(Kind kind, Throwable failure) {
    if (claimEnd()) {
      ending = failure;
      if (run != null) {
        run.endWaiting(kind, attempt, failure);
      }
      completeExceptionally(failure);
    }
  }

  /**
   * The wait between two attempts. The executor may be the application's and may block, so the
   * dispatcher hands over.
   */
  private static final class Wait extends OwnedOperation<RetriedFuture<?>> implements Runnable {
    Wait(RetriedFuture<?> future) {
      super(future);
    }

    @Override
    protected void onFire(RetriedFuture<?> future) {
      future.retry.dispatcher().endCall(this);
    }

    @Override
    public void run() {
      RetriedFuture<?> future = owner();
      if (future == null) {
        return;
      }
      try {
        future.handOver();
      } catch (Throwable e) {
        future.tryAgain(e);
      }
    }

    @Override
    protected void onTimerClosed(RetriedFuture<?> future) {
      future.retry.dispatcher().endCall(future::endClosed);
    }
  }
}
