package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.CheckedSupplier;
import io.aragora.resilience.Subscription;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.window.TimeWindow;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A circuit breaker, the only writer of its phase. */
public final class CircuitBreakerStateMachine extends CorePolicy
    implements CircuitBreaker, TimeWindow.Totals {
  /*
   * Everything that belongs to one stay in a state is in its Phase, and a transition replaces the Phase by one CAS. The
   * winner retires the old window, marks the breaker for saving and lets the log emit; the loser looks at the new phase and
   * goes on from there. So there is one winner, one event, and no outcome that reaches a phase it was not admitted by.
   *
   * Admission in a closed state is one acquire load of the phase and one final field. An outcome is one CAS in the window;
   * a success after a success writes nothing else.
   */
  private static final VarHandle PHASE = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(),
      "phase",
      VarHandle.class,
      CircuitBreakerStateMachine.class,
      Phase.class);

  private final TimeSource time;
  private final FailureJudge judge;
  private final TransitionLog log;
  private final Consumer<CircuitBreakerStateMachine> onChange;

  private final LongAdder successes = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final LongAdder ignored = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder late = new LongAdder();

  private volatile Phase phase;

  /**
   * Makes a closed breaker.
   *
   * @param name its name
   * @param config its settings
   * @param time its time
   * @param dispatcher delivers its events
   * @param onChange called after every change of phase, on the thread of the change: must be quick
   */
  public CircuitBreakerStateMachine(
      String name,
      CircuitBreakerConfig config,
      TimeSource time,
      Dispatcher dispatcher,
      Consumer<CircuitBreakerStateMachine> onChange) {
    super(name);
    this.time = time;
    this.judge = new FailureJudge(name);
    this.log = new TransitionLog(name, dispatcher);
    this.onChange = onChange;
    this.phase = new Phase.Builder(
            config,
            CircuitBreakerState.CLOSED,
            TransitionCause.CREATED,
            time.nanoTime(),
            time.wallTime())
        .window(newWindow(config))
        .build();
  }

  private TimeWindow newWindow(CircuitBreakerConfig config) {
    return new TimeWindow(config.window().toNanos(), time::nanoTime, this);
  }

  // Acquire: pairs with the CAS that published the phase, so that what its constructor stored is
  // seen.
  private Phase phaseAcquire() {
    return (Phase) PHASE.getAcquire(this);
  }

  @Override
  public CircuitBreakerConfig config() {
    return phase.config;
  }

  // ---- admission

  @Override
  public long tryAcquirePermit() {
    Phase present = phaseAcquire();
    long permit = present.freePermit;
    return permit != REJECTED ? permit : tryAcquireSlowly(present);
  }

  private long tryAcquireSlowly(Phase first) {
    Phase present = first;
    while (true) {
      if (present.freePermit != REJECTED) {
        return present.freePermit;
      }
      switch (present.state) {
        case OPEN -> {
          long now = time.nanoTime();
          if (now < present.until) {
            rejected.increment();
            return REJECTED;
          }
          replace(
              present,
              following(
                      present, CircuitBreakerState.HALF_OPEN, TransitionCause.COOLDOWN_ELAPSED, now)
                  .cooldownStep(present.cooldownStep)
                  .build());
        }
        case HALF_OPEN -> {
          ProbeSlots probes = present.probes;
          long place = probes == null ? ProbeSlots.NONE : probes.claim(time.nanoTime());
          if (place == ProbeSlots.NONE) {
            rejected.increment();
            return REJECTED;
          }
          return Permit.halfOpen(present.generation, Permit.slot(place), Permit.sequence(place));
        }
        default -> {
          rejected.increment();
          return REJECTED;
        }
      }
      present = phaseAcquire();
    }
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
    Phase present = phaseAcquire();
    long remaining = present.state == CircuitBreakerState.OPEN
        ? Math.max(0, present.until - time.nanoTime())
        : 0;
    return new CallNotPermittedException(name(), present.state, present.cause, remaining);
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

  // ---- outcomes

  @Override
  public void recordSuccess(long permit) {
    complete(permit, TimeWindow.SUCCESS);
  }

  @Override
  public void recordFailure(long permit, @Nullable Throwable failure) {
    switch (judge.ofThread(phase.config, failure)) {
      case SUCCESS -> complete(permit, TimeWindow.SUCCESS);
      case FAILURE -> complete(permit, TimeWindow.FAILURE);
      case NEITHER -> releasePermit(permit);
    }
  }

  @Override
  public void releasePermit(long permit) {
    check(permit);
    Phase present = phaseAcquire();
    if (Permit.kind(permit) == Permit.HALF_OPEN
        && !(present.probes != null
            && Permit.isOfGeneration(permit, present.generation)
            && present.probes.complete(Permit.slot(permit), Permit.sequence(permit)))) {
      late.increment();
      return;
    }
    ignored.increment();
  }

  private static void check(long permit) {
    if (permit == REJECTED) {
      throw new IllegalArgumentException("permit must be one that was given, not REJECTED: 0");
    }
  }

  private void complete(long permit, int outcome) {
    check(permit);
    Phase present = phaseAcquire();
    if (!Permit.isOfGeneration(permit, present.generation)) {
      completeLate(outcome);
      return;
    }
    switch (Permit.kind(permit)) {
      case Permit.CLOSED -> completeClosed(present, outcome);
      case Permit.HALF_OPEN -> completeProbe(present, permit, outcome);
      default -> completeBypass(present, outcome);
    }
  }

  private void completeLate(int outcome) {
    late.increment();
    add(outcome, 1);
  }

  private void completeBypass(Phase present, int outcome) {
    TimeWindow window = present.window;
    if (window == null) {
      add(outcome, 1);
    } else if (!window.count(outcome)) {
      completeLate(outcome);
    } else if (outcome == TimeWindow.SUCCESS) {
      present.endStreak();
    } else {
      present.lengthenStreak();
    }
  }

  private void completeClosed(Phase present, int outcome) {
    TimeWindow window = present.window;
    if (window == null || !window.count(outcome)) {
      completeLate(outcome);
      return;
    }
    if (outcome == TimeWindow.SUCCESS) {
      present.endStreak();
      // The count above comes before this read; whoever sets the flag sums again afterwards. One of
      // us sees the other's.
      if (present.awaitsMinimum) {
        judgeRate(present, window);
      }
      return;
    }
    int streak = present.lengthenStreak();
    int threshold = present.config.failureThreshold();
    if (threshold != 0 && streak >= threshold) {
      open(present, TransitionCause.FAILURE_THRESHOLD);
    } else if (present.config.failureRateThreshold() != 0) {
      judgeRate(present, window);
    }
  }

  private void judgeRate(Phase present, TimeWindow window) {
    CircuitBreakerConfig config = present.config;
    for (boolean again = false; ; again = true) {
      long failed = window.sum(TimeWindow.FAILURE);
      long calls = failed + window.sum(TimeWindow.SUCCESS);
      boolean rateReached = 100.0 * failed >= config.failureRateThreshold() * calls && failed != 0;
      if (calls >= config.minimumNumberOfCalls()) {
        present.awaitsMinimum = false;
        if (rateReached) {
          open(present, TransitionCause.FAILURE_RATE);
        }
        return;
      }
      if (!rateReached || again) {
        return;
      }
      present.awaitsMinimum = true;
    }
  }

  private void completeProbe(Phase present, long permit, int outcome) {
    ProbeSlots probes = present.probes;
    if (probes == null || !probes.complete(Permit.slot(permit), Permit.sequence(permit))) {
      late.increment();
      return;
    }
    add(outcome, 1);
    if (outcome == TimeWindow.FAILURE) {
      open(present, TransitionCause.PROBE_FAILED);
    } else if (present.probeSuccesses.incrementAndGet() >= present.config.successThreshold()) {
      replace(present, closedAfter(present, TransitionCause.PROBES_SUCCEEDED).build());
    }
  }

  @Override
  public void add(int outcome, long count) {
    (outcome == TimeWindow.SUCCESS ? successes : failures).add(count);
  }

  // ---- transitions

  private Phase.Builder following(
      Phase before, CircuitBreakerState state, TransitionCause cause, long now) {
    return new Phase.Builder(before.config, state, cause, now, time.wallTime()).after(before);
  }

  private Phase.Builder closedAfter(Phase before, TransitionCause cause) {
    return following(before, CircuitBreakerState.CLOSED, cause, time.nanoTime())
        .window(newWindow(before.config));
  }

  private void open(Phase before, TransitionCause cause) {
    int step = before.state == CircuitBreakerState.HALF_OPEN ? before.cooldownStep + 1 : 0;
    long cooldown = cooldownNanos(before.config, step, before.generation + 1);
    long now = time.nanoTime();
    replace(
        before,
        following(before, CircuitBreakerState.OPEN, cause, now)
            .openUntil(now + cooldown, cooldown)
            .cooldownStep(step)
            .build());
  }

  private long cooldownNanos(CircuitBreakerConfig config, int step, long generation) {
    double nanos = config.cooldown().toNanos();
    if (config.cooldownBackoff() > 1) {
      nanos = Math.min(nanos * Math.pow(config.cooldownBackoff(), step), (double)
          config.maxCooldown().toNanos());
    }
    if (config.cooldownJitter() > 0) {
      nanos += nanos * config.cooldownJitter() * time.random(name(), generation, 0);
    }
    return (long) nanos;
  }

  /** The one place where the phase changes. What follows a change follows a won CAS. */
  private boolean replace(Phase before, Phase next) {
    if (!PHASE.compareAndSet(this, before, next)) {
      return false;
    }
    if (before.window != null) {
      before.window.retire();
    }
    log.changed(this::phaseAcquire);
    onChange.accept(this);
    return true;
  }

  @Override
  public void reset() {
    Phase present;
    Phase.Builder next;
    do {
      present = phaseAcquire();
      next = present.state == CircuitBreakerState.CLOSED
          ? new Phase.Builder(
                  present.config,
                  CircuitBreakerState.CLOSED,
                  TransitionCause.MANUAL,
                  time.nanoTime(),
                  time.wallTime())
              .inPlaceOf(present)
              .window(newWindow(present.config))
          : closedAfter(present, TransitionCause.MANUAL);
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
    Phase present = phaseAcquire();
    while (present.state != state) {
      Phase next = following(present, state, TransitionCause.MANUAL, time.nanoTime())
          .window(newWindow(present.config))
          .build();
      if (replace(present, next)) {
        return;
      }
      present = phaseAcquire();
    }
  }

  /**
   * Gives a breaker that was looked up before it was declared the settings of its declaration. What it counted so far goes
   * to the totals.
   *
   * @param config the settings
   */
  public void configure(CircuitBreakerConfig config) {
    Phase present;
    Phase next;
    do {
      present = phaseAcquire();
      next = new Phase.Builder(
              config, present.state, present.cause, present.enteredAt, present.enteredWall)
          .inPlaceOf(present)
          .window(newWindow(config))
          .openUntil(present.until, present.cooldownNanos)
          .cooldownStep(present.cooldownStep)
          .streak(present.streak())
          .probeSuccesses(present.probeSuccesses.get())
          .build();
    } while (!replace(present, next));
  }

  // ---- what is kept across a restart

  /**
   * Writes down what is to be kept.
   *
   * @return the state at this instant
   */
  @Override
  public SavedBreaker save() {
    Phase present = phaseAcquire();
    Instant wall = time.wallTime();
    boolean open = present.state == CircuitBreakerState.OPEN;
    Instant openUntil = open ? wall.plusNanos(present.until - time.nanoTime()) : null;
    return new SavedBreaker(
        name(),
        present.state,
        present.generation,
        present.enteredWall,
        openUntil,
        Duration.ofNanos(present.cooldownNanos),
        present.cooldownStep,
        present.streak(),
        present.probeSuccesses.get(),
        totals(present),
        present.config.toString(),
        wall);
  }

  /**
   * Takes over what was kept: totals in any case, the state if this breaker has not moved by itself.
   *
   * @param saved what was kept
   * @return a remark where something could not be taken over; null where all was
   */
  public @Nullable String adopt(SavedBreaker saved) {
    add(TimeWindow.SUCCESS, saved.totals().successes());
    add(TimeWindow.FAILURE, saved.totals().failures());
    ignored.add(saved.totals().ignored());
    rejected.add(saved.totals().rejected());
    late.add(saved.totals().late());
    Phase present = phaseAcquire();
    if (present.transitions != 0) {
      return "it has moved since, so only its totals were restored";
    }
    boolean sameSettings = saved.declared().equals(present.config.toString());
    if (!replace(present, restored(present, saved, sameSettings))) {
      return "it has moved since, so only its totals were restored";
    }
    return sameSettings
        ? null
        : "its settings have changed, so counts and probes were not restored";
  }

  private Phase restored(Phase present, SavedBreaker saved, boolean sameSettings) {
    long now = time.nanoTime();
    CircuitBreakerState state = saved.state();
    if (state == CircuitBreakerState.HALF_OPEN && !sameSettings) {
      state = CircuitBreakerState.OPEN;
    }
    Phase.Builder next =
        new Phase.Builder(present.config, state, TransitionCause.RESTORED, now, saved.enteredAt());
    if (state == CircuitBreakerState.CLOSED) {
      next.inPlaceOf(present).streak(sameSettings ? saved.consecutiveFailures() : 0);
    } else {
      next.after(present);
    }
    next.atLeastGeneration(saved.generation())
        .window(newWindow(present.config))
        .cooldownStep(saved.cooldownStep());
    if (state == CircuitBreakerState.OPEN) {
      // A wall clock that went back must not lengthen the cooldown, so what is left is never more
      // than all of it.
      long cooldown = saved.cooldown().toNanos();
      long left = saved.openUntil() == null
          ? 0
          : Math.min(Math.max(0, nanosBetween(time.wallTime(), saved.openUntil())), cooldown);
      if (!sameSettings) {
        left = Math.min(left, present.config.cooldown().toNanos());
      }
      next.openUntil(now + left, cooldown);
    } else if (state == CircuitBreakerState.HALF_OPEN) {
      next.probeSuccesses(Math.min(saved.probeSuccesses(), present.config.successThreshold() - 1));
    }
    return next.build();
  }

  private static long nanosBetween(Instant from, Instant to) {
    try {
      return Duration.between(from, to).toNanos();
    } catch (ArithmeticException e) {
      return from.isBefore(to) ? Long.MAX_VALUE : 0;
    }
  }

  // ---- reading

  @Override
  public CircuitBreakerState state() {
    Phase present = phaseAcquire();
    return stateAt(present, present.state == CircuitBreakerState.OPEN ? time.nanoTime() : 0);
  }

  private static CircuitBreakerState stateAt(Phase present, long now) {
    return present.state == CircuitBreakerState.OPEN && now >= present.until
        ? CircuitBreakerState.HALF_OPEN
        : present.state;
  }

  @Override
  public CircuitBreakerSnapshot snapshot() {
    Phase present = phaseAcquire();
    long now = time.nanoTime();
    TimeWindow window = present.window;
    long failed = window == null ? 0 : window.sum(TimeWindow.FAILURE);
    long calls = window == null ? 0 : failed + window.sum(TimeWindow.SUCCESS);
    long left = present.state == CircuitBreakerState.OPEN ? Math.max(0, present.until - now) : 0;
    return new CircuitBreakerSnapshot(
        name(),
        stateAt(present, now),
        present.cause,
        present.generation,
        present.transitions,
        calls,
        failed,
        0,
        0,
        present.streak(),
        0,
        present.probes == null ? 0 : present.probes.inFlight(now),
        present.probes == null ? 0 : present.probeSuccesses.get(),
        Duration.ofNanos(present.cooldownNanos),
        Duration.ofNanos(left),
        null,
        null,
        0,
        totals(present));
  }

  private CircuitBreakerTotals totals(Phase present) {
    TimeWindow window = present.window;
    long ok = window == null ? 0 : window.total(TimeWindow.SUCCESS);
    long failed = window == null ? 0 : window.total(TimeWindow.FAILURE);
    return new CircuitBreakerTotals(
        successes.sum() + ok, failures.sum() + failed, ignored.sum(), rejected.sum(), late.sum());
  }

  @Override
  public Subscription subscribe(CircuitBreakerListener listener) {
    return log.subscribe(listener);
  }

  @Override
  public boolean restore(SavedBreaker saved) {
    return adopt(saved) == null;
  }

  @Override
  public io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation explain() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isAvailable() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void reconfigure(CircuitBreakerConfig config) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Subscription subscribeCalls(
      java.util.Set<io.aragora.resilience.circuitbreaker.CircuitBreakerCall.Kind> kinds,
      Consumer<? super io.aragora.resilience.circuitbreaker.CircuitBreakerCall> listener) {
    throw new UnsupportedOperationException();
  }

  // ---- as a policy

  @Override
  protected <T extends @Nullable Object> T proceed(
      PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body) throws Throwable {
    return guard(acquirePermit(), chain, index, body);
  }

  private <T extends @Nullable Object> T guard(
      long permit, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    T result;
    try {
      result = chain.<T>inside(index, body);
    } catch (Throwable e) {
      recordFailure(permit, e);
      throw e;
    }
    // A body that outstayed a limit around this breaker and still came back is what a hung
    // dependency looks like.
    boolean tooLate = chain.isLimitedBefore(index) && Frame.hasThreadExpired();
    complete(permit, tooLate ? TimeWindow.FAILURE : outcomeOf(result));
    return result;
  }

  private int outcomeOf(@Nullable Object result) {
    return judge.isFailure(phaseAcquire().config, result) ? TimeWindow.FAILURE : TimeWindow.SUCCESS;
  }

  @Override
  @SuppressWarnings("unchecked") // the chain throws what the body throws, which is X
  public <T extends @Nullable Object, X extends Throwable> CallOutcome<T> tryCall(
      CheckedSupplier<? extends T, X> body) throws X {
    long permit = tryAcquirePermit();
    if (permit == REJECTED) {
      return CallOutcome.rejected(rejection());
    }
    try {
      return CallOutcome.of(this.<T>guard(permit, chain(), 0, body));
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
    long permit = tryAcquirePermit();
    if (permit == REJECTED) {
      return CompletableFuture.failedFuture(rejection());
    }
    GuardedFuture<T> future = new GuardedFuture<>(this, permit);
    future.guard(chain.insideAsync(context, index, body));
    return future;
  }

  void completeAsync(long permit, @Nullable Object result, @Nullable Throwable failure) {
    if (failure == null) {
      complete(permit, outcomeOf(result));
      return;
    }
    switch (judge.ofFuture(phaseAcquire().config, failure)) {
      case SUCCESS -> complete(permit, TimeWindow.SUCCESS);
      case FAILURE -> complete(permit, TimeWindow.FAILURE);
      case NEITHER -> releasePermit(permit);
    }
  }

  @Override
  public String toString() {
    return "breaker '" + name() + "'";
  }
}
