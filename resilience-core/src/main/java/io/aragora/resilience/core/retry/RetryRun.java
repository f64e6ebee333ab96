package io.aragora.resilience.core.retry;

import io.aragora.resilience.core.call.CallEnd;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.EndedAttempt;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent.Kind;
import io.aragora.resilience.retry.RetryExhaustedException;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One call whose first attempt failed: its failures so far, and the decision about the next
 * attempt. Created at the first failure. One thread at a time may use it.
 */
final class RetryRun {
  private final CoreRetry retry;
  private final RetryConfig settings;
  private final long startedAt;

  /** The nearest retry around this one; null if there is none. */
  private final @Nullable Policy around;

  private final long operation;
  private Throwable[] earlier = new Throwable[0];
  private @Nullable Throwable lastFailure;
  private @Nullable Kind end;
  private @Nullable Object lastResult;

  /** Whether the failure itself, and no rule about attempts, is why the call ends. */
  private boolean isJudged;

  private long backoffNanos;
  private long delayNanos;

  RetryRun(CoreRetry retry, RetryPlan plan, long startedAt, @Nullable Policy around) {
    this.retry = retry;
    this.settings = plan.config();
    this.startedAt = startedAt;
    this.around = around;
    this.operation = retry.nextOperation();
  }

  @Nullable
  Throwable lastFailure() {
    return lastFailure;
  }

  long delayNanos() {
    return delayNanos;
  }

  /** Returns the id of the call in events: positive, and the same for the whole call. */
  long call() {
    return operation + 1;
  }

  void succeeded(int attempt) {
    retry.countSuccess(settings, attempt, call(), around);
  }

  boolean goesOnAfterResult(
      @Nullable Object result, int attempt, long deadline, PolicyChain chain, int index) {
    retry.countFailedAttempt(attempt);
    remember();
    lastFailure = null;
    Kind obstacle = obstacle(result, attempt, deadline, chain, index);
    return goesOn(obstacle, result, attempt, chain, index);
  }

  /**
   * Decides about the next attempt after a failure.
   *
   * @param isLate whether a deadline around the call has passed
   */
  boolean goesOnAfter(
      Throwable failure, int attempt, boolean isLate, long deadline, PolicyChain chain, int index) {
    failed(failure, attempt);
    Kind judged = isLate ? null : judge(failure);
    if (judged != null) {
      isJudged = true;
      end = judged;
      return false;
    }
    Kind obstacle = isLate ? Kind.OUT_OF_TIME : obstacle(null, attempt, deadline, chain, index);
    return goesOn(obstacle, null, attempt, chain, index);
  }

  /** Ends the call because of the failure itself; {@link #countEnd} follows. */
  void endAfter(Throwable failure, int attempt, Kind judged) {
    failed(failure, attempt);
    isJudged = true;
    end = judged;
  }

  private void failed(Throwable failure, int attempt) {
    retry.countFailedAttempt(attempt);
    remember();
    lastFailure = failure;
  }

  private boolean goesOn(
      @Nullable Kind obstacle, @Nullable Object result, int attempt, PolicyChain chain, int index) {
    end = obstacle;
    if (obstacle != null) {
      lastResult = result;
      return false;
    }
    retry.countRetry(attempt, delayNanos, lastFailure, result, call());
    chain.onRetry(index, attempt, delayNanos, lastFailure);
    return true;
  }

  /**
   * Counts a call that makes no further attempt, and publishes it. Called once, by the thread that has claimed the end of the call:
   * one that ends it from outside at this moment counts it instead. Returns how the call ended.
   */
  Kind countEnd(int attempt, PolicyChain chain, int index) {
    Kind kind = Objects.requireNonNull(end);
    if (isJudged) {
      chain.onNotRetried(index, attempt, Objects.requireNonNull(lastFailure));
      retry.end(kind, attempt, lastFailure, null, call());
    } else {
      retry.end(kind, attempt, lastFailure, lastResult, call());
      chain.onGivenUp(index, attempt, kind);
    }
    return kind;
  }

  /**
   * Returns how the call ends because of the failure itself, or null if it is retried. The
   * predicates receive the unwrapped failure in synchronous and asynchronous calls. The wait, not
   * this method, handles the thread's interrupt flag.
   */
  private @Nullable Kind judge(Throwable thrown) {
    Throwable failure = Failures.unwrap(thrown);
    CallEnd end = CallEnd.ofFuture(failure);
    if (!end.isUnstopped() && !isAskedAbout(end)) {
      return end == CallEnd.DEADLINE ? Kind.OUT_OF_TIME : Kind.STOPPED;
    }
    if (!settings.retryRejections() && Failures.rejectionIn(failure) != null) {
      return Kind.REJECTED;
    }
    Predicate<? super Throwable> abortIf = settings.abortIf();
    if (abortIf != null && retry.holds(abortIf, failure, true)) {
      return Kind.ABORTED;
    }
    return retry.holds(settings.retryIf(), failure, false) ? null : Kind.NOT_RETRIED;
  }

