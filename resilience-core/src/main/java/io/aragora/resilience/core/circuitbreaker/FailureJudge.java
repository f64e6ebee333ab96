package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.call.DeadlineCancellation;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.Frame;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Says what a failure, or a result, means for a breaker. */
final class FailureJudge {
  /** What an outcome counts as. */
  enum Verdict {
    SUCCESS,
    FAILURE,
    NEITHER
  }

  private static final System.Logger LOG = System.getLogger(FailureJudge.class.getName());

  private final String breaker;
  private final AtomicBoolean logged = new AtomicBoolean();

  FailureJudge(String breaker) {
    this.breaker = breaker;
  }

  /** Judges a failure on the thread of its call, where an interrupt may stem from a limit around it. */
  Verdict ofThread(CircuitBreakerConfig config, @Nullable Throwable failure) {
    if (failure != null && Failures.isStopped(failure)) {
      return failure instanceof DeadlineCancellation || Frame.hasThreadExpired()
          ? Verdict.FAILURE
          : Verdict.NEITHER;
    }
    return byPredicates(config, failure);
  }

  /** Judges a failure of a future, whose cancellation says by itself where it stems from. */
  Verdict ofFuture(CircuitBreakerConfig config, Throwable failure) {
    if (Failures.isStopped(failure)) {
      return failure instanceof DeadlineCancellation ? Verdict.FAILURE : Verdict.NEITHER;
    }
    return byPredicates(config, failure);
  }

  private Verdict byPredicates(CircuitBreakerConfig config, @Nullable Throwable failure) {
    if (failure == null) {
      return Verdict.FAILURE;
    }
    // Another breaker's refusal: the dependency of this one was not asked.
    if (failure instanceof CallNotPermittedException || holds(config.ignoreIf(), failure, false)) {
      return Verdict.NEITHER;
    }
    return holds(config.recordIf(), failure, true) ? Verdict.FAILURE : Verdict.SUCCESS;
  }

  @SuppressWarnings("NullAway") // the predicate is asked about null as well
  boolean isFailure(CircuitBreakerConfig config, @Nullable Object result) {
    Predicate<@Nullable Object> predicate = config.recordResultIf();
    return predicate != null && holds(predicate, result, true);
  }

  /** A predicate that throws must neither hide the outcome nor keep the permit. */
  private <V extends @Nullable Object> boolean holds(
      Predicate<? super V> predicate, V value, boolean otherwise) {
    try {
      return predicate.test(value);
    } catch (RuntimeException e) {
      if (logged.compareAndSet(false, true)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "a predicate of breaker '" + breaker
                + "' failed, so the call counts as a failure; said once",
            e);
      }
      return otherwise;
    }
  }
}
