package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerCall.Kind;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.core.window.TimeWindow;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which calls a breaker lets in, and what follows from how they came out. */
public abstract class PermitIssuer extends CircuitBreakerStateMachine {
  /*
   * Admission in a closed state is one acquire load of the phase and one final field. An outcome is one CAS in a window of time;
   * a success after a success writes nothing else.
   */
  /** Where whoever needs the time has to read it. */
  private static final long NO_TIME = -1;

  /** The shortest time between two looks at calls under way. */
  private static final long SHORTEST_WATCH_NANOS = 1_000_000;

  /** Null until there is a call to be watched. */
  private volatile @Nullable SlowWatch slowWatch;

  PermitIssuer(
      String name,
      CircuitBreakerConfig config,
      BreakerRuntime runtime,
      @Nullable TransitionSink sharedSink) {
    super(name, config, runtime, sharedSink);
  }

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
    // Else the slot could be taken and the call not know of it, or not be able to give it back.
    StackRoom.forCall();
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

  static long timedPermit(Phase present, long now) {
    return Permit.timed(present.generation, present.microsAt(now));
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
  public void releasePermit(long permit) {
    release(permit, null);
  }

  final void release(long permit, @Nullable Throwable failure) {
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

  final void complete(long permit, int outcome, @Nullable Throwable failure) {
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
      // The count came before this read; whoever sets the flag sums again afterwards: so one of us
      // sees what the other did.
      if (window.awaitsMinimum() || OutcomeWindow.isSlow(outcome)) {
        judgeRates(present, NO_TIME);
      }
    }
    if (hasCallListeners()) {
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
      // A last look has to see what was counted before the flag changed, so not at an earlier time.
      now = NO_TIME;
      present = phase();
    }
  }

  @Override
  public void movedWithin(OutcomeWindow window) {
    Phase present = phase();
    if (present.window == window) {
      judgeRates(present, NO_TIME);
    }
  }

  @Override
  final void judgeAgain(Phase phase) {
    if (phase.flights != null && phase.flights.isAny()) {
      slowWatch().begin();
    }
    if (phase.window != null && !judgeStreak(phase, phase.window.streak())) {
      judgeRates(phase, NO_TIME);
    }
  }

  private void completeProbe(Phase present, long permit, int outcome, @Nullable Throwable failure) {
    // A probe that failed keeps its slot until the phase is replaced, which must follow.
    StackRoom.forOutcome();
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

  final long takeOff(CallsInFlight flights, long now) {
    // A call that begins must be able to end.
    StackRoom.forCall();
    long begun = flights.begin(now, runtime.clock());
    slowWatch().begin();
    return begun;
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
}
