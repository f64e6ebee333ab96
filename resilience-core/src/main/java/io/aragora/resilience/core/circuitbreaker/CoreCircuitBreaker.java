package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.circuitbreaker.FailureJudge.Verdict;
import io.aragora.resilience.core.recording.CallDurations;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A circuit breaker: how a call runs under it. */
public class CoreCircuitBreaker extends PermitIssuer {
  private static final GuardedLog LOG = GuardedLog.of(CoreCircuitBreaker.class);

  private volatile boolean predicateFailed;

  /** Null where nobody asks how long calls take. Plain: a call that does not see it yet is not recorded, no more. */
  private @Nullable CallDurations durations;

  /**
   * Makes a closed breaker.
   *
   * @param name its name
   * @param config its settings
   * @param runtime what it shares
   */
  public CoreCircuitBreaker(String name, CircuitBreakerConfig config, BreakerRuntime runtime) {
    this(name, config, runtime, null, CallDurations.of(runtime.durations(), name));
  }

  CoreCircuitBreaker(
      String name,
      CircuitBreakerConfig config,
      BreakerRuntime runtime,
      @Nullable TransitionSink sharedSink,
      @Nullable CallDurations durations) {
    super(name, config, runtime, sharedSink);
    this.durations = durations;
  }

  @Override
  public void recordFailure(long permit, @Nullable Throwable failure) {
    completeFailed(permit, failure);
  }

  private Verdict completeFailed(long permit, @Nullable Throwable failure) {
    Verdict verdict = FailureJudge.ofThread(phase().config, failure, this::warnOfPredicate);
    completeAs(verdict, permit, failure);
    return verdict;
  }

  private void completeAs(Verdict verdict, long permit, @Nullable Throwable failure) {
    switch (verdict) {
      case SUCCESS -> complete(permit, OutcomeWindow.SUCCESS, failure);
      case FAILURE -> complete(permit, OutcomeWindow.FAILURE, failure);
      case NEITHER -> release(permit, failure);
    }
  }

  private void warnOfPredicate(Throwable thrown) {
    if (!predicateFailed) {
      predicateFailed = true;
      LOG.log(
          System.Logger.Level.WARNING,
          "a predicate of breaker '" + name()
              + "' failed, so the call counts as a failure; said once",
          thrown);
    }
  }

  /** Finds out again who takes how long calls take. */
  public void measure() {
    measureBy(CallDurations.of(runtime.durations(), name()));
  }

  final void measureBy(@Nullable CallDurations recorded) {
    durations = recorded;
  }

