package io.aragora.resilience.core.retry;

import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.internal.runtime.SteppedRetry;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.RetryEvent.Kind;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A call whose attempts other code makes. It has no frame, since that code could leave it without a word: the bodies see the
 * context around the call, and not their attempt.
 */
final class RetrySteps implements SteppedRetry.Steps {
  /** No policy of this library is inside. */
  private static final PolicyChain CHAIN = PolicyChain.alone();

  private final CoreRetry retry;
  private final RetryPlan plan;
  private final long startedAt;
  private final CapturedContext context;
  private final boolean isOnThread;
  private int ended;

  /** Created at the first failure. */
  private @Nullable RetryRun run;

  /** Begins the call. A method, since a constructor in another class would have the JVM load these at the start of a process. */
  static SteppedRetry.Steps of(
      CoreRetry retry, RetryPlan plan, long startedAt, boolean isOnThread) {
    return new RetrySteps(retry, plan, startedAt, CapturedContext.ofThread(), isOnThread);
  }

  private RetrySteps(
      CoreRetry retry,
      RetryPlan plan,
      long startedAt,
      CapturedContext context,
      boolean isOnThread) {
    this.retry = retry;
    this.plan = plan;
    this.startedAt = startedAt;
    this.context = context;
    this.isOnThread = isOnThread;
  }

  @Override
  public int ended() {
    return ended;
  }

  @Override
  public void succeeded() {
    if (run == null) {
      retry.countSuccess(plan, retryAround());
    } else {
      run.succeeded(ended + 1);
    }
  }

  @Override
  public Kind failed(Throwable failure, boolean isRejection) {
    RetryRun run = run();
    ended++;
    if (isRejection && !plan.config().retryRejections()) {
      run.endAfter(failure, ended, Kind.REJECTED);
      return end(run, ended, failure);
    }
    boolean isLate = isOnThread && Frame.hasThreadExpired();
    return run.goesOnAfter(failure, ended, isLate, deadline(), CHAIN, 0)
        ? Kind.RETRY
        : end(run, ended, failure);
  }

  @Override
  public boolean isRejected(@Nullable Object result) {
    return retry.isRejected(plan, result);
  }

  @Override
  public Kind rejected(@Nullable Object result) {
    RetryRun run = run();
    ended++;
    return run.goesOnAfterResult(result, ended, deadline(), CHAIN, 0)
        ? Kind.RETRY
        : run.countEnd(ended, CHAIN, 0);
  }

  private static Kind end(RetryRun run, int ended, Throwable failure) {
    Kind kind = run.countEnd(ended, CHAIN, 0);
    run.last(failure);
    return kind;
  }

  private RetryRun run() {
    RetryRun present = run;
    if (present == null) {
      present = new RetryRun(retry, plan, startedAt, retryAround());
      run = present;
    }
    return present;
  }

  private @Nullable Policy retryAround() {
    return context.retryOn(retry.time());
  }

  private long deadline() {
    return context.deadlineOn(retry.time());
  }

  @Override
  public long delayNanos() {
    return Objects.requireNonNull(run).delayNanos();
  }

  @Override
  public void await() {
    retry.await(Objects.requireNonNull(run), ended);
  }
}
