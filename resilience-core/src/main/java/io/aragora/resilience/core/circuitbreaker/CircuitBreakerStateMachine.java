package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.CheckedSupplier;
import io.aragora.resilience.Subscription;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall.Kind;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation.Evidence;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.circuitbreaker.FailureJudge.Verdict;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.recording.CallDurations;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.window.CountWindow;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.core.window.TimeWindow;
import io.aragora.resilience.core.window.WindowCounts;
import io.aragora.resilience.persistence.SavedBreaker;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A circuit breaker, the only writer of its phase. */
public class CircuitBreakerStateMachine extends CorePolicy
    implements CircuitBreaker, OutcomeWindow.Totals {
  /*
   * Everything that belongs to one stay in a state is in its Phase, and a transition replaces the Phase by one CAS. The
   * winner retires the old window, marks the breaker for saving and lets the log emit; the loser looks at the new phase and
   * goes on from there. So there is one winner, one event, and no outcome that reaches a phase it was not admitted by.
   *
   * Admission in a closed state is one acquire load of the phase and one final field. An outcome is one CAS in the window;
   * a success after a success writes nothing else.
   */
  private static final System.Logger LOG =
      System.getLogger(CircuitBreakerStateMachine.class.getName());
  private static final VarHandle PHASE = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(),
      "phase",
      VarHandle.class,
      CircuitBreakerStateMachine.class,
      Phase.class);

  private static final VarHandle NEXT_CHANGED = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(),
      "nextChanged",
      VarHandle.class,
      CircuitBreakerStateMachine.class,
      CircuitBreakerStateMachine.class);

  /** Where whoever needs the time has to read it. */
  private static final long NO_TIME = -1;

  /** The shortest time between two looks at calls under way. */
  private static final long SHORTEST_WATCH_NANOS = 1_000_000;

  private final BreakerRuntime runtime;
  private final LifetimeTotals totals = new LifetimeTotals();
  private final TransitionLog log;

  @SuppressWarnings("unused") // read through its handle
  private volatile Phase phase;

  /** Null until somebody subscribes. */
  private volatile @Nullable CallEvents callEvents;

  /** Null until there is a call to be watched. */
  private volatile @Nullable SlowWatch slowWatch;

  private volatile boolean predicateFailed;

  /** Of {@link ChangedBreakers}: null where this is not in the list. */
  @SuppressWarnings("unused") // through its handle
  private volatile @Nullable CircuitBreakerStateMachine nextChanged;
  /** Null where nobody asks how long calls take. Plain: a call that does not see it yet is not recorded, no more. */
  private @Nullable CallDurations durations;

  /**
   * Makes a closed breaker.
   *
   * @param name its name
   * @param config its settings
   * @param runtime what it shares
   */
  public CircuitBreakerStateMachine(
      String name, CircuitBreakerConfig config, BreakerRuntime runtime) {
    this(name, config, runtime, null, CallDurations.of(runtime.durations(), name));
  }

  @SuppressWarnings("this-escape") // neither the window nor the log uses it before it is counted in
  CircuitBreakerStateMachine(
      String name,
      CircuitBreakerConfig config,
      BreakerRuntime runtime,
      @Nullable TransitionSink sharedSink,
      @Nullable CallDurations durations) {
    super(name);
    this.runtime = runtime;
    this.durations = durations;
    this.log = new TransitionLog(sharedSink);
    long now = runtime.time().nanoTime();
    Phase.Builder first = new Phase.Builder(
        config,
        CircuitBreakerState.CLOSED,
        TransitionCause.CREATED,
        now,
        runtime.time().wallTime());
    this.phase = countingAnew(first, config, now).build();
  }

  private Phase.Builder countingAnew(Phase.Builder next, CircuitBreakerConfig config, long now) {
    return counting(next, config, newWindow(config, now));
  }

  private static Phase.Builder counting(
      Phase.Builder next, CircuitBreakerConfig config, OutcomeWindow window) {
    next.window(window);
    return config.slowCallRateThreshold() == 0
        ? next
        : next.flights(new CallsInFlight(config.slowCallDuration().toNanos()));
  }

  private OutcomeWindow newWindow(CircuitBreakerConfig config, long now) {
    return config.countWindow() != 0
        ? CountWindow.of(config.countWindow(), now, this)
        : new TimeWindow(config.window().toNanos(), now, runtime.clock(), this, runtime.sweeper());
  }

  // Acquire: pairs with the CAS that published the phase, so that what its constructor stored is
  // seen.
  final Phase phase() {
    return (Phase) PHASE.getAcquire(this);
  }

  @Override
  public CircuitBreakerConfig config() {
    return phase().config;
  }

  // ---- admission

  @Override
  public long tryAcquirePermit() {
    Phase present = phase();
    long permit = present.freePermit;
    return permit != REJECTED ? permit : tryAcquireSlowly(present);
  }

  private long tryAcquireSlowly(Phase first) {
    Phase present = first;
    while (true) {
      switch (present.state) {
        case CLOSED, METRICS_ONLY, DISABLED -> {
          return present.slowNanos == 0
              ? present.freePermit
              : timedPermit(present, runtime.time().nanoTime());
        }
        case HALF_OPEN -> {
          return claimProbe(present);
        }
        case FORCED_OPEN -> {
          return reject(present);
        }
        case OPEN -> {
          if (runtime.clock().isWellBefore(present.until)) {
            return reject(present);
          }
          long now = runtime.clock().readPrecisely();
          if (now < present.until) {
            return reject(present);
          }
          replace(present, halfOpenAfter(present, now));
        }
      }
      present = phase();
    }
  }

  private long claimProbe(Phase present) {
    ProbeSlots probes = Objects.requireNonNull(present.probes);
    long place = probes.claim(runtime.clock().readPrecisely());
    if (place == ProbeSlots.NONE) {
      return reject(present);
    }
    if (present.slowNanos != 0) {
      slowWatch().begin();
    }
    return Permit.halfOpen(present.generation, Permit.slot(place), Permit.sequence(place));
  }

  private long reject(Phase present) {
    totals.add(LifetimeTotals.REJECTED, 1);
    tell(Kind.REJECTED, present, false, null);
    if (FlightRecording.hearsRejections()) {
      FlightRecording.rejection(
          runtime.dispatcher().runtime(),
          this,
          present.state,
          present.cause,
          present.generation,
          remaining(present));
    }
    return REJECTED;
  }

  @Override
  public long acquirePermit() {
    long permit = tryAcquirePermit();
    if (permit == REJECTED) {
      throw rejection();
    }
    return permit;
  }

  private CallNotPermittedException rejection() {
    Phase present = phase();
    return new CallNotPermittedException(name(), present.state, present.cause, remaining(present));
  }

  private long remaining(Phase present) {
    return present.state == CircuitBreakerState.OPEN
        ? Math.max(0, present.until - runtime.clock().read())
        : 0;
  }

  @Override
  public boolean isAvailable() {
    Phase present = phase();
    return switch (present.state) {
      case CLOSED, METRICS_ONLY, DISABLED -> true;
      case FORCED_OPEN -> false;
      case OPEN -> runtime.time().nanoTime() >= present.until;
      case HALF_OPEN ->
        !Objects.requireNonNull(present.probes).isFull(runtime.time().nanoTime());
    };
  }

  /**
   * Tells, without taking a permit, whether a retry inside this breaker is to go on.
   *
   * @return false while open
   */
  public boolean isRefusing() {
    CircuitBreakerState state = state();
    return state == CircuitBreakerState.OPEN || state == CircuitBreakerState.FORCED_OPEN;
  }

  /**
   * Tells whether a call would certainly be refused at a time to come, unless somebody intervenes by hand until then.
   *
   * @param nanos a time of the runtime's time source
   * @return whether the breaker is open beyond that time, or forced open
   */
  public boolean isRefusingAt(long nanos) {
    Phase present = phase();
    return present.state == CircuitBreakerState.FORCED_OPEN
        || (present.state == CircuitBreakerState.OPEN && nanos < present.until);
  }

  // ---- outcomes

  @Override
  public void recordSuccess(long permit) {
    Phase present = phase();
    OutcomeWindow window = present.window;
    if (permit == present.freePermit
        && present.isPlain
        && window != null
        && countSuccess(window, runtime.clock().read())) {
      counted(present, window, OutcomeWindow.SUCCESS, NO_TIME, null);
    } else {
      complete(permit, OutcomeWindow.SUCCESS, null);
    }
  }

  /** The window of time is what is fast, so it is not hidden behind the abstract class. */
  private static boolean countSuccess(OutcomeWindow window, long now) {
    return window instanceof TimeWindow ofTime
        ? ofTime.count(OutcomeWindow.SUCCESS, now)
        : window.count(OutcomeWindow.SUCCESS, now);
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

  private void warnOfPredicate(RuntimeException thrown) {
    if (!predicateFailed) {
      predicateFailed = true;
      LOG.log(
          System.Logger.Level.WARNING,
          "a predicate of breaker '" + name()
              + "' failed, so the call counts as a failure; said once",
          thrown);
    }
  }

  @Override
  public void releasePermit(long permit) {
    release(permit, null);
  }

  private void release(long permit, @Nullable Throwable failure) {
    check(permit);
    Phase present = phase();
    if (Permit.kind(permit) == Permit.HALF_OPEN && end(present, permit, false, 0) < 0) {
      late(present, failure);
      return;
    }
    totals.add(LifetimeTotals.IGNORED, 1);
    tell(Kind.IGNORED, present, false, failure);
  }

  /** Gives how long the probe's place was held, in microseconds; {@link ProbeSlots#NONE} if it was not held any more. */
  private static long end(Phase present, long permit, boolean failed, long now) {
    ProbeSlots probes = present.probes;
    if (probes == null || !Permit.isOfGeneration(permit, present.generation)) {
      return ProbeSlots.NONE;
    }
    int slot = Permit.slot(permit);
    int sequence = Permit.sequence(permit);
    return failed ? probes.fail(slot, sequence, now) : probes.complete(slot, sequence, now);
  }

  private static void check(long permit) {
    if (permit == REJECTED) {
      throw new IllegalArgumentException("permit must be one that was given, not REJECTED: 0");
    }
  }

  private void complete(long permit, int outcome, @Nullable Throwable failure) {
    check(permit);
    Phase present = phase();
    while (Permit.isOfGeneration(permit, present.generation)) {
      if (Permit.kind(permit) == Permit.HALF_OPEN) {
        completeProbe(present, permit, outcome, failure);
        return;
      }
      OutcomeWindow window = present.window;
      if (window == null) {
        totals.add(outcome, 1);
        tell(kindOf(outcome), present, false, failure);
        return;
      }
      long now = runtime.clock().readPrecisely();
      int timed = isSlow(present, permit, now) ? OutcomeWindow.slow(outcome) : outcome;
      if (window.count(timed, now)) {
        counted(present, window, timed, now, failure);
        return;
      }
      Phase since = phase();
      if (since == present) {
        break;
      }
      // Other settings for the same state: the outcome belongs to the new window.
      present = since;
    }
    completeLate(present, outcome, failure);
  }

  private static boolean isSlow(Phase present, long permit, long now) {
    return Permit.kind(permit) == Permit.TIMED
        && present.slowNanos != 0
        && Permit.microsSince(permit, present.microsAt(now)) >= present.slowNanos / 1000;
  }

  private void completeLate(Phase present, int outcome, @Nullable Throwable failure) {
    totals.add(outcome, 1);
    late(present, failure);
  }

  private void late(Phase present, @Nullable Throwable failure) {
    totals.add(LifetimeTotals.LATE, 1);
    tell(Kind.LATE, present, false, failure);
  }

  /** What follows from an outcome that the window has counted. */
  private void counted(
      Phase present, OutcomeWindow window, int outcome, long now, @Nullable Throwable failure) {
    if (OutcomeWindow.isFailure(outcome)) {
      judgeFailure(present, window, now);
    } else {
      if (!window.endStreak()) {
        endMovedStreak(present);
      }
      // The count came before this read; whoever sets the flag sums again afterwards: one of us
      // sees
      // the other's.
      if (window.awaitsMinimum() || OutcomeWindow.isSlow(outcome)) {
        judgeRates(present, NO_TIME);
      }
    }
    if (callEvents != null) {
      tell(kindOf(outcome), present, OutcomeWindow.isSlow(outcome), failure);
    }
  }

  private void endMovedStreak(Phase from) {
    Phase present = phase();
    while (present.generation == from.generation
        && present.window != null
        && !present.window.endStreak()) {
      present = phase();
    }
  }

  private void judgeFailure(Phase from, OutcomeWindow counting, long now) {
    Phase present = from;
    OutcomeWindow window = counting;
    int streak = window.lengthenStreak();
    while (streak == OutcomeWindow.MOVED) {
      present = phase();
      window = present.window;
      if (present.generation != from.generation || window == null) {
        return;
      }
      streak = window.lengthenStreak();
    }
    totals.failedAt(now, streak == 1 ? totals.successes(window) : -1);
    if (!judgeStreak(present, streak)) {
      judgeRates(present, now);
    }
  }

  private boolean judgeStreak(Phase present, int streak) {
    int threshold = present.config.failureThreshold();
    boolean reached =
        threshold != 0 && streak >= threshold && present.state == CircuitBreakerState.CLOSED;
    if (reached) {
      open(present, TransitionCause.FAILURE_THRESHOLD);
    }
    return reached;
  }

  /**
   * Opens if a rate is reached. Where only the minimum number of calls is missing, the flag asks successes to look, and is
   * set before a last look here; where nothing is reached, it is taken back, also before a last look. So of a call that
   * completes the minimum and whoever changes the flag, one sees what the other did.
   */
  private void judgeRates(Phase from, long firstLook) {
    Phase present = from;
    long now = firstLook;
    while (present.generation == from.generation && present.state == CircuitBreakerState.CLOSED) {
      OutcomeWindow window = Objects.requireNonNull(present.window);
      CircuitBreakerConfig config = present.config;
      if (config.failureRateThreshold() == 0 && config.slowCallRateThreshold() == 0) {
        return;
      }
      if (now == NO_TIME) {
        now = runtime.clock().readPrecisely();
      }
      switch (window.judge(config, present.slowInFlight(now), now)) {
        case FAILURE_RATE -> open(present, TransitionCause.FAILURE_RATE);
        case SLOW_CALL_RATE -> open(present, TransitionCause.SLOW_CALL_RATE);
        case TOO_FEW_CALLS -> {
          if (window.awaitsMinimum()) {
            return;
          }
          window.awaitMinimum(true);
        }
        case BELOW -> {
          if (!window.awaitsMinimum()) {
            return;
          }
          window.awaitMinimum(false);
        }
      }
      // A last look has to see what was counted before the flag was changed, so it is not of an
      // earlier time.
      now = NO_TIME;
      present = phase();
    }
  }

  private void completeProbe(Phase present, long permit, int outcome, @Nullable Throwable failure) {
    long now = runtime.clock().readPrecisely();
    long heldMicros = end(present, permit, outcome == OutcomeWindow.FAILURE, now);
    if (heldMicros < 0) {
      late(present, failure);
      return;
    }
    boolean slow = present.slowNanos != 0 && heldMicros >= present.slowNanos / 1000;
    totals.add(slow ? OutcomeWindow.slow(outcome) : outcome, 1);
    if (outcome == OutcomeWindow.FAILURE) {
      totals.failedAt(now, -1);
      open(present, TransitionCause.PROBE_FAILED);
    } else {
      totals.succeededAt(now);
      if (slow) {
        open(present, TransitionCause.PROBE_SLOW);
      } else if (Objects.requireNonNull(present.probes).succeeded()
          >= present.config.successThreshold()) {
        close(present);
      }
    }
    tell(kindOf(outcome), present, slow, failure);
  }

  // ---- calls under way

  private SlowWatch slowWatch() {
    SlowWatch present = slowWatch;
    if (present == null) {
      synchronized (totals) {
        present = slowWatch;
        if (present == null) {
          present = new SlowWatch(this);
          slowWatch = present;
        }
      }
    }
    return present;
  }

  void armSlowWatch(SlowWatch watch) {
    long quarter = Math.max(SHORTEST_WATCH_NANOS, phase().slowNanos / 4);
    runtime.timer().arm(watch, runtime.time().nanoTime() + quarter);
  }

  boolean hasWatchedCalls() {
    Phase present = phase();
    return present.slowNanos != 0
        && (present.probes != null
            ? present.probes.inFlight(runtime.time().nanoTime()) > 0
            : present.flights != null && present.flights.isAny());
  }

  void judgeCallsInFlight() {
    Phase present = phase();
    if (present.slowNanos == 0) {
      return;
    }
    long now = runtime.clock().readPrecisely();
    if (present.probes != null && present.probes.isAnyOlderThan(present.slowNanos / 1000, now)) {
      open(present, TransitionCause.PROBE_SLOW);
    } else if (present.slowInFlight(now) > 0) {
      judgeRates(present, now);
    }
  }

  // ---- transitions

  private Phase.Builder following(
      Phase before, CircuitBreakerState state, TransitionCause cause, long now) {
    return new Phase.Builder(before.config, state, cause, now, runtime.time().wallTime())
        .after(before);
  }

  private Phase halfOpenAfter(Phase before, long now) {
    return following(before, CircuitBreakerState.HALF_OPEN, TransitionCause.COOLDOWN_ELAPSED, now)
        .cooldownStep(before.cooldownStep)
        .probes(newProbes(before.config, now, 0))
        .build();
  }

  static ProbeSlots newProbes(CircuitBreakerConfig config, long now, int successes) {
    return new ProbeSlots(
        config.halfOpenMaxCalls(), now, config.halfOpenMaxDuration().toNanos(), successes);
  }

  private void close(Phase from) {
    Phase present = from;
    while (present.generation == from.generation) {
      long now = runtime.time().nanoTime();
      Phase.Builder next =
          following(present, CircuitBreakerState.CLOSED, TransitionCause.PROBES_SUCCEEDED, now);
      if (replace(present, countingAnew(next, present.config, now).build())) {
        return;
      }
      present = phase();
    }
  }

  /** Opens, unless the breaker has left the state meanwhile: then somebody else has decided. */
  private void open(Phase from, TransitionCause cause) {
    Phase present = from;
    while (present.generation == from.generation) {
      boolean probing = present.state == CircuitBreakerState.HALF_OPEN;
      int step = probing ? present.cooldownStep + 1 : 0;
      long now = runtime.time().nanoTime();
      long cooldown =
          Cooldown.nanos(present.config, step, runtime.time(), name(), present.generation + 1);
      Phase next = following(present, CircuitBreakerState.OPEN, cause, now)
          .openUntil(now + cooldown, cooldown)
          .cooldownStep(step)
          .failuresBefore(present.streak() + (cause == TransitionCause.PROBE_FAILED ? 1 : 0))
          .evidence(probing ? null : evidence(present, now))
          .build();
      if (replace(present, next)) {
        return;
      }
      present = phase();
    }
  }

  private static @Nullable Evidence evidence(Phase present, long now) {
    OutcomeWindow window = present.window;
    if (window == null) {
      return null;
    }
    WindowCounts counts = window.counts(now);
    long inFlight = present.slowInFlight(now);
    return new Evidence(
        counts.calls() + inFlight,
        counts.failures(),
        counts.slowCalls() + inFlight,
        inFlight,
        window.streak());
  }

  /** The one place where the phase changes. What follows a change follows a won CAS. */
  final boolean replace(Phase before, Phase next) {
    if (!PHASE.compareAndSet(this, before, next)) {
      return false;
    }
    OutcomeWindow left = before.window;
    if (left != null && left != next.window) {
      left.retire(next.generation == before.generation ? next.window : null);
    }
    if (next.generation != before.generation) {
      totals.beginStay(next.window);
    }
    if (next.transitions != before.transitions) {
      log.count(this, before.state, next.state);
      record(before, next);
    }
    log.changed(this, runtime);
    runtime.keeper().changed(this);
    return true;
  }

  private void record(Phase before, Phase next) {
    FlightRecording.transition(
        runtime.dispatcher().runtime(),
        this,
        next.transitions,
        next.generation,
        before.state,
        next.state,
        next.cause,
        next.cooldownNanos);
  }

  @Override
  public void reset() {
    Phase present;
    Phase.Builder next;
    do {
      present = phase();
      long now = runtime.time().nanoTime();
      next = new Phase.Builder(
          present.config,
          CircuitBreakerState.CLOSED,
          TransitionCause.MANUAL,
          now,
          runtime.time().wallTime());
      if (present.state == CircuitBreakerState.CLOSED) {
        next.inPlaceOf(present);
      } else {
        next.after(present);
      }
      countingAnew(next, present.config, now);
    } while (!replace(present, next.build()));
  }

  @Override
  public void forceOpen() {
    force(CircuitBreakerState.FORCED_OPEN);
  }

  @Override
  public void forceClosed() {
    force(CircuitBreakerState.CLOSED);
  }

  @Override
  public void disable() {
    force(CircuitBreakerState.DISABLED);
  }

  @Override
  public void metricsOnly() {
    force(CircuitBreakerState.METRICS_ONLY);
  }

  private void force(CircuitBreakerState state) {
    Phase present = phase();
    while (present.state != state) {
      long now = runtime.time().nanoTime();
      Phase.Builder next = following(present, state, TransitionCause.MANUAL, now);
      if (replace(present, countingAnew(next, present.config, now).build())) {
        return;
      }
      present = phase();
    }
  }

  /** One at a time, so that a window has its heir's counts before the heir gets one itself. */
  @Override
  public synchronized void reconfigure(CircuitBreakerConfig config) {
    Objects.requireNonNull(config, "config");
    Phase present;
    Phase next;
    do {
      present = phase();
      next = underOtherSettings(present, config);
    } while (!replace(present, next));
    if (next.flights != null && next.flights.isAny()) {
      slowWatch().begin();
    }
    if (next.window != null && !judgeStreak(next, next.window.streak())) {
      judgeRates(next, NO_TIME);
    }
  }

  private Phase underOtherSettings(Phase present, CircuitBreakerConfig config) {
    Phase.Builder next = new Phase.Builder(
            config,
            present.state,
            present.cause,
            present.enteredAt,
            runtime.time().wallTime())
        .goingOn(present);
    OutcomeWindow window = present.window;
    if (window != null) {
      next.window(
          window.fits(config) ? window : newWindow(config, runtime.time().nanoTime()));
    }
    if (config.slowCallRateThreshold() != 0) {
      long limit = config.slowCallDuration().toNanos();
      CallsInFlight flights = present.flights;
      next.flights(
          flights != null && flights.limitNanos() == limit ? flights : new CallsInFlight(limit));
    }
    return next.build();
  }

  // ---- totals, for the window

  @Override
  public void add(int outcome, long count) {
    totals.add(outcome, count);
  }

  @Override
  public void succeededAt(long nanos) {
    totals.succeededAt(nanos);
  }

  @Override
  public void movedWithin(OutcomeWindow window) {
    Phase present = phase();
    if (present.window == window) {
      judgeRates(present, NO_TIME);
    }
  }

  // ---- what is kept across a restart

  @Override
  public SavedBreaker save() {
    return Readings.save(storedId(), phase(), totals, runtime.time());
  }

  /**
   * Names what this is saved as.
   *
   * @return its name, or the name of the keyed breaker and the key
   */
  public SavedBreaker.Id storedId() {
    return new SavedBreaker.Id(name(), null);
  }

  final boolean claimChanged() {
    return nextChanged == null
        && NEXT_CHANGED.compareAndSet(this, (CircuitBreakerStateMachine) null, this);
  }

  // Release would do: the CAS of the list's head publishes it.
  final void linkChanged(CircuitBreakerStateMachine next) {
    nextChanged = next;
  }

  final CircuitBreakerStateMachine unlinkChanged() {
    CircuitBreakerStateMachine next = Objects.requireNonNull(nextChanged);
    nextChanged = null;
    // The phase is read with acquire only, which may overtake even a volatile write before it.
    VarHandle.fullFence();
    return next;
  }

  @Override
  public boolean restore(SavedBreaker saved) {
    return adopt(saved) == null;
  }

  /**
   * Takes over what was kept: totals in any case, the state if this breaker has not moved by itself.
   *
   * @param saved what was kept
   * @return a remark where something could not be taken over; null where all was
   */
  public @Nullable String adopt(SavedBreaker saved) {
    totals.restore(saved.totals(), saved.slowCalls());
    Phase present = phase();
    if (present.transitions != 0) {
      return "it has moved since, so only its totals were restored";
    }
    boolean sameSettings = saved.declared().equals(present.config.toString());
    Phase.Builder next = Restoration.of(present, saved, sameSettings, runtime.time());
    OutcomeWindow window = newWindow(present.config, runtime.time().nanoTime());
    window.beginStreak(sameSettings ? saved.consecutiveFailures() : 0);
    if (!replace(present, counting(next, present.config, window).build())) {
      return "it has moved since, so only its totals were restored";
    }
    if (sameSettings) {
      totals.goOnAfter(saved.consecutiveSuccesses(), window);
    }
    return sameSettings
        ? null
        : "its settings have changed, so counts and probes were not restored";
  }

  /**
   * Opens because the breaker of the same name opened in another instance, if this one shares its state and has not changed
   * since.
   *
   * @param other what that one saved
   * @return whether it did
   */
  public boolean follow(SavedBreaker other) {
    Phase present = phase();
    while (present.config.sharesState()
        && other.state() == CircuitBreakerState.OPEN
        && (present.state == CircuitBreakerState.CLOSED
            || present.state == CircuitBreakerState.HALF_OPEN)
        && (present.transitions == 0 || other.enteredAt().isAfter(present.enteredWall()))) {
      Phase next = Restoration.following(present, other, runtime.time());
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

  /**
   * Tells whether the present state is another instance's, which has saved it.
   *
   * @return whether it is
   */
  public boolean isFollowing() {
    return phase().cause == TransitionCause.SHARED;
  }

  // ---- reading

  @Override
  public CircuitBreakerState state() {
    Phase present = phase();
    return Readings.stateAt(
        present, present.state == CircuitBreakerState.OPEN ? runtime.time().nanoTime() : 0);
  }

  @Override
  public long transitions(CircuitBreakerState from, CircuitBreakerState to) {
    return log.counted(from, to);
  }

  @Override
  public CircuitBreakerSnapshot snapshot() {
    return Readings.snapshot(name(), phase(), totals, runtime.time());
  }

  @Override
  public CircuitBreakerExplanation explain() {
    return Readings.explain(name(), phase(), runtime.time());
  }

  final CircuitBreakerTotals totals() {
    return totals.with(phase().window);
  }

  /**
   * Tells how long this breaker has been closed and without a call.
   *
   * @return since when, of the time source; {@link Long#MAX_VALUE} where it is not
   */
  public long idleSince() {
    Phase present = phase();
    OutcomeWindow window = present.window;
    return present.state != CircuitBreakerState.CLOSED || window == null
        ? Long.MAX_VALUE
        : window.idleSince();
  }

  /**
   * Tells since when this breaker is ready for a probe that nobody asks for.
   *
   * @return since when, of the time source; {@link Long#MAX_VALUE} where it is not
   */
  final long abandonedSince() {
    Phase present = phase();
    ProbeSlots probes = present.probes;
    return probes != null && probes.inFlight(runtime.time().nanoTime()) == 0
        ? present.enteredAt
        : present.until;
  }

  @Override
  public Subscription subscribe(CircuitBreakerListener listener) {
    return log.subscribe(this, listener);
  }

  @Override
  public Subscription subscribeCalls(
      Set<Kind> kinds, Consumer<? super CircuitBreakerCall> listener) {
    CallEvents events = callEvents;
    if (events == null) {
      synchronized (totals) {
        events = callEvents;
        if (events == null) {
          events = new CallEvents(name(), runtime.dispatcher());
          callEvents = events;
        }
      }
    }
    return events.subscribe(kinds, listener);
  }

  private static Kind kindOf(int outcome) {
    return OutcomeWindow.isFailure(outcome) ? Kind.FAILURE : Kind.SUCCESS;
  }

  private void tell(Kind kind, Phase decided, boolean slow, @Nullable Throwable failure) {
    CallEvents events = callEvents;
    if (events != null && events.isHeard(kind)) {
      events.publish(new CircuitBreakerCall(
          name(),
          decided.transitions,
          kind,
          decided.state,
          slow,
          failure,
          runtime.time().wallTime()));
    }
  }

  /** Finds out again who takes how long calls take. */
  public void measure() {
    measureBy(CallDurations.of(runtime.durations(), name()));
  }

  final void measureBy(@Nullable CallDurations recorded) {
    durations = recorded;
  }

  // ---- as a policy

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
      flights.end(begun);
      record(recorded, now, completeFailed(permit, e));
      throw e;
    }
    flights.end(begun);
    record(recorded, now, completeReturned(permit, chain, index, result));
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
      record(recorded, now, completeFailed(permit, e));
      throw e;
    }
    record(recorded, now, completeReturned(permit, chain, index, result));
    return result;
  }

  /** What counts as neither is not among the durations, as it is not in the window. */
  void record(@Nullable CallDurations recorded, long startedAt, Verdict verdict) {
    if (recorded != null && verdict != Verdict.NEITHER) {
      recorded.record(runtime.time().nanoTime() - startedAt, verdict == Verdict.SUCCESS);
    }
  }

  private static long timedPermit(Phase present, long now) {
    return Permit.timed(present.generation, present.microsAt(now));
  }

  private long takeOff(CallsInFlight flights, long now) {
    long begun = flights.begin(now, runtime.clock());
    slowWatch().begin();
    return begun;
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
      completeFailed(permit, e);
      throw e;
    }
    completeReturned(permit, chain, index, result);
    return result;
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
          ? new TimedFuture<>(this, permit, flights, begun, recorded, now)
          : new GuardedFuture<>(this, permit, flights, begun);
    } else {
      long permit = tryAcquirePermit();
      if (permit == REJECTED) {
        return CompletableFuture.failedFuture(rejection());
      }
      future = recorded != null
          ? new TimedFuture<>(this, permit, null, 0, recorded, runtime.time().nanoTime())
          : new GuardedFuture<>(this, permit, null, 0);
    }
    future.guard(chain.insideAsync(context, index, body));
    return future;
  }

  Verdict completeAsync(long permit, @Nullable Object result, @Nullable Throwable failure) {
    if (failure != null) {
      Verdict verdict = FailureJudge.ofFuture(phase().config, failure, this::warnOfPredicate);
      completeAs(verdict, permit, failure);
      return verdict;
    }
    if (isFailure(result)) {
      complete(permit, OutcomeWindow.FAILURE, null);
      return Verdict.FAILURE;
    }
    recordSuccess(permit);
    return Verdict.SUCCESS;
  }

  @Override
  protected ContextCarrier carrier() {
    return runtime.dispatcher().carrier();
  }

  @Override
  public String toString() {
    return "breaker '" + name() + "'";
  }
}
