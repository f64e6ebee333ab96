package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.Observation;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.call.PolicyRole;
import io.aragora.resilience.core.circuitbreaker.FailureJudge.Verdict;
import io.aragora.resilience.core.recording.CallDurations;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.recording.Measured;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.time.TimeSource;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a call runs under a breaker: it takes a permit, runs the body, and hands in the outcome. Whatever goes wrong on the way,
 * the body's own outcome comes out, and the permit comes back.
 */
abstract class GuardedCalls extends CorePolicy implements CircuitBreaker, Measured {
  private static final GuardedLog LOG = GuardedLog.of(GuardedCalls.class);

  final BreakerRuntime runtime;

  /** Null if durations are not recorded. Plain: a call that does not see a recorder yet is not recorded. */
  private @Nullable CallDurations durations;

  GuardedCalls(String name, BreakerRuntime runtime, @Nullable CallDurations durations) {
    super(name);
    this.runtime = runtime;
    this.durations = durations;
  }

  abstract Phase phase();

  /**
   * Takes a permit of a phase that has no {@linkplain Phase#freePermit free} one.
   *
   * @param isOfThread whether it is for a call on this thread. A hedge takes no permit of a probe, since its call has one already
   */
  abstract long tryAcquireSlowly(boolean isOfThread);

  /** Counts a call that begins, and returns the time of its beginning for {@link CallsInFlight#end}. */
  abstract long takeOff(CallsInFlight flights, long now);

  /** Completes the permit of a call whose body returned. */
  abstract Verdict completeReturned(long permit, @Nullable Object result, long heldNanos);

  /** Completes the permit of a call whose body returned after the limit around it. */
  abstract Verdict completeExpired(long permit, long heldNanos);

  /** Completes the permit of a call whose body failed on this thread. */
  abstract Verdict completeFailed(long permit, @Nullable Throwable failure, long heldNanos);

  /** Completes the permit of a call whose stage failed. */
  abstract Verdict completeFailedAsync(long permit, Throwable failure, long heldNanos);

  /** Completes the permit of a call whose future was completed from outside. */
  abstract Verdict completeEndedOutside(long permit, Throwable cause, long heldNanos);

  /** Completes the permit of a call that was ended while it waited inside: its dependency was not called. */
  abstract Verdict completeUnentered(long permit, Throwable cause, long heldNanos);

  /** Returns what says that a call is rejected now. */
  abstract CallNotPermittedException rejection();

  /** Returns what a rejected call throws: the rejection, or what the application makes of it. */
  abstract RuntimeException thrown(CallNotPermittedException rejection);

  /** Looks up again where the durations of calls are recorded. */
  public void measure() {
    runtime.durations().measure(this);
  }

  @Override
  public final void lookUp(DurationRecorders recorders) {
    measureBy(CallDurations.of(recorders, name()));
  }

  final void measureBy(@Nullable CallDurations recorded) {
    durations = recorded;
  }

  @Override
  public final PolicyRole role() {
    return PolicyRole.CIRCUIT_BREAKER;
  }

  /** A probe is not doubled, and an open breaker would reject the attempt. */
  @Override
  public final boolean admitsHedges() {
    return switch (state()) {
      case OPEN, HALF_OPEN, FORCED_OPEN -> false;
      default -> true;
    };
  }

