package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.call.CallEnd;
import io.aragora.resilience.core.call.Failures;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Says what a failure, or a result, means for a breaker. */
final class FailureJudge {
  /** The ways to count an outcome. */
  enum Verdict {
    SUCCESS,
    FAILURE,
    NEITHER
  }

  private FailureJudge() {}

  /** Judges a failure on the thread of its call, whose flag and limits are facts. */
  static Verdict ofThread(
      CircuitBreakerConfig config, @Nullable Throwable failure, CoreCircuitBreaker breaker) {
    if (failure == null) {
      return Verdict.FAILURE;
    }
    Throwable own = Failures.unwrap(failure);
    CallEnd end = CallEnd.ofThread(own);
    boolean counts = end == CallEnd.INTERRUPTED
        ? config.recordInterrupted() && !Thread.currentThread().isInterrupted()
        : end == CallEnd.CANCELLED && config.recordCancelled();
    return judge(counts ? CallEnd.BODY : end, config, own, breaker);
  }

  /** Judges the failure of a body's future. */
  static Verdict ofFuture(
      CircuitBreakerConfig config, Throwable failure, CoreCircuitBreaker breaker) {
    CallEnd end = CallEnd.ofFuture(failure);
    boolean counts = end == CallEnd.INTERRUPTED
        ? config.recordInterrupted()
        : end == CallEnd.CANCELLED && config.recordCancelled();
    return judge(counts ? CallEnd.BODY : end, config, failure, breaker);
  }

  /**
   * Judges the end of a call whose future was completed from outside. The settings for interrupts and cancellations of the body
   * do not apply.
   */
  static Verdict ofOutside(
      CircuitBreakerConfig config, Throwable cause, CoreCircuitBreaker breaker) {
    return judge(CallEnd.ofFuture(cause), config, cause, breaker);
  }

  private static Verdict judge(
      CallEnd end, CircuitBreakerConfig config, Throwable failure, CoreCircuitBreaker breaker) {
    return switch (end) {
      case BODY -> byPredicates(config, failure, breaker);
      case DEADLINE -> Verdict.FAILURE;
      case CANCELLED, INTERRUPTED, CLOSED, EXECUTOR -> Verdict.NEITHER;
    };
  }

  private static Verdict byPredicates(
      CircuitBreakerConfig config, Throwable failure, CoreCircuitBreaker breaker) {
    // A policy inside rejected the call: the dependency of this breaker was not called.
    if (Failures.rejectionIn(failure) != null
        || holds(config.ignoreIf(), failure, false, breaker)) {
      return Verdict.NEITHER;
    }
    return holds(config.recordIf(), failure, true, breaker) ? Verdict.FAILURE : Verdict.SUCCESS;
  }

  @SuppressWarnings("NullAway") // the predicate is asked about null as well
  static boolean isFailure(
      CircuitBreakerConfig config, @Nullable Object result, CoreCircuitBreaker breaker) {
    Predicate<@Nullable Object> predicate = config.recordResultIf();
    return predicate != null && holds(predicate, result, true, breaker);
  }

  /** A predicate that throws must neither hide the outcome nor keep the permit. */
  private static <V extends @Nullable Object> boolean holds(
      Predicate<? super V> predicate, V value, boolean otherwise, CoreCircuitBreaker breaker) {
    try {
      return predicate.test(value);
    } catch (Throwable e) {
      breaker.warnOfPredicate(e);
      return otherwise;
    }
  }
}
