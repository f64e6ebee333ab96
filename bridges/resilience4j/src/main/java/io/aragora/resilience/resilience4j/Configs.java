package io.aragora.resilience.resilience4j;

import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.EndedAttempt;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.core.IntervalBiFunction;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.core.functions.Either;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Translates configs in both directions. Of ours, what Resilience4j has no setting for is not shown. */
final class Configs {
  private static final int MOST_PROBES_AT_A_TIME = 1000;
  private static final Duration LONGEST_INTERVAL = Duration.ofDays(365);
  private static final Duration LONGEST_PROBE = Duration.ofHours(8);

  private Configs() {}

  // ---- breakers

  static CircuitBreakerConfig of(
      io.github.resilience4j.circuitbreaker.CircuitBreakerConfig theirs) {
    int probes = theirs.getPermittedNumberOfCallsInHalfOpenState();
    int window = theirs.getSlidingWindowSize();
    CircuitBreakerConfig.Builder config = CircuitBreakerConfig.builder()
        .noFailureThreshold()
        .failureRateThreshold(theirs.getFailureRateThreshold())
        .slowCallRateThreshold(theirs.getSlowCallRateThreshold())
        .slowCallDuration(theirs.getSlowCallDurationThreshold())
        .halfOpenFailureRateThreshold(theirs.getFailureRateThreshold())
        .halfOpenCalls(Math.min(probes, theirs.getMinimumNumberOfCalls())) // so many they judge
        .halfOpenMaxCalls(Math.min(probes, MOST_PROBES_AT_A_TIME))
        .initialState(CircuitBreakerState.valueOf(theirs.getInitialState().name()))
        .recordIf(theirs.getRecordExceptionPredicate())
        .ignoreIf(theirs.getIgnoreExceptionPredicate())
        .recordCancelled(true)
        .recordInterrupted(true);
    if (theirs.getSlidingWindowType() == SlidingWindowType.COUNT_BASED) {
      config
          .countWindow(window)
          .minimumNumberOfCalls(Math.min(window, theirs.getMinimumNumberOfCalls()));
    } else {
      config
          .window(Duration.ofSeconds(window))
          .minimumNumberOfCalls(theirs.getMinimumNumberOfCalls());
    }
    config.recordResultIf(new ResultPredicate(theirs.getRecordResultPredicate()));
    Duration longestHalfOpen = theirs.getMaxWaitDurationInHalfOpenState();
    if (!longestHalfOpen.isZero()) {
      config.halfOpenMaxDuration(
          longestHalfOpen.compareTo(LONGEST_PROBE) > 0 ? LONGEST_PROBE : longestHalfOpen);
    }
    if (theirs.getTransitionToStateAfterWaitDuration() != State.OPEN) {
      throw new UnsupportedOperationException(
          "transitionToStateAfterWaitDuration must be OPEN, since a probe that never ends loses its permit"
              + " after halfOpenMaxDuration: "
              + theirs.getTransitionToStateAfterWaitDuration());
    }
    return cooldown(config, theirs.getWaitIntervalFunctionInOpenState()).build();
  }

  /** Equal if the function of Resilience4j is, so that a config can be declared again. */
  private record ResultPredicate(Predicate<Object> theirs) implements Predicate<@Nullable Object> {
    @Override
    public boolean test(@Nullable Object result) {
      return result != null && theirs.test(result);
    }
  }

  /** A cooldown is constant, or grows by a factor; a function of the attempt is recognised by its first values. */
  private static CircuitBreakerConfig.Builder cooldown(
      CircuitBreakerConfig.Builder config, IntervalFunction wait) {
    long first = wait.apply(1);
    long second = wait.apply(2);
    long third = wait.apply(3);
    config.cooldown(Duration.ofMillis(first));
    if (first == second && second == third) {
      return config;
    }
    double factor = (double) second / first;
    long last = wait.apply(64);
    // Intervals are whole milliseconds.
    boolean grows = second > first
        && wait.apply(1) == first
        && (third == last || Math.abs(third - second * factor) <= 1 + factor);
    if (!grows) {
      throw new UnsupportedOperationException(
          "waitIntervalFunctionInOpenState must be constant or exponential: " + first + " ms, "
              + second + " ms, " + third
              + " ms. For random cooldowns set cooldownJitter of a config of this library");
    }
    return config
        .cooldownBackoff(factor)
        .maxCooldown(Duration.ofMillis(Math.min(last, TimeUnit.DAYS.toMillis(365))));
  }

  static io.github.resilience4j.circuitbreaker.CircuitBreakerConfig shown(
      CircuitBreakerConfig ours) {
    boolean counts = ours.countWindow() != 0;
    Predicate<@Nullable Object> recordResultIf = ours.recordResultIf();
    long cooldown = Math.max(1, ours.cooldown().toMillis());
    return io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.custom()
        .failureRateThreshold(shownRate(ours.failureRateThreshold()))
        .slowCallRateThreshold(shownRate(ours.slowCallRateThreshold()))
        .slowCallDurationThreshold(ours.slowCallDuration())
        .slidingWindow(
            counts
                ? ours.countWindow()
                : (int) Math.max(1, Math.min(Integer.MAX_VALUE, ours.window().toSeconds())),
            ours.minimumNumberOfCalls(),
            counts ? SlidingWindowType.COUNT_BASED : SlidingWindowType.TIME_BASED)
        .waitIntervalFunctionInOpenState(
            ours.cooldownBackoff() > 1
                ? IntervalFunction.ofExponentialBackoff(
                    cooldown,
                    ours.cooldownBackoff(),
                    Math.max(cooldown, ours.maxCooldown().toMillis()))
                : IntervalFunction.of(cooldown))
        .permittedNumberOfCallsInHalfOpenState(
            ours.halfOpenFailureRateThreshold() != 0
                ? ours.halfOpenCalls()
                : ours.successThreshold())
        .initialState(BreakerView.stateOf(ours.initialState()))
        .recordException(ours.recordIf()::test)
        .ignoreException(ours.ignoreIf()::test)
        .recordResult(result -> recordResultIf != null && recordResultIf.test(result))
        .writableStackTraceEnabled(false)
        .build();
  }

