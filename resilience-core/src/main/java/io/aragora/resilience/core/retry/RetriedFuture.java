package io.aragora.resilience.core.retry;

import io.aragora.resilience.ResilienceClosedException;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.timer.TimerOperation;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call under a retry. Its wait is one timer operation, armed again for each attempt.
 *
 * @param <T> the type of the value
 */
final class RetriedFuture<T extends @Nullable Object> extends PolicyFuture<T> implements Runnable {
  private final CoreRetry retry;
  private final RetryRun run;
  private final CapturedContext context;
  private final PolicyChain chain;
  private final int index;
  private final Supplier<? extends CompletionStage<T>> body;
  private final Wait wait = new Wait();
  private int attempt;

  RetriedFuture(
      CoreRetry retry,
      RetryRun run,
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    this.retry = retry;
    this.run = run;
    this.context = context;
    this.chain = chain;
    this.index = index;
    this.body = body;
  }

  /** Starts the next attempt on the calling thread. */
  void attempt() {
    attempt++;
    CapturedContext inside =
        context.withAttempt(retry.time(), retry.nanoTime(), retry, attempt, run.lastFailure());
    follow(chain.insideAsync(inside, index, body));
  }

  @Override
  @SuppressWarnings("NullAway") // the value is null only where T admits it
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (hasEnded()) {
      return;
    }
    long deadline = context.deadline();
    if (failure == null && !retry.isRefused(run.settings(), value)) {
      if (claimEnd()) {
        retry.countSuccess(run.settings(), attempt);
        complete(value);
      }
      return;
    }
    boolean goesOn = failure == null
        ? run.goesOnAfterResult(value, attempt, deadline, chain, index)
        : run.goesOnAfter(failure, attempt, deadline, chain, index);
    if (goesOn) {
      retry.timer().arm(wait, retry.nanoTime() + run.delayNanos());
      // Read after the arming: somebody who completed this future before it found nothing to
      // cancel.
      if (hasEnded()) {
        retry.timer().cancel(wait);
      }
    } else if (claimEnd()) {
      if (failure == null) {
        complete(value);
      } else {
        completeExceptionally(run.last(failure));
      }
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    retry.timer().cancel(wait);
  }

  /** Hands the next attempt to the executor for attempts. */
  private void handOver() {
    try {
      retry.dispatcher().attempts().execute(this);
    } catch (RejectedExecutionException e) {
      end(e);
    }
  }

  @Override
  public void run() {
    if (!hasEnded()) {
      attempt();
    }
  }

  private void end(Throwable failure) {
    if (claimEnd()) {
      run.attachTo(failure);
      completeExceptionally(failure);
    }
  }

  private final class Wait extends TimerOperation implements Runnable {
    /** The executor is the application's, and may block: so the timer's thread leaves it to the dispatcher. */
    @Override
    public void run() {
      handOver();
    }

    @Override
    protected void onFire(long arming) {
      retry.dispatcher().dispatch(this);
    }

    @Override
    protected void onTimerClosed(long arming) {
      retry.dispatcher().dispatch(() -> end(new ResilienceClosedException(retry.runtime())));
    }
  }
}
