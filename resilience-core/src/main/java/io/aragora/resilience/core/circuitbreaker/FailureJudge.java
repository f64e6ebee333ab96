package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.call.DeadlineCancellation;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.Frame;
import java.util.function.Consumer;
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

  private FailureJudge() {}

  /** Judges a failure on the thread of its call, where an interrupt may stem from a limit around it. */
  static Verdict ofThread(
      CircuitBreakerConfig config,
      @Nullable Throwable failure,
      Consumer<RuntimeException> onBrokenPredicate) {
    if (failure != null && Failures.isStopped(failure)) {
      return failure instanceof DeadlineCancellation || Frame.hasThreadExpired()
          ? Verdict.FAILURE
          : Verdict.NEITHER;
    }
    return byPredicates(config, failure, onBrokenPredicate);
  }

  /** Judges a failure of a future, whose cancellation says by itself where it stems from. */
  static Verdict ofFuture(
      CircuitBreakerConfig config,
      Throwable failure,
      Consumer<RuntimeException> onBrokenPredicate) {
    if (Failures.isStopped(failure)) {
      return failure instanceof DeadlineCancellation ? Verdict.FAILURE : Verdict.NEITHER;
    }
    return byPredicates(config, failure, onBrokenPredicate);
  }

  private static Verdict byPredicates(
      CircuitBreakerConfig config,
      @Nullable Throwable failure,
      Consumer<RuntimeException> onBrokenPredicate) {
    if (failure == null) {
      return Verdict.FAILURE;
    }
    // Another breaker's refusal: the dependency of this one was not asked.
    if (failure instanceof CallNotPermittedException
        || holds(config.ignoreIf(), failure, false, onBrokenPredicate)) {
      return Verdict.NEITHER;
    }
    return holds(config.recordIf(), failure, true, onBrokenPredicate)
        ? Verdict.FAILURE
        : Verdict.SUCCESS;
  }

  @SuppressWarnings("NullAway") // the predicate is asked about null as well
  static boolean isFailure(
      CircuitBreakerConfig config,
      @Nullable Object result,
      Consumer<RuntimeException> onBrokenPredicate) {
    Predicate<@Nullable Object> predicate = config.recordResultIf();
    return predicate != null && holds(predicate, result, true, onBrokenPredicate);
  }

  /** A predicate that throws must neither hide the outcome nor keep the permit. */
  private static <V extends @Nullable Object> boolean holds(
      Predicate<? super V> predicate,
      V value,
      boolean otherwise,
      Consumer<RuntimeException> onBrokenPredicate) {
    try {
      return predicate.test(value);
    } catch (RuntimeException e) {
      onBrokenPredicate.accept(e);
      return otherwise;
    }
  }
}