  /** Returns 100 percent for a rule that is off, since Resilience4j has no zero. Only a full window of failures meets it. */
  private static float shownRate(double percent) {
    return percent == 0 ? 100 : (float) percent;
  }

  // ---- retries

  static RetryConfig of(io.github.resilience4j.retry.RetryConfig theirs) {
    Predicate<@Nullable Object> retryResultIf = theirs.getResultPredicate();
    RetryConfig.Builder config = RetryConfig.builder()
        .maxAttempts(theirs.getMaxAttempts())
        .backoff(Backoff.customByAttempt(new Interval(theirs.getIntervalBiFunction()))
            .cappedAt(LONGEST_INTERVAL))
        .retryIf(theirs.getExceptionPredicate())
        .failOnRetryableResult(theirs.isFailAfterMaxAttempts())
        .retryRejections(true)
        .retryInterrupted(true)
        .retryCancelled(true)
        .retryWhenNested(true);
    return (retryResultIf == null ? config : config.retryResultIf(retryResultIf)).build();
  }

  static io.github.resilience4j.retry.RetryConfig shown(RetryConfig ours) {
    Predicate<? super Throwable> abortIf = ours.abortIf();
    var config = io.github.resilience4j.retry.RetryConfig.custom()
        .maxAttempts(ours.maxAttempts())
        .intervalBiFunction((attempt, end) -> TimeUnit.NANOSECONDS.toMillis(ours.backoff()
            .delayNanos(
                EndedAttempt.builder(attempt)
                    .failure(end.isLeft() ? end.getLeft() : null)
                    .result(end.isLeft() ? null : end.get())
                    .build(),
                0)))
        .retryOnException(failure ->
            (abortIf == null || !abortIf.test(failure)) && ours.retryIf().test(failure))
        .failAfterMaxAttempts(ours.failOnRetryableResult())
        .writableStackTraceEnabled(false);
    Predicate<@Nullable Object> retryResultIf = ours.retryResultIf();
    return (retryResultIf == null ? config : config.retryOnResult(retryResultIf)).build();
  }

  /** Equal if the function of Resilience4j is, so that a config can be declared again. */
  private record Interval(IntervalBiFunction<@Nullable Object> theirs)
      implements Backoff.AttemptStrategy {
    @Override
    public long delayNanos(EndedAttempt ended) {
      Throwable failure = ended.failure();
      return TimeUnit.MILLISECONDS.toNanos(theirs.apply(
          ended.attempt(), failure != null ? Either.left(failure) : Either.right(ended.result())));
    }
  }

  // ---- bulkheads

  static BulkheadConfig of(io.github.resilience4j.bulkhead.BulkheadConfig theirs) {
    return BulkheadConfig.builder()
        .maxConcurrentCalls(theirs.getMaxConcurrentCalls())
        .maxWait(theirs.getMaxWaitDuration())
        .build();
  }

  static io.github.resilience4j.bulkhead.BulkheadConfig shown(BulkheadConfig ours) {
    return io.github.resilience4j.bulkhead.BulkheadConfig.custom()
        .maxConcurrentCalls(ours.maxConcurrentCalls())
        .maxWaitDuration(ours.maxWait())
        .fairCallHandlingStrategyEnabled(ours.order() == BulkheadConfig.Order.OLDEST_FIRST)
        .writableStackTraceEnabled(false)
        .build();
  }

  // ---- rate limiters

  static RateLimiterConfig of(io.github.resilience4j.ratelimiter.RateLimiterConfig theirs) {
    return RateLimiterConfig.smooth(theirs.getLimitForPeriod(), theirs.getLimitRefreshPeriod())
        .maxWait(theirs.getTimeoutDuration())
        .build();
  }

  static io.github.resilience4j.ratelimiter.RateLimiterConfig shown(RateLimiterConfig ours) {
    return io.github.resilience4j.ratelimiter.RateLimiterConfig.custom()
        .limitForPeriod(ours.limit())
        .limitRefreshPeriod(ours.period())
        .timeoutDuration(ours.maxWait())
        .writableStackTraceEnabled(false)
        .build();
  }

  // ---- time limiters

  static TimeoutConfig of(TimeLimiterConfig theirs) {
    if (!theirs.shouldCancelRunningFuture()) {
      throw new UnsupportedOperationException(
          "cancelRunningFuture must be true, since a timeout of this library cancels what it leaves: false");
    }
    return TimeoutConfig.of(theirs.getTimeoutDuration());
  }

  static TimeLimiterConfig shown(TimeoutConfig ours) {
    return TimeLimiterConfig.custom()
        .timeoutDuration(ours.limit())
        .cancelRunningFuture(true)
        .build();
  }
}