  /** Returns whether the config lets the predicates decide about a stop that the body reported. */
  private boolean isAskedAbout(CallEnd end) {
    return switch (end) {
      case INTERRUPTED -> settings.retryInterrupted() && !Thread.currentThread().isInterrupted();
      case CANCELLED -> settings.retryCancelled();
      default -> false;
    };
  }

  /**
   * Returns the reason against a further attempt, or null. A retry happens only if the attempts,
   * the time, the enclosing deadline, the breakers around and inside, and the budget all allow it.
   * The budget is asked last, so that it grants no retry in vain.
   */
  private @Nullable Kind obstacle(
      @Nullable Object result, int attempt, long deadline, PolicyChain chain, int index) {
    if (attempt >= settings.maxAttempts()) {
      return Kind.EXHAUSTED;
    }
    // Nested retries multiply attempts, so an inner one makes one attempt only.
    if (around != null && !settings.retryWhenNested()) {
      return Kind.STOOD_DOWN;
    }
    long now = retry.nanoTime();
    backoffNanos =
        retry.backoffNanos(settings, ended(result, attempt, now), retry.random(operation, attempt));
    if (backoffNanos < 0) {
      return Kind.BACKOFF_STOPPED;
    }
    long rejected = retry.rejectedNanos(lastFailure);
    long asked = Math.max(rejected, retry.askedNanos(settings, lastFailure, result));
    delayNanos = Math.max(backoffNanos, Math.min(asked, settings.backoff().capNanos()));
    long nextAt = Nanos.after(now, delayNanos);
    // Before that, the policy inside rejects every attempt.
    long admittedAt = Math.max(nextAt, Nanos.after(now, rejected));
    if (admittedAt >= deadline
        || admittedAt - startedAt > settings.maxDuration().toNanos()) {
      return Kind.OUT_OF_TIME;
    }
    if (isRejectedAround(chain, index, now)
        || (!settings.retryRejections() && isRejectedInside(chain, index, nextAt))) {
      return Kind.REJECTED;
    }
    return retry.tryTake(settings.budget()) ? null : Kind.OUT_OF_BUDGET;
  }

  private EndedAttempt ended(@Nullable Object result, int attempt, long now) {
    EndedAttempt.Builder ended =
        EndedAttempt.builder(attempt).previousDelayNanos(Math.max(0, backoffNanos));
    if (settings.backoff().isByAttempt()) {
      Throwable failure = lastFailure;
      ended
          .failure(failure == null ? null : Failures.unwrap(failure))
          .result(result)
          .elapsedNanos(now - startedAt)
          // A draw of its own, so that the jitter does not depend on the strategy.
          .random(retry.random(operation, -attempt));
    }
    return ended.build();
  }

  /**
   * Returns whether a breaker around this retry rejects. Such a breaker counts logical calls, and
   * is asked again before each further attempt.
   */
  private static boolean isRejectedAround(PolicyChain chain, int index, long nanos) {
    for (int i = 0; i < index; i++) {
      if (chain.link(i).rejectsAt(nanos)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns whether a breaker inside would still reject the attempt after the delay; then the wait
   * is useless.
   */
  private static boolean isRejectedInside(PolicyChain chain, int index, long nanos) {
    for (int i = index + 1; i < chain.length(); i++) {
      if (chain.link(i).rejectsAt(nanos)) {
        return true;
      }
    }
    return false;
  }

  /** Returns the rejected result that ends the call, or throws it as the config says. */
  <T extends @Nullable Object> T rejected(T result, int attempt) {
    RetryExhaustedException rejection = rejection(result, attempt);
    if (rejection != null) {
      throw rejection;
    }
    return result;
  }

  /** Returns the exception for the rejected result that ends the call; null if it is returned. */
  @Nullable
  RetryExhaustedException rejection(@Nullable Object result, int attempt) {
    Kind reason = end;
    if (!settings.failOnRetryableResult() || reason == null) {
      return null;
    }
    RetryExhaustedException rejection =
        new RetryExhaustedException(retry.name(), reason, attempt, result);
    last(rejection);
    return rejection;
  }

  private void remember() {
    Throwable failure = lastFailure;
    if (failure != null
        && earlier.length < Failures.MAX_SUPPRESSED
        && !Failures.contains(earlier, failure)) {
      earlier = Arrays.copyOf(earlier, earlier.length + 1);
      earlier[earlier.length - 1] = failure;
    }
  }

  /** Returns the failure to throw, with the earlier ones attached. */
  Throwable last(Throwable failure) {
    for (Throwable before : earlier) {
      Failures.suppress(failure, before);
    }
    return failure;
  }

  /** Ends the wait between two attempts. Attaches all failures so far to the exception. */
  void endWaiting(Kind kind, int attempt, Throwable ending) {
    remember();
    last(ending);
    retry.end(kind, attempt, ending, null, call());
  }
}
