package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation.Evidence;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.window.CountWindow;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.core.window.TimeWindow;
import io.aragora.resilience.core.window.WindowCounts;
import io.aragora.resilience.policy.Subscription;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How a breaker changes: the only writer of its phase, and teller of its transitions. */
public abstract class CircuitBreakerStateMachine extends ObservableBreaker
    implements OutcomeWindow.Totals {
  /*
   * Everything that belongs to one stay in a state is in its Phase, and a transition replaces the Phase by one CAS. The
   * winner retires the old window, marks the breaker for saving and lets the log emit; the loser looks at the new phase and
   * goes on from there. So there is one winner, one event, and no outcome that reaches a phase it was not admitted by.
   */
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

  private final TransitionLog log;

  @SuppressWarnings("unused") // read through its handle
  private volatile Phase phase;

  /** Of {@link ChangedBreakers}: null where this is not in the list. */
  @SuppressWarnings("unused") // through its handle
  private volatile @Nullable CircuitBreakerStateMachine nextChanged;

  @SuppressWarnings("this-escape") // neither the window nor the log uses it before it is counted in
  CircuitBreakerStateMachine(
      String name,
      CircuitBreakerConfig config,
      BreakerRuntime runtime,
      @Nullable TransitionSink sharedSink) {
    super(name, runtime);
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

  // Acquire: pairs with the CAS that published the phase, so that its constructor's stores are
  // seen.
  @Override
  final Phase phase() {
    return (Phase) PHASE.getAcquire(this);
  }

  /** The one place where the phase changes. What follows a change follows a won CAS. */
  final boolean replace(Phase before, Phase next) {
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
        log.changed(this, runtime);
      } finally {
        runtime.storage().changed(this);
      }
    }
    return true;
  }

  private void countOver(Phase before, Phase next) {
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

  // ---- by what calls met

  private Phase.Builder following(
      Phase before, CircuitBreakerState state, TransitionCause cause, long now) {
    return new Phase.Builder(before.config, state, cause, now, runtime.time().wallTime())
        .after(before);
  }

  final Phase halfOpenAfter(Phase before, long now) {
    return following(before, CircuitBreakerState.HALF_OPEN, TransitionCause.COOLDOWN_ELAPSED, now)
        .cooldownStep(before.cooldownStep)
        .probes(ProbeSlots.of(before.config, now, 0))
        .build();
  }

  final void close(Phase from) {
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
  final void open(Phase from, TransitionCause cause) {
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
    return Evidence.builder()
        .calls(counts.calls() + inFlight)
        .failures(counts.failures())
        .slowCalls(counts.slowCalls() + inFlight)
        .slowCallsInFlight(inFlight)
        .consecutiveFailures(window.streak())
        .build();
  }

  // ---- by hand

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
    judgeAgain(next);
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

  /** Judges what was counted so far by the settings of a phase that took over its counts. */
  abstract void judgeAgain(Phase phase);

  // ---- totals, for the window

  @Override
  public void add(int outcome, long count) {
    totals.add(outcome, count);
  }

  @Override
  public void succeededAt(long nanos) {
    totals.succeededAt(nanos);
  }

  // ---- what is kept across a restart

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
    while (present.config.followsPeers()
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

  // ---- what is told of changes

  @Override
  public long transitions(CircuitBreakerState from, CircuitBreakerState to) {
    return log.counted(from, to);
  }

  @Override
  public Subscription subscribe(CircuitBreakerListener listener) {
    return log.subscribe(this, listener);
  }
}