  @Override
  protected <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    Phase present = phase();
    CallsInFlight flights = present.flights;
    CallDurations recorded = durations;
    if (flights != null) {
      return watch(present, flights, recorded, lent, chain, index, body);
    }
    return recorded != null
        ? time(acquirePermit(), recorded, lent, chain, index, body)
        : guard(acquirePermit(), lent, chain, index, body);
  }

  /** A call that counts as slow while it is still under way. */
  private <T extends @Nullable Object> T watch(
      Phase present,
      CallsInFlight flights,
      @Nullable CallDurations recorded,
      @Nullable Frame lent,
      PolicyChain chain,
      int index,
      CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    long now = runtime.time().nanoTime();
    long permit = timedPermit(present, now);
    long begun = takeOff(flights, now);
    T result;
    try {
      result = chain.<T>inside(lent, index, body);
    } catch (Throwable e) {
      settleFailed(permit, flights, begun, recorded, now, e);
      throw e;
    }
    settleReturned(permit, flights, begun, recorded, now, chain, index, result);
    return result;
  }

  /** A call whose duration somebody takes. */
  private <T extends @Nullable Object> T time(
      long permit,
      CallDurations recorded,
      @Nullable Frame lent,
      PolicyChain chain,
      int index,
      CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    long now = runtime.time().nanoTime();
    T result;
    try {
      result = chain.<T>inside(lent, index, body);
    } catch (Throwable e) {
      settleFailed(permit, null, 0, recorded, now, e);
      throw e;
    }
    settleReturned(permit, null, 0, recorded, now, chain, index, result);
    return result;
  }

  /** What counts as neither is not among the durations, as it is not in the window. */
  void record(@Nullable CallDurations recorded, long startedAt, Verdict verdict) {
    if (recorded != null && verdict != Verdict.NEITHER) {
      recorded.record(runtime.time().nanoTime() - startedAt, verdict == Verdict.SUCCESS);
    }
  }

  private <T extends @Nullable Object> T guard(
      long permit,
      @Nullable Frame lent,
      PolicyChain chain,
      int index,
      CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    T result;
    try {
      result = chain.<T>inside(lent, index, body);
    } catch (Throwable e) {
      settleFailed(permit, null, 0, null, 0, e);
      throw e;
    }
    settleReturned(permit, null, 0, null, 0, chain, index, result);
    return result;
  }

  /** Counts a call whose body failed. What goes wrong in here, a stack that is used up for one, never replaces that failure. */
  private void settleFailed(
      long permit,
      @Nullable CallsInFlight flights,
      long begun,
      @Nullable CallDurations recorded,
      long startedAt,
      Throwable failure) {
    try {
      if (flights != null) {
        flights.end(begun);
      }
      record(recorded, startedAt, completeFailed(permit, failure));
    } catch (Throwable e) {
      warnOfCount(e);
    }
  }

  /** Counts a call whose body returned. What goes wrong in here never replaces what it returned. */
  private void settleReturned(
      long permit,
      @Nullable CallsInFlight flights,
      long begun,
      @Nullable CallDurations recorded,
      long startedAt,
      PolicyChain chain,
      int index,
      @Nullable Object result) {
    try {
      if (flights != null) {
        flights.end(begun);
      }
      record(recorded, startedAt, completeReturned(permit, chain, index, result));
    } catch (Throwable e) {
      warnOfCount(e);
    }
  }

  private static void warnOfCount(Throwable thrown) {
    LOG.log(System.Logger.Level.ERROR, "a call could not be counted", thrown);
  }

  private Verdict completeReturned(
      long permit, PolicyChain chain, int index, @Nullable Object result) {
    // A body that outstayed a limit around this breaker and still came back is what a hung
    // dependency looks like.
    if (isFailure(result) || (chain.isLimitedBefore(index) && Frame.hasThreadExpired())) {
      complete(permit, OutcomeWindow.FAILURE, null);
      return Verdict.FAILURE;
    }
    recordSuccess(permit);
    return Verdict.SUCCESS;
  }

  private boolean isFailure(@Nullable Object result) {
    CircuitBreakerConfig config = phase().config;
    return config.recordResultIf() != null
        && FailureJudge.isFailure(config, result, this::warnOfPredicate);
  }

  @Override
  @SuppressWarnings("unchecked") // the chain throws what the body throws, which is X
  public <T extends @Nullable Object, X extends Throwable> CallOutcome<T> tryCall(
      CheckedSupplier<? extends T, X> body) throws X {
    try {
      Phase present = phase();
      CallsInFlight flights = present.flights;
      CallDurations recorded = durations;
      if (flights != null) {
        return CallOutcome.of(
            this.<T>watch(present, flights, recorded, null, PolicyChain.alone(), 0, body));
      }
      long permit = tryAcquirePermit();
      if (permit == REJECTED) {
        return CallOutcome.rejected(rejection());
      }
      return CallOutcome.of(
          recorded != null
              ? this.<T>time(permit, recorded, null, PolicyChain.alone(), 0, body)
              : this.<T>guard(permit, null, PolicyChain.alone(), 0, body));
    } catch (Throwable e) {
      throw (X) e;
    }
  }

  @Override
  protected <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    Phase present = phase();
    CallsInFlight flights = present.flights;
    CallDurations recorded = durations;
    GuardedFuture<T> future;
    if (flights != null) {
      long now = runtime.time().nanoTime();
      long permit = timedPermit(present, now);
      long begun = takeOff(flights, now);
      future = recorded != null
          ? new TimedFuture<>(this, permit, endOf(context), flights, begun, recorded, now)
          : new GuardedFuture<>(this, permit, endOf(context), flights, begun);
    } else {
      long permit = tryAcquirePermit();
      if (permit == REJECTED) {
        return CompletableFuture.failedFuture(rejection());
      }
      future = recorded != null
          ? new TimedFuture<>(
              this, permit, endOf(context), null, 0, recorded, runtime.time().nanoTime())
          : new GuardedFuture<>(this, permit, endOf(context), null, 0);
    }
    future.guard(chain.insideAsync(context, index, body));
    return future;
  }

  Verdict completeAsync(
      long permit, long endedAt, @Nullable Object result, @Nullable Throwable failure) {
    if (failure != null) {
      Verdict verdict = FailureJudge.ofFuture(phase().config, failure, this::warnOfPredicate);
      completeAs(verdict, permit, failure);
      return verdict;
    }
    boolean late = endedAt != TimeSource.NEVER && runtime.time().nanoTime() - endedAt >= 0;
    if (late || isFailure(result)) {
      complete(permit, OutcomeWindow.FAILURE, null);
      return Verdict.FAILURE;
    }
    recordSuccess(permit);
    return Verdict.SUCCESS;
  }

  /** When a limit around a call ends it; {@link TimeSource#NEVER} where none does, or one of another time. */
  private long endOf(CapturedContext context) {
    return context.time() == runtime.time() ? context.endedAt() : TimeSource.NEVER;
  }
}
