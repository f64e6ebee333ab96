package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall.Kind;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.circuitbreaker.FailureJudge.Verdict;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.KindChannel;
import io.aragora.resilience.core.recording.CallDurations;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.core.window.TimeWindow;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.QuietLock;
import io.aragora.resilience.internal.ReadableBreaker;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.spi.Readings;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A circuit breaker: the cell that holds the present {@link Phase}, and the only writer of it. One object for each breaker,
 * since there may be a million of them, and a call should follow as few references as possible; hence one class for all that
 * changes together.
 */
public class CoreCircuitBreaker extends GuardedCalls
    implements ReadableBreaker, ReadablePolicy, StoredBreaker, PhaseOwner {
  /*
   * Transitions. Everything that belongs to one stay in a state is in its Phase. A phase decides what follows from an outcome,
   * Transitions makes the phase that follows, and a CAS puts it in the place of the present one. The winner retires the old
   * window, lists the breaker for saving and lets the log emit the transition; the loser looks at the new phase and goes on from
   * there. So there is one winner and one event, and no outcome reaches a phase that did not admit its call.
   *
   * Calls. Admission in a closed state is one acquire load of the phase and one final field. An outcome is one CAS in a window of
   * time; a success after a success writes nothing else.
   *
   * Memory order. The phase is read with acquire, which pairs with the CAS that published it, so that the stores of its
   * constructor are seen.
   */
  private static final GuardedLog LOG = GuardedLog.of(CoreCircuitBreaker.class);

  private static final String MOVED_SINCE = "it has moved since, so only its totals were restored";

  private static final VarHandle PHASE = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "phase", VarHandle.class, CoreCircuitBreaker.class, Phase.class);

  private static final VarHandle NEXT_CHANGED = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(),
      "nextChanged",
      VarHandle.class,
      CoreCircuitBreaker.class,
      StoredBreaker.class);

  private final LifetimeTotals totals = new LifetimeTotals();
  private final TransitionLog log;

  @SuppressWarnings("unused") // read through its handle
  private volatile Phase phase;

  /** The link of {@link ChangedBreakers}; null while this is not on the list. */
  @SuppressWarnings("unused") // through its handle
  private volatile @Nullable StoredBreaker nextChanged;

  /** Null until there is a call to watch. */
  private volatile @Nullable SlowWatch slowWatch;

  /** Null until the first subscription. */
  private volatile @Nullable KindChannel<Kind, CircuitBreakerCall> callEvents;

  private volatile boolean predicateFailed;
  private volatile boolean functionFailed;

  /** Written before the breaker is marked as changed, which publishes it. */
  private volatile boolean forgotten;

  /**
   * Creates a closed breaker, which records no durations before {@link #measure}.
   *
   * @param name the name of the breaker
   * @param config its settings
   * @param runtime what it shares with other breakers
   */
  public CoreCircuitBreaker(String name, CircuitBreakerConfig config, BreakerRuntime runtime) {
    this(name, config, runtime, null, null);
  }

  @SuppressWarnings("this-escape") // neither the window nor the log uses it before it is counted in
  CoreCircuitBreaker(
      String name,
      CircuitBreakerConfig config,
      BreakerRuntime runtime,
      @Nullable TransitionSink sharedSink,
      @Nullable CallDurations durations) {
    super(name, runtime, durations);
    this.log = new TransitionLog(sharedSink);
    this.phase = Transitions.created(config, this);
  }

  @Override
  public final BreakerRuntime runtime() {
    return runtime;
  }

  @Override
  public final Phase phase() {
    return (Phase) PHASE.getAcquire(this);
  }

  // ---- permits

  @Override
  public final long tryAcquirePermit() {
    long permit = phase().freePermit();
    return permit != REJECTED ? permit : tryAcquireSlowly(false);
  }

  @Override
  final long tryAcquireSlowly(boolean isOfThread) {
    Phase present = phase();
    long permit = admit(present, isOfThread);
    while (permit == Phase.OVER) {
      replace(present, Transitions.following(present, TransitionCause.COOLDOWN_ELAPSED, 0, this));
      present = phase();
      permit = admit(present, isOfThread);
    }
    if (permit == REJECTED) {
      rejected(present);
    } else if (present instanceof HalfOpenPhase probing && probing.watchesProbes()) {
      slowWatch().begin();
    }
    return permit;
  }

  private long admit(Phase present, boolean isOfThread) {
    if (isOfThread && present instanceof HalfOpenPhase && Frame.isThreadHedge()) {
      return REJECTED;
    }
    long permit = present.admit(runtime.clock());
    return permit == Phase.OVER && isOfThread && Frame.isThreadHedge() ? REJECTED : permit;
  }

  private void rejected(Phase present) {
    totals.add(LifetimeTotals.REJECTED, 1);
    if (present instanceof ThrottlingPhase) {
      totals.addThrottled();
    }
    tell(Kind.REJECTED, present, false, null, Phase.UNMEASURED);
    if (FlightRecording.recordsRejections()) {
      FlightRecording.rejection(
          runtime.dispatcher().runtime(),
          this,
          present.state,
          present.rejectionCause(),
          present.generation,
          remaining(present));
    }
  }

  @Override
  public final long acquirePermit() {
    long permit = tryAcquirePermit();
    if (permit == REJECTED) {
      throw thrown(rejection());
    }
    return permit;
  }

  @Override
  final CallNotPermittedException rejection() {
    Phase present = phase();
    return new CallNotPermittedException(
        name(), present.state, present.rejectionCause(), remaining(present));
  }

  @Override
  final RuntimeException thrown(CallNotPermittedException rejection) {
    return Failures.mapped(rejection, phase().config.mapException());
  }

  private long remaining(Phase present) {
    return present.remaining(runtime.clock().read());
  }

  private static long checkDuration(long nanos) {
    if (nanos < 0) {
      throw new IllegalArgumentException("durationNanos must not be negative: " + nanos);
    }
    return nanos;
  }

  private static void check(long permit) {
    if (permit == REJECTED) {
      throw new IllegalArgumentException("permit must be one that was given, not REJECTED: 0");
    }
  }

  // ---- outcomes

  @Override
  public final void recordSuccess(long permit) {
    succeed(permit, Phase.UNMEASURED);
  }

  @Override
  public final void recordSuccess(long permit, long durationNanos) {
    succeed(permit, checkDuration(durationNanos));
  }

  private void succeed(long permit, long heldNanos) {
    if (!countPlainly(phase(), permit, heldNanos)) {
      complete(permit, OutcomeWindow.SUCCESS, null, heldNanos);
    }
  }

  @Override
  public final void recordResult(long permit, @Nullable Object result) {
    completeReturned(permit, result, Phase.UNMEASURED);
  }

  @Override
  final Verdict completeReturned(long permit, @Nullable Object result, long heldNanos) {
    Phase present = phase();
    if (present.judgesResults && FailureJudge.isFailure(present.config, result, this)) {
      complete(permit, OutcomeWindow.FAILURE, null, heldNanos);
      return Verdict.FAILURE;
    }
    if (!countPlainly(present, permit, heldNanos)) {
      complete(permit, OutcomeWindow.SUCCESS, null, heldNanos);
    }
    return Verdict.SUCCESS;
  }

  /** Counts the success of a call whose duration does not matter. Returns whether it was counted. */
  private boolean countPlainly(Phase present, long permit, long heldNanos) {
    if (permit != present.freePermit() || permit == REJECTED) {
      return false;
    }
    // A window of time is counted in directly, without a call that has to find its class.
    TimeWindow ofTime = present.plain;
    OutcomeWindow window = ofTime != null ? ofTime : present.window();
    if (window == null
        || !(ofTime != null
            ? ofTime.countSuccess(runtime.clock().read())
            : window.count(OutcomeWindow.SUCCESS, runtime.clock().read()))) {
      return false;
    }
    succeeded((CountingPhase) present, window, OutcomeWindow.SUCCESS);
    if (callEvents != null) {
      tell(Kind.SUCCESS, present, false, null, heldNanos);
    }
    return true;
  }

  @Override
  final Verdict completeExpired(long permit, long heldNanos) {
    complete(permit, OutcomeWindow.FAILURE, null, heldNanos);
    return Verdict.FAILURE;
  }

  @Override
  public final void recordFailure(long permit, @Nullable Throwable failure) {
    completeFailed(permit, failure, Phase.UNMEASURED);
  }

  @Override
  public final void recordFailure(long permit, @Nullable Throwable failure, long durationNanos) {
    completeFailed(permit, failure, checkDuration(durationNanos));
  }

  @Override
  final Verdict completeFailed(long permit, @Nullable Throwable failure, long heldNanos) {
    Verdict verdict = FailureJudge.ofThread(phase().config, failure, this);
    completeAs(verdict, permit, failure, heldNanos);
    return verdict;
  }

  @Override
  final Verdict completeFailedAsync(long permit, Throwable failure, long heldNanos) {
    Verdict verdict = FailureJudge.ofFuture(phase().config, failure, this);
    completeAs(verdict, permit, failure, heldNanos);
    return verdict;
  }

  @Override
  final Verdict completeEndedOutside(long permit, Throwable cause, long heldNanos) {
    Verdict verdict = FailureJudge.ofOutside(phase().config, cause, this);
    completeAs(verdict, permit, cause, heldNanos);
    return verdict;
  }

  @Override
  final Verdict completeUnentered(long permit, Throwable cause, long heldNanos) {
    release(permit, cause, heldNanos);
    return Verdict.NEITHER;
  }

  private void completeAs(
      Verdict verdict, long permit, @Nullable Throwable failure, long heldNanos) {
    switch (verdict) {
      case SUCCESS -> complete(permit, OutcomeWindow.SUCCESS, failure, heldNanos);
      case FAILURE -> complete(permit, OutcomeWindow.FAILURE, failure, heldNanos);
      case NEITHER -> release(permit, failure, heldNanos);
    }
  }

  /** Logs once that a predicate of the config failed. */
  final void warnOfPredicate(Throwable thrown) {
    if (!predicateFailed) {
      predicateFailed = true;
      LOG.log(
          System.Logger.Level.WARNING,
          "a predicate of breaker '" + name()
              + "' failed, so the call counts as a failure (logged once)",
          thrown);
    }
  }

  @Override
  public final void releasePermit(long permit) {
    release(permit, null, Phase.UNMEASURED);
  }

  private void release(long permit, @Nullable Throwable failure, long heldNanos) {
    check(permit);
    Phase present = phase();
    boolean held = Permit.isOfGeneration(permit, present.generation)
        ? present.release(permit)
        : Permit.kind(permit) != Permit.HALF_OPEN;
    if (!held) {
      late(present, failure, heldNanos);
      return;
    }
    totals.add(LifetimeTotals.IGNORED, 1);
    tell(Kind.IGNORED, present, false, failure, heldNanos);
  }

  /** Counts a failure, and does what follows from it. Returns what {@link Phase#count} returns. */
  private int fail(
      CountingPhase present, long permit, @Nullable Throwable failure, long heldNanos) {
    long now = present.endOf(permit, runtime.clock());
    int timed = present.timed(permit, OutcomeWindow.FAILURE, heldNanos, now);
    long failed = present.window().fail(timed, now);
    if (failed == OutcomeWindow.RETIRED) {
      return Phase.RETIRED;
    }
    failed(present, failed, present.judgedAt(now, runtime.clock()), failure);
    return timed;
  }

  private void complete(long permit, int outcome, @Nullable Throwable failure, long measuredNanos) {
    check(permit);
    Phase present = phase();
    long heldNanos = measuredNanos;
    if (measuredNanos == Phase.UNMEASURED && isHeard(kindOf(outcome))) {
      heldNanos = present.heldNanos(permit, runtime.clock());
    }
    while (Permit.isOfGeneration(permit, present.generation)) {
      int counted = outcome == OutcomeWindow.FAILURE && present instanceof CountingPhase counting
          ? fail(counting, permit, failure, heldNanos)
          : present.count(permit, outcome, heldNanos, runtime.clock(), totals);
      if (counted >= 0) {
        judge(present, counted, failure);
        tell(kindOf(outcome), present, OutcomeWindow.isSlow(counted), failure, heldNanos);
        return;
      }
      if (counted == Phase.NOT_HELD) {
        late(present, failure, heldNanos);
        return;
      }
      Phase since = phase();
      if (since == present) {
        break;
      }
      // The same phase under other settings: the outcome belongs to the new window.
      present = since;
    }
    totals.add(outcome, 1);
    late(present, failure, heldNanos);
  }

  private void late(Phase present, @Nullable Throwable failure, long heldNanos) {
    totals.add(LifetimeTotals.LATE, 1);
    tell(Kind.LATE, present, false, failure, heldNanos);
  }

  // ---- what follows from an outcome that was counted

  private void judge(Phase present, int outcome, @Nullable Throwable failure) {
    if (present instanceof HalfOpenPhase probing) {
      judgeProbe(probing, probing.judge(outcome), failure);
    } else if (present instanceof CountingPhase counting && !OutcomeWindow.isFailure(outcome)) {
      succeeded(counting, counting.window(), outcome);
    }
  }

  /**
   * Does what follows from the outcome of a probe. If the settings changed meanwhile, they judge it, too. The outcome is counted
   * before the phase is read here, and the thread that changes the settings reads the outcomes after it has replaced the phase; all
   * four are volatile. So one of the two judges by the new settings with this outcome.
   */
  private void judgeProbe(
      HalfOpenPhase probing, @Nullable TransitionCause cause, @Nullable Throwable failure) {
    follow(probing, cause, failure);
    Phase since = (Phase) PHASE.getVolatile(this);
    if (since != probing
        && since.generation == probing.generation
        && since instanceof HalfOpenPhase underOthers) {
      follow(since, underOthers.judgeAgain(), failure);
    }
  }

  private void succeeded(CountingPhase present, OutcomeWindow window, int outcome) {
    if (!window.endConsecutiveFailures()) {
      endMovedFailures(present);
    }
    // The count precedes this read, and the thread that sets the flag sums again afterwards: so one
    // of the two sees what the other did.
    if (window.awaitsMinimum() || OutcomeWindow.isSlow(outcome)) {
      follow(present, present.judgeRates(runtime.clock()));
    }
    present.outcomeCounted(false, runtime.clock());
  }

  private void endMovedFailures(CountingPhase from) {
    CountingPhase present = underNewSettings(from);
    while (present != null && !present.window().endConsecutiveFailures()) {
      present = underNewSettings(from);
    }
  }

  private void failed(CountingPhase from, long failed, long now, @Nullable Throwable failure) {
    totals.failedAt(now);
    CountingPhase present = from;
    int consecutiveFailures = OutcomeWindow.consecutiveFailuresOf(failed);
    while (consecutiveFailures == OutcomeWindow.MOVED) {
      CountingPhase since = underNewSettings(from);
      if (since == null) {
        return;
      }
      present = since;
      consecutiveFailures = present.window().addConsecutiveFailure();
    }
    TransitionCause cause = present.judgeConsecutiveFailures(consecutiveFailures, now);
    if (cause == null && OutcomeWindow.asksForRates(failed)) {
      cause = present.judgeRates(now, runtime.clock());
    }
    if (cause != null) {
      follow(present, cause, failure);
    } else {
      present.outcomeCounted(true, runtime.clock());
    }
  }

  /** Returns the same phase, perhaps under other settings; null if the breaker has left it. */
  private @Nullable CountingPhase underNewSettings(CountingPhase from) {
    return phase() instanceof CountingPhase present && present.generation == from.generation
        ? present
        : null;
  }

  /**
   * Performs the transition that a phase asks for, if it asks for one. If the breaker has left the phase meanwhile, another thread
   * has decided.
   */
  private void follow(Phase from, @Nullable TransitionCause cause) {
    follow(from, cause, null);
  }

  /** Performs the transition that a phase asks for after a failure, which may say for how long the breaker opens. */
  private void follow(Phase from, @Nullable TransitionCause cause, @Nullable Throwable failure) {
    if (cause == null) {
      return;
    }
    long toldNanos = failure == null ? 0 : cooldownFrom(failure, from.config);
    Phase present = from;
    // What a breaker for metrics only would have done is a transition of the same generation.
    while (present.generation == from.generation
        && present.transitions == from.transitions
        && !replace(present, Transitions.following(present, cause, toldNanos, this))) {
      present = phase();
    }
  }

  /** Returns the cooldown that a failure asks for, in nanoseconds; 0 if it asks for none. */
  private long cooldownFrom(Throwable failure, CircuitBreakerConfig config) {
    Function<? super Throwable, @Nullable RetryAfter> function = config.cooldownFrom();
    if (function == null) {
      return 0;
    }
    try {
      RetryAfter told = function.apply(Failures.unwrap(failure));
      return told == null
          ? 0
          : Math.min(
              told.delayNanos(runtime.time().wallTime()), config.maxCooldown().toNanos());
    } catch (Throwable e) {
      if (!functionFailed) {
        functionFailed = true;
        LOG.log(
            System.Logger.Level.WARNING,
            "cooldownFrom of breaker '" + name()
                + "' failed, so the cooldown is that of the settings (logged once)",
            e);
      }
      return 0;
    }
  }

  @Override
  public final void movedWithin(OutcomeWindow window) {
    if (phase() instanceof CountingPhase present && present.window() == window) {
      follow(present, present.judgeRates(runtime.clock()));
      present.outcomeCounted(true, runtime.clock());
    }
  }

  // ---- calls under way

  private SlowWatch slowWatch() {
    SlowWatch present = slowWatch;
    if (present == null) {
      synchronized (totals) {
        present = slowWatch;
        if (present == null) {
          present = new Watch();
          slowWatch = present;
        }
      }
    }
    return present;
  }

  @Override
  final long takeOff(CallsInFlight flights, long now) {
    // A call that begins must be able to end.
    StackRoom.forCall();
    long begun = flights.begin(now, runtime.clock());
    try {
      slowWatch().begin();
    } catch (Throwable e) {
      // It does not begin.
      flights.end(begun);
      throw e;
    }
    return begun;
  }

  private final class Watch extends SlowWatch {
    Watch() {
      super(runtime);
    }

    @Override
    void judge() {
      long now = runtime.clock().readPrecisely();
      Phase present = phase();
      if (present instanceof HalfOpenPhase probing) {
        follow(present, probing.judgeUnderWay(now));
      } else if (present instanceof CountingPhase counting && counting.slowInFlight(now) > 0) {
        follow(present, counting.judgeRates(now, runtime.clock()));
      }
    }

    @Override
    boolean isNeeded() {
      return hasWatchedCalls();
    }

    @Override
    long slowNanos() {
      return Phase.slowNanos(phase().config);
    }
  }

  final boolean hasWatchedCalls() {
    Phase present = phase();
    return present instanceof HalfOpenPhase probing
        ? probing.watchesProbes() && probing.probesInFlight(runtime.time().nanoTime()) > 0
        : isAnyUnderWay(present);
  }

  private static boolean isAnyUnderWay(Phase present) {
    CallsInFlight flights = present.flights();
    return flights != null && flights.isAny();
  }

  // ---- transitions

  /** The one place where the phase changes. What follows a change follows a won CAS. */
  private boolean replace(Phase before, Phase next) {
    // What follows the CAS must follow.
    StackRoom.forTransition();
    if (!PHASE.compareAndSet(this, before, next)) {
      return false;
    }
    try {
      countOver(before, next);
    } finally {
      // Whatever fails before, a full heap for instance: the change has been made.
      try {
        log.phaseChanged(this);
      } finally {
        runtime.storage().changed(this);
      }
    }
    return true;
  }

  private void countOver(Phase before, Phase next) {
    OutcomeWindow left = before.window();
    OutcomeWindow entered = next.window();
    boolean sameGeneration = next.generation == before.generation;
    if (left != null && left != entered) {
      left.retire(sameGeneration ? entered : null);
    }
    if (!sameGeneration) {
      totals.beginPhase(entered);
    }
    if (next.transitions != before.transitions) {
      log.count(this, before.state, next.state);
      FlightRecording.transition(
          runtime.dispatcher().runtime(),
          this,
          next.transitions,
          next.generation,
          before.state,
          next.state,
          next.cause,
          next.cooldownNanos());
    }
  }

  @Override
  public final void reset() {
    Phase present;
    do {
      present = phase();
    } while (!replace(present, Transitions.reset(present, this)));
  }

  /** Returns whether a reset would change nothing: closed, with an empty window and no failures. */
  final boolean isFresh() {
    Phase present = phase();
    return present.state == CircuitBreakerState.CLOSED
        && present.consecutiveFailures() == 0
        && present.counts(runtime.time().nanoTime()).calls() == 0;
  }

  @Override
  public final void open(Duration length) {
    openFor(Setting.positive("length", length).toNanos());
  }

  @Override
  public final void openUntil(Instant end) {
    Instant now = runtime.time().wallTime();
    if (end.isBefore(now)) {
      openFor(0);
    } else if (Duration.between(now, end).compareTo(Setting.LONGEST) <= 0) {
      openFor(Duration.between(now, end).toNanos());
    } else {
      throw new IllegalArgumentException("end must be at most 106,751 days from now: " + end);
    }
  }

  private void openFor(long nanos) {
    Phase present;
    do {
      present = phase();
    } while (!replace(present, Transitions.openedByHand(present, nanos, this)));
  }

  @Override
  public final void halfOpen() {
    Phase present = phase();
    while (present.state != CircuitBreakerState.HALF_OPEN
        && !replace(present, Transitions.halfOpened(present, TransitionCause.MANUAL, this))) {
      present = phase();
    }
  }

  @Override
  public final void forceOpen() {
    force(CircuitBreakerState.FORCED_OPEN);
  }

  @Override
  public final void forceClosed() {
    force(CircuitBreakerState.CLOSED);
  }

  @Override
  public final void disable() {
    force(CircuitBreakerState.DISABLED);
  }

  @Override
  public final void metricsOnly() {
    force(CircuitBreakerState.METRICS_ONLY);
  }

  private void force(CircuitBreakerState state) {
    Phase present = phase();
    while (present.state != state && !replace(present, Transitions.forced(present, state, this))) {
      present = phase();
    }
  }

  @Override
  public final void reconfigure(CircuitBreakerConfig config) {
    Objects.requireNonNull(config, "config");
    boolean isFirst = QuietLock.begin();
    try {
      change(config);
    } finally {
      if (isFirst) {
        QuietLock.end();
      }
    }
  }

  /** One at a time: a window hands its counts to its heir before the heir gets an heir itself. */
  private synchronized void change(CircuitBreakerConfig config) {
    Phase present;
    Phase next;
    do {
      present = phase();
      next = Transitions.reconfigured(present, config, this);
    } while (!replace(present, next));
    judgeAgain(next);
  }

  /** Judges by the settings of a phase what was counted before. */
  private void judgeAgain(Phase next) {
    if (hasWatchedCalls()) {
      slowWatch().begin();
    }
    if (next instanceof HalfOpenPhase probing) {
      follow(next, probing.judgeAgain());
    } else if (next instanceof CountingPhase counting) {
      TransitionCause cause = counting.judgeConsecutiveFailures(
          counting.consecutiveFailures(), runtime.clock().readPrecisely());
      follow(next, cause != null ? cause : counting.judgeRates(runtime.clock()));
      counting.outcomeCounted(true, runtime.clock());
    }
  }

  // ---- what the window hands over

  @Override
  public final void add(int outcome, long count) {
    totals.add(outcome, count);
  }

  @Override
  public final long successes() {
    return totals.successes(null);
  }

  @Override
  public final void succeededAt(long nanos) {
    totals.succeededAt(nanos);
  }

  // ---- what is kept across a restart

  @Override
  public final boolean claimChanged() {
    return nextChanged == null && NEXT_CHANGED.compareAndSet(this, (StoredBreaker) null, this);
  }

  // Release would do: the CAS of the list's head publishes it.
  @Override
  public final void linkChanged(StoredBreaker next) {
    nextChanged = next;
  }

  @Override
  public final StoredBreaker unlinkChanged() {
    StoredBreaker next = Objects.requireNonNull(nextChanged);
    nextChanged = null;
    // The phase is read with acquire only, which may overtake even a volatile write before it.
    VarHandle.fullFence();
    return next;
  }

  @Override
  public SavedBreaker.Id storedId() {
    return new SavedBreaker.Id(name(), null);
  }

  @Override
  public final SavedBreaker save() {
    return BreakerReadings.save(storedId(), phase(), totals, runtime.time());
  }

  @Override
  public final boolean isForgotten() {
    return forgotten;
  }

  /** Called when the breaker was removed, or the key that it belongs to. Nothing of it stays in the store. */
  public final void forget() {
    forgotten = true;
    runtime.storage().changed(this);
  }

  /** Called when a breaker that was forgotten is used as before. */
  final void recall() {
    forgotten = false;
  }

  @Override
  public final boolean isFollowing() {
    return phase().cause == TransitionCause.SHARED;
  }

  @Override
  public final long idleSince() {
    Phase present = phase();
    OutcomeWindow window = present.window();
    return present.state != CircuitBreakerState.CLOSED || window == null
        ? Long.MAX_VALUE
        : window.idleSince();
  }

  /**
   * Returns since when the breaker has been ready for a probe, and no call has come.
   *
   * @return an instant of the time source; {@link Long#MAX_VALUE} if it is not
   */
  final long abandonedSince() {
    Phase present = phase();
    return present.state == CircuitBreakerState.HALF_OPEN
            && present.probesInFlight(runtime.time().nanoTime()) == 0
        ? present.enteredAt
        : present.until();
  }

  @Override
  public final boolean restore(SavedBreaker saved) {
    return adopt(saved) == null;
  }

  @Override
  public final @Nullable String adopt(SavedBreaker saved) {
    totals.restore(saved.totals(), saved.slowCalls());
    Phase present = phase();
    if (present.transitions != 0) {
      return MOVED_SINCE;
    }
    boolean sameSettings = saved.declared().equals(present.config.toString());
    if (!sameSettings
        && saved.state() == CircuitBreakerState.CLOSED
        && present.state != CircuitBreakerState.CLOSED) {
      return "its settings have changed, so only its totals were restored";
    }
    Phase next = Transitions.restored(present, saved, sameSettings, this);
    if (!replace(present, next)) {
      return MOVED_SINCE;
    }
    if (sameSettings) {
      totals.goOnAfter(saved.consecutiveSuccesses(), next.window());
    }
    return sameSettings
        ? null
        : "its settings have changed, so counts and probes were not restored";
  }

  @Override
  public final boolean follow(SavedBreaker other) {
    Phase present = phase();
    while (mayFollow(present, other)) {
      Phase next = Transitions.shared(present, other, this);
      if (next == null) {
        return false;
      }
      if (replace(present, next)) {
        return true;
      }
      present = phase();
    }
    return false;
  }

  private static boolean mayFollow(Phase present, SavedBreaker other) {
    return present.config.followsPeers()
        && other.state() == CircuitBreakerState.OPEN
        && (present.state == CircuitBreakerState.CLOSED
            || present.state == CircuitBreakerState.HALF_OPEN)
        && (present.transitions == 0 || other.enteredAt().isAfter(present.enteredWall()));
  }

  // ---- readings

  @Override
  public final CircuitBreakerConfig config() {
    return phase().config;
  }

  @Override
  public final boolean isAvailable() {
    return phase().isAvailable(runtime.time().nanoTime());
  }

  @Override
  public final boolean rejectsAt(long nanos) {
    Phase present = phase();
    return present.state == CircuitBreakerState.FORCED_OPEN
        || (present.state == CircuitBreakerState.OPEN && nanos < present.until());
  }

  @Override
  public final CircuitBreakerState state() {
    return phase().shownState(runtime.time());
  }

  @Override
  public final CircuitBreakerSnapshot snapshot() {
    return BreakerReadings.snapshot(name(), phase(), totals, runtime.time());
  }

  @Override
  public final void read(long[] into) {
    BreakerReadings.read(phase(), totals, runtime.time(), into);
  }

  @Override
  public final void read(Readings into) {
    BreakerReadings.write(phase(), totals, runtime.time(), into);
  }

  @Override
  public final void readWindow(long[] into) {
    BreakerReadings.readWindow(phase(), runtime.time(), into);
  }

  @Override
  public final int consecutiveFailures() {
    return phase().consecutiveFailures();
  }

  @Override
  public final CircuitBreakerExplanation explain() {
    return BreakerReadings.explain(name(), phase(), runtime.time());
  }

  final CircuitBreakerTotals totals() {
    return totals.with(phase().window());
  }

  // ---- events

  @Override
  public final long transitions(CircuitBreakerState from, CircuitBreakerState to) {
    return log.counted(from, to);
  }

  @Override
  public final Subscription subscribe(CircuitBreakerListener listener) {
    return log.subscribe(this, listener);
  }

  @Override
  public final Subscription subscribeCalls(
      Set<Kind> kinds, Consumer<? super CircuitBreakerCall> listener) {
    KindChannel<Kind, CircuitBreakerCall> events = callEvents;
    if (events == null) {
      synchronized (totals) {
        events = callEvents;
        if (events == null) {
          events =
              new KindChannel<>(name(), runtime.dispatcher(), Kind.class, CircuitBreakerCall::kind);
          callEvents = events;
        }
      }
    }
    return events.subscribe(kinds, listener);
  }

  private static Kind kindOf(int outcome) {
    return OutcomeWindow.isFailure(outcome) ? Kind.FAILURE : Kind.SUCCESS;
  }

  private boolean isHeard(Kind kind) {
    KindChannel<Kind, CircuitBreakerCall> events = callEvents;
    return events != null && events.isHeard(kind);
  }

  private void tell(
      Kind kind, Phase decided, boolean slow, @Nullable Throwable failure, long heldNanos) {
    KindChannel<Kind, CircuitBreakerCall> events = callEvents;
    if (events != null && events.isHeard(kind)) {
      events.publish(CircuitBreakerCall.builder(name(), kind)
          .sequence(decided.transitions)
          .state(decided.state)
          .slow(slow)
          .duration(heldNanos == Phase.UNMEASURED ? null : Duration.ofNanos(heldNanos))
          .failure(failure)
          .at(runtime.time().wallTime())
          .build());
    }
  }

  @Override
  protected final Dispatcher dispatcher() {
    return runtime.dispatcher();
  }

  @Override
  public String toString() {
    return "breaker '" + name() + "'";
  }
}
