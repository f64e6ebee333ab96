package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation.Evidence;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.core.window.TimeWindow;
import io.aragora.resilience.core.window.WindowCounts;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One stay of a breaker in one state, with everything that belongs to it. Each phase is a new object, so an outcome can only
 * reach the phase that admitted its call. Other settings for the same phase are a new object, too, which has the same generation
 * and the same counts.
 *
 * <p>A phase is passive: it admits calls, counts outcomes and says what follows from them. It never replaces itself; the
 * breaker does, by one CAS of its reference to the phase.
 */
abstract sealed class Phase permits CountingPhase, OpenPhase, HalfOpenPhase, StandingPhase {
  /** The value that {@link #admit} returns once the phase is over. No permit has this value. */
  static final long OVER = -1;

  /** The value that {@link #count} returns if the window of the phase has been retired: the outcome is not counted. */
  static final int RETIRED = -1;

  /** The duration of a call that was not measured, or is measured by the phase itself. */
  static final long UNMEASURED = -1;

  /** The value that {@link #count} returns if the permit holds nothing any more: it was used before, or its lease is over. */
  static final int NOT_HELD = -2;

  private static final VarHandle FREE_PERMIT = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "freePermit", VarHandle.class, Phase.class, long.class);

  final CircuitBreakerConfig config;
  final CircuitBreakerState state;
  final TransitionCause cause;
  final long generation;

  /** Counts transitions; the same as in the phase before where only the settings or the counts changed. */
  final long transitions;

  final long enteredAt;
  final long wallMicros;

  /**
   * The permit of each call that needs no further look; {@link CircuitBreaker#REJECTED} where every call needs one. Only a phase
   * that throttles changes it. Opaque for calls: the permit stands for itself, and a long must not tear.
   */
  @SuppressWarnings({"unused", "FieldMayBeFinal"}) // through its handle
  private long freePermit;

  /** The window in which a success with the {@link #freePermit()} is counted at once; null if it must be examined first. */
  final @Nullable TimeWindow plain;

  /** Whether a rule asks about the results of calls. */
  final boolean judgesResults;

  /** The phase before, until its transition was emitted: the log that events are read from. */
  volatile @Nullable Phase previous;

  Phase(PhaseHeader header, long freePermit, @Nullable TimeWindow plain) {
    this.config = header.config();
    this.state = header.state();
    this.cause = header.cause();
    this.generation = header.generation();
    this.transitions = header.transitions();
    this.enteredAt = header.enteredAt();
    this.wallMicros = header.wallMicros();
    this.previous = header.previous();
    this.judgesResults = config.recordResultIf() != null;
    this.freePermit = freePermit;
    this.plain = plain;
  }

  // ---- decisions

  final long freePermit() {
    return (long) FREE_PERMIT.getOpaque(this);
  }

  final void setFreePermit(long permit) {
    FREE_PERMIT.setVolatile(this, permit);
  }

  /**
   * Decides about a call for which there is no {@link #freePermit()}.
   *
   * @return its permit, {@link CircuitBreaker#REJECTED}, or {@link #OVER}
   */
  abstract long admit(CoarseClock clock);

  /** Returns what a call that this phase rejects is told. */
  TransitionCause rejectionCause() {
    return cause;
  }

  /** Returns the share of calls that are rejected at random, 0 to 0.9. */
  double throttleShare() {
    return 0;
  }

  /** Returns whether a call would be admitted. */
  abstract boolean isAvailable(long now);

  /**
   * Counts an outcome of a call that this phase admitted.
   *
   * @param outcome {@link OutcomeWindow#SUCCESS} or {@link OutcomeWindow#FAILURE}
   * @param heldNanos how long the call took; {@link #UNMEASURED} if the permit says it, or it does not matter
   * @return the outcome, with its duration taken into account; {@link #RETIRED} or {@link #NOT_HELD} if it was not counted
   */
  abstract int count(
      long permit, int outcome, long heldNanos, CoarseClock clock, LifetimeTotals totals);

  /** Returns how long a call has taken by its permit; {@link #UNMEASURED} if that does not say it precisely. */
  long heldNanos(long permit, CoarseClock clock) {
    return UNMEASURED;
  }

  /** Releases a permit without an outcome. Returns false if it held nothing any more. */
  boolean release(long permit) {
    return true;
  }

  // ---- what belongs to some states only

  /** Returns the window in which the phase counts; null if it does not count. */
  @Nullable
  OutcomeWindow window() {
    return null;
  }

  /** Returns the calls under way that count as slow before they end; null where none are watched. */
  @Nullable
  CallsInFlight flights() {
    return null;
  }

  final long slowInFlight(long now) {
    CallsInFlight calls = flights();
    return calls == null ? 0 : calls.slow(now);
  }

  final WindowCounts counts(long now) {
    OutcomeWindow window = window();
    return window == null ? WindowCounts.NONE : window.counts(now);
  }

  /** Returns the number of consecutive failures: those of the window, or those that led to this phase. */
  abstract int consecutiveFailures();

  /** Returns the instant at which the phase ends; {@link TimeSource#NEVER} where no time ends it. */
  long until() {
    return TimeSource.NEVER;
  }

  long cooldownNanos() {
    return 0;
  }

  /** Returns how often the breaker opened before this without having closed. */
  int cooldownStep() {
    return 0;
  }

  /** Returns what the rule saw that led to this phase; null where no rule did. */
  @Nullable
  Evidence evidence() {
    return null;
  }

  int probesInFlight(long now) {
    return 0;
  }

  int probeSuccesses() {
    return 0;
  }

  int probeFailures() {
    return 0;
  }

  // ---- readings

  final long remaining(long now) {
    return until() == TimeSource.NEVER ? 0 : Math.max(0, until() - now);
  }

  /** Returns the state as it is shown: a cooldown that is over is half-open before the first probe asks. */
  final CircuitBreakerState stateAt(long now) {
    return now >= until() ? CircuitBreakerState.HALF_OPEN : state;
  }

  /** Returns the state as it is shown at this moment. Reads the clock only if the state has an end. */
  final CircuitBreakerState shownState(TimeSource time) {
    return state == CircuitBreakerState.OPEN ? stateAt(time.nanoTime()) : state;
  }

  final Instant enteredWall() {
    return Instant.ofEpochSecond(
        Math.floorDiv(wallMicros, 1_000_000L), Math.floorMod(wallMicros, 1_000_000L) * 1_000L);
  }

  final long microsAt(long now) {
    return (now - enteredAt) / 1000;
  }

  static long slowNanos(CircuitBreakerConfig config) {
    return config.slowCallRateThreshold() == 0 ? 0 : config.slowCallDuration().toNanos();
  }
}
