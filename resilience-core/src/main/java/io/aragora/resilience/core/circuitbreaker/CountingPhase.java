package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation.Evidence;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.core.window.TimeWindow;
import org.jspecify.annotations.Nullable;

/** The breaker admits every call and counts its outcome: closed, or for metrics only, where the rules open nothing. */
sealed class CountingPhase extends Phase permits ThrottlingPhase {
  /**
   * The rules of a breaker for metrics only, after they would have opened it: as long as it would be open, they say nothing.
   *
   * @param evidence what they saw
   * @param until the instant from which they are applied again
   */
  record Pause(Evidence evidence, long until) {}

  private final OutcomeWindow window;
  private final long slowNanos;
  private final @Nullable CallsInFlight flights;
  private final @Nullable Pause pause;

  /**
   * Creates a counting phase.
   *
   * @param window the window in which it counts
   * @param flights counts calls under way; null where no rule asks for slow calls
   * @param pause while its rules say nothing; null if they are applied
   */
  CountingPhase(
      PhaseHeader header,
      OutcomeWindow window,
      @Nullable CallsInFlight flights,
      @Nullable Pause pause) {
    super(header, freePermit(header), plain(header, window));
    this.window = window;
    this.slowNanos = slowNanos(config);
    this.flights = state == CircuitBreakerState.CLOSED ? flights : null;
    this.pause = pause;
  }

  /**
   * Creates a phase, which throttles if it is closed and the settings ask for it.
   *
   * @param draws the number of draws so far in the generation of the header
   */
  static CountingPhase of(
      PhaseHeader header,
      OutcomeWindow window,
      @Nullable CallsInFlight flights,
      @Nullable Pause pause,
      PhaseOwner owner,
      int draws) {
    return header.config().throttle() != 0 && header.state() == CircuitBreakerState.CLOSED
        ? ThrottlingPhase.begin(header, window, flights, owner, draws)
        : new CountingPhase(header, window, flights, pause);
  }

  private static long freePermit(PhaseHeader header) {
    if (slowNanos(header.config()) != 0) {
      return CircuitBreaker.REJECTED;
    }
    return header.state() == CircuitBreakerState.CLOSED
        ? Permit.closed(header.generation())
        : Permit.bypass(header.generation());
  }

  private static @Nullable TimeWindow plain(PhaseHeader header, OutcomeWindow window) {
    return slowNanos(header.config()) == 0 && window instanceof TimeWindow ofTime ? ofTime : null;
  }

  /** Each permit says when its call began. */
  @Override
  long admit(CoarseClock clock) {
    return permitAt(clock.readPrecisely());
  }

  long permitAt(long now) {
    return Permit.timed(generation, microsAt(now));
  }

  @Override
  boolean isAvailable(long now) {
    return true;
  }

  @Override
  int count(long permit, int outcome, long heldNanos, CoarseClock clock, LifetimeTotals totals) {
    long now = endOf(permit, clock);
    int timed = timed(permit, outcome, heldNanos, now);
    return window.count(timed, now) ? timed : RETIRED;
  }

  /**
   * Returns the time at which a call ends. The coarse clock is behind, so it alone never makes a call slow; close to the limit
   * it does not suffice.
   */
  long endOf(long permit, CoarseClock clock) {
    long now = clock.read();
    if (slowNanos == 0 || Permit.kind(permit) != Permit.TIMED) {
      return now;
    }
    long latest = microsHeld(permit, now + CoarseClock.USUAL_LAG_NANOS);
    // Negative: the coarse clock is further behind than usual.
    return latest < 0 || latest >= slowNanos / 1000 ? clock.readPrecisely() : now;
  }

  /**
   * Returns the time at which a failure is judged that was counted at a time. It must not be earlier than the time of any
   * other outcome, which was precise if that call was close to the limit of slow calls.
   */
  long judgedAt(long counted, CoarseClock clock) {
    return slowNanos == 0 ? counted : clock.readPrecisely();
  }