  @Override
  protected <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    long permit = phase().freePermit();
    CallDurations recorded = durations;
    if (permit == REJECTED) {
      CountingPhase watching = watching();
      if (watching != null) {
        return watchOrReject(watching, recorded, lent, chain, index, body);
      }
      permit = permitOf(tryAcquireSlowly(true));
    }
    return recorded != null
        ? time(permit, recorded, lent, chain, index, body)
        : guard(permit, lent, chain, index, body);
  }

  @Override
  protected <T extends @Nullable Object> T proceedObserved(
      Observation observation,
      @Nullable Frame lent,
      PolicyChain chain,
      int index,
      CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    CallDurations recorded = observed(observation);
    CountingPhase watching = watching();
    return watching != null
        ? this.<T>watchOrReject(watching, recorded, lent, chain, index, body)
        : this.<T>time(permitOf(tryAcquireOnThread()), recorded, lent, chain, index, body);
  }

  private long tryAcquireOnThread() {
    long permit = phase().freePermit();
    return permit != REJECTED ? permit : tryAcquireSlowly(true);
  }

  /** Throws the rejection if there is no permit. */
  private long permitOf(long permit) {
    if (permit == REJECTED) {
      throw thrown(rejection());
    }
    return permit;
  }

  /** Returns recorders that also tell the observer of a call how it was counted. */
  private CallDurations observed(Observation observation) {
    return CallDurations.and(
        durations,
        nanos -> observation.counted(name(), true, nanos),
        nanos -> observation.counted(name(), false, nanos));
  }

  /** Returns the present phase if it watches calls under way; else null. */
  private @Nullable CountingPhase watching() {
    return phase() instanceof CountingPhase counting && counting.flights() != null
        ? counting
        : null;
  }

  /** Returns the permit of a call that is watched; {@link #REJECTED} if it is throttled. */
  private long permitAt(long now, CountingPhase watching) {
    return watching.isThrottled() ? tryAcquirePermit() : watching.permitAt(now);
  }

  private <T extends @Nullable Object> T watchOrReject(
      CountingPhase watching,
      @Nullable CallDurations recorded,
      @Nullable Frame lent,
      PolicyChain chain,
      int index,
      CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    long now = runtime.clock().readPrecisely();
    long permit = permitAt(now, watching);
    if (permit == REJECTED) {
      throw thrown(rejection());
    }
    return watch(watching, permit, now, recorded, lent, chain, index, body);
  }

  /** A call that counts as slow while it is still under way. */
  private <T extends @Nullable Object> T watch(
      CountingPhase watching,
      long permit,
      long now,
      @Nullable CallDurations recorded,
      @Nullable Frame lent,
      PolicyChain chain,
      int index,
      CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    CallsInFlight flights = Objects.requireNonNull(watching.flights());
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

  /** A call whose duration is recorded. */
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

  /** Returns how long a call took that began at an instant, if its duration is recorded. */
  final long heldNanos(@Nullable CallDurations recorded, long startedAt) {
    return recorded == null ? Phase.UNMEASURED : Math.max(0, runtime.time().nanoTime() - startedAt);
  }

  /** An ignored call has no recorded duration: it is not in the window either. */
  static void record(@Nullable CallDurations recorded, long heldNanos, Verdict verdict) {
    if (recorded != null && verdict != Verdict.NEITHER) {
      recorded.record(heldNanos, verdict == Verdict.SUCCESS);
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

  /** Counts a call whose body failed. An error of the counting itself, such as a full stack, never replaces that failure. */
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
      long held = heldNanos(recorded, startedAt);
      record(recorded, held, completeFailed(permit, failure, held));
    } catch (Throwable e) {
      warnOfCount(e);
    }
  }

  /** Counts a call whose body returned. An error of the counting itself never replaces what it returned. */
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
      // A body that outstayed a limit around this breaker and still came back is what a hung
      // dependency looks like.
      boolean expired = chain.isLimitedBefore(index) && Frame.hasThreadExpired();
      long held = heldNanos(recorded, startedAt);
      record(
          recorded,
          held,
          expired ? completeExpired(permit, held) : completeReturned(permit, result, held));
    } catch (Throwable e) {
      warnOfCount(e);
    }
  }

  private void warnOfCount(Throwable thrown) {
    LOG.failed(
        System.Logger.Level.ERROR,
        this,
        "a call could not be counted; it ends as its body did",
        thrown);
  }

  @Override
  @SuppressWarnings("unchecked") // the chain throws what the body throws, which is X
  public <T extends @Nullable Object, X extends Throwable> CallOutcome<T> tryCall(
      CheckedSupplier<? extends T, X> body) throws X {
    try {
      CallDurations recorded = durations;
      CountingPhase watching = watching();
      long now = watching == null ? 0 : runtime.clock().readPrecisely();
      long permit = watching == null ? tryAcquireOnThread() : permitAt(now, watching);
      if (permit == REJECTED) {
        return CallOutcome.rejected(rejection());
      }
      if (watching != null) {
        return CallOutcome.of(
            this.<T>watch(watching, permit, now, recorded, null, PolicyChain.alone(), 0, body));
      }
      return CallOutcome.of(
          recorded != null
              ? this.<T>time(permit, recorded, null, PolicyChain.alone(), 0, body)
              : this.<T>guard(permit, null, PolicyChain.alone(), 0, body));
    } catch (Throwable e) {
      throw (X) e;
    }
  }

  /** The future of a rejected call, which knows what it would be without {@code mapException}. */
  private static final class RejectedFuture<T extends @Nullable Object>
      extends CompletableFuture<T> {
    private final CallNotPermittedException rejection;

    RejectedFuture(CallNotPermittedException rejection, RuntimeException thrown) {
      this.rejection = rejection;
      completeExceptionally(thrown);
    }
  }

  @Override
  public <T extends @Nullable Object> CompletableFuture<CallOutcome<T>> tryCallAsync(
      Supplier<? extends CompletionStage<T>> body) {
    CompletableFuture<T> call = callAsync(body);
    return call instanceof RejectedFuture<T> rejected
        ? CompletableFuture.completedFuture(CallOutcome.rejected(rejected.rejection))
        : CallOutcome.ofFuture(call);
  }

  @Override
  protected <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    return start(durations, context, chain, index, body);
  }

  @Override
  protected <T extends @Nullable Object> CompletableFuture<T> proceedObservedAsync(
      Observation observation,
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    return start(observed(observation), context, chain, index, body);
  }

  private <T extends @Nullable Object> CompletableFuture<T> start(
      @Nullable CallDurations recorded,
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    CountingPhase watching = watching();
    CallsInFlight flights = null;
    long begun = 0;
    long now = 0;
    long permit;
    if (watching != null) {
      flights = Objects.requireNonNull(watching.flights());
      now = runtime.clock().readPrecisely();
      permit = permitAt(now, watching);
    } else {
      permit = phase().freePermit();
      if (permit == REJECTED) {
        permit = tryAcquireSlowly(context.isHedge());
      }
      if (recorded != null && permit != REJECTED) {
        now = runtime.time().nanoTime();
      }
    }
    if (permit == REJECTED) {
      CallNotPermittedException rejection = rejection();
      return new RejectedFuture<>(rejection, thrown(rejection));
    }
    if (flights != null) {
      begun = takeOff(flights, now);
    }
    CompletableFuture<T> inner;
    try {
      inner = chain.insideAsync(context, index, body);
    } catch (Throwable e) {
      // The stack has no room for that method itself. The permit is held here, so it is settled
      // here.
      inner = CompletableFuture.failedFuture(e);
    }
    if (PolicyFuture.hasSucceeded(inner)) {
      T value = inner.join();
      settleCompleted(permit, endOf(context), flights, begun, recorded, now, value);
      return CompletableFuture.completedFuture(value);
    }
    GuardedFuture<T> future = guarded(permit, endOf(context), flights, begun, recorded, now);
    future.guard(inner);
    return future;
  }

  /** Counts a call whose stage was complete when the body returned it. Errors of the counting itself are logged. */
  private void settleCompleted(
      long permit,
      long endedAt,
      @Nullable CallsInFlight flights,
      long begun,
      @Nullable CallDurations recorded,
      long startedAt,
      @Nullable Object value) {
    try {
      if (flights != null) {
        flights.end(begun);
      }
      long held = heldNanos(recorded, startedAt);
      record(recorded, held, completeAsync(permit, endedAt, value, null, held));
    } catch (Throwable e) {
      warnOfCount(e);
    }
  }

  /** Creates the future that completes a permit later. If that fails, the permit is released at once. */
  private <T extends @Nullable Object> GuardedFuture<T> guarded(
      long permit,
      long endedAt,
      @Nullable CallsInFlight flights,
      long begun,
      @Nullable CallDurations recorded,
      long startedAt) {
    try {
      return recorded != null
          ? new TimedFuture<>(this, permit, endedAt, flights, begun, recorded, startedAt)
          : new GuardedFuture<>(this, permit, endedAt, flights, begun);
    } catch (Throwable e) {
      if (flights != null) {
        flights.end(begun);
      }
      releasePermit(permit);
      throw e;
    }
  }

  Verdict completeAsync(
      long permit,
      long endedAt,
      @Nullable Object result,
      @Nullable Throwable failure,
      long heldNanos) {
    if (failure != null) {
      return completeFailedAsync(permit, failure, heldNanos);
    }
    boolean expired = endedAt != TimeSource.NEVER && runtime.time().nanoTime() - endedAt >= 0;
    return expired
        ? completeExpired(permit, heldNanos)
        : completeReturned(permit, result, heldNanos);
  }

  /** When a limit around a call ends it; {@link TimeSource#NEVER} where none does, or one of another time. */
  private long endOf(CapturedContext context) {
    return context.endedAtOn(runtime.time());
  }
}