  /** Returns the outcome of a call that ends at a time, with its duration taken into account. */
  int timed(long permit, int outcome, long heldNanos, long end) {
    return isSlow(permit, heldNanos, end) ? OutcomeWindow.slow(outcome) : outcome;
  }

  private boolean isSlow(long permit, long heldNanos, long end) {
    if (slowNanos == 0) {
      return false;
    }
    return heldNanos != UNMEASURED
        ? heldNanos >= slowNanos
        : Permit.kind(permit) == Permit.TIMED && microsHeld(permit, end) >= slowNanos / 1000;
  }

  @Override
  long heldNanos(long permit, CoarseClock clock) {
    return Permit.kind(permit) == Permit.TIMED
        ? Math.max(0, microsHeld(permit, clock.readPrecisely())) * 1000
        : UNMEASURED;
  }

  /** Negative at a time of the coarse clock that is before the precise one at which the call began. */
  private long microsHeld(long permit, long now) {
    return Permit.microsSince(permit, microsAt(now));
  }

  /** Returns the number of draws in this generation. */
  int draws() {
    return 0;
  }

  /** Returns whether a share of the calls is rejected now. */
  boolean isThrottled() {
    return false;
  }

  /** Called after an outcome was counted that opened nothing. */
  void outcomeCounted(boolean failed, CoarseClock clock) {}

  /** Judges the consecutive failures. Returns what follows; null for nothing. */
  @Nullable
  TransitionCause judgeConsecutiveFailures(int consecutiveFailures, long now) {
    int threshold = config.failureThreshold();
    return threshold != 0 && consecutiveFailures >= threshold && areRulesApplied(now)
        ? TransitionCause.FAILURE_THRESHOLD
        : null;
  }

  private boolean areRulesApplied(long now) {
    return pause == null || now >= pause.until();
  }

  /** Judges the rates at the precise time. Returns what follows; null for nothing. */
  @Nullable
  TransitionCause judgeRates(CoarseClock clock) {
    return judgeRates(clock.readPrecisely(), clock);
  }

  /**
   * Judges the rates. Returns what follows; null for nothing. Nothing follows from a look at a coarse time alone, except that
   * nothing follows.
   *
   * <p>Where a rate is reached and only the minimum number of calls is missing, a flag asks successes to judge as well. The
   * flag is set before a last look here, and taken back before a last look. So of a call that completes the minimum
   * and a thread that changes the flag, one sees what the other did.
   */
  @Nullable
  TransitionCause judgeRates(long firstLook, CoarseClock clock) {
    if (!areRulesApplied(firstLook)
        || (config.failureRateThreshold() == 0
            && config.slowCallRateThreshold() == 0
            && config.failureCountThreshold() == 0)
        || (!window.awaitsMinimum() && verdictAt(firstLook) == OutcomeWindow.Verdict.BELOW)) {
      return null;
    }
    while (true) {
      // Each look is at the time of that look: the last one must see what was counted before the
      // flag changed.
      switch (verdictAt(clock.readPrecisely())) {
        case FAILURE_COUNT -> {
          return TransitionCause.FAILURE_COUNT;
        }
        case FAILURE_RATE -> {
          return TransitionCause.FAILURE_RATE;
        }
        case SLOW_CALL_RATE -> {
          return TransitionCause.SLOW_CALL_RATE;
        }
        case TOO_FEW_CALLS -> {
          if (window.awaitsMinimum()) {
            return null;
          }
          window.awaitMinimum(true);
        }
        case BELOW -> {
          if (!window.awaitsMinimum()) {
            return null;
          }
          window.awaitMinimum(false);
        }
      }
    }
  }

  private OutcomeWindow.Verdict verdictAt(long now) {
    return window.judge(config, slowInFlight(now), now);
  }

  @Nullable
  Pause pause() {
    return pause;
  }

  @Override
  @Nullable
  Evidence evidence() {
    return pause == null ? null : pause.evidence();
  }

  @Override
  OutcomeWindow window() {
    return window;
  }

  @Override
  @Nullable
  CallsInFlight flights() {
    return flights;
  }

  @Override
  int consecutiveFailures() {
    return window.consecutiveFailures();
  }
}
