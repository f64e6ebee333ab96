package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall.Kind;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.internal.ReadableBreaker;
import io.aragora.resilience.policy.Subscription;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a breaker shows: its state, what a call would meet, its counts, and its calls as events. Reading changes nothing.
 *
 * <p>A breaker is one object, in four steps, because there may be a million of them, and a call is to meet no reference more
 * than it must: this; {@link CircuitBreakerStateMachine}, how it changes; {@link PermitIssuer}, whom it lets in and what
 * follows from how they came out; {@link CoreCircuitBreaker}, how a call runs under it. Each knows only those before it.
 */
abstract class ObservableBreaker extends CorePolicy implements CircuitBreaker, ReadableBreaker {
  final BreakerRuntime runtime;
  final LifetimeTotals totals = new LifetimeTotals();

  /** Null until somebody subscribes. */
  private volatile @Nullable CallEvents callEvents;

  ObservableBreaker(String name, BreakerRuntime runtime) {
    super(name);
    this.runtime = runtime;
  }

  abstract Phase phase();

  @Override
  public CircuitBreakerConfig config() {
    return phase().config;
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

  @Override
  public CircuitBreakerState state() {
    Phase present = phase();
    return Readings.stateAt(
        present, present.state == CircuitBreakerState.OPEN ? runtime.time().nanoTime() : 0);
  }

  @Override
  public CircuitBreakerSnapshot snapshot() {
    return Readings.snapshot(name(), phase(), totals, runtime.time());
  }

  @Override
  public void read(long[] into) {
    Readings.read(phase(), totals, runtime.time(), into);
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

  /**
   * Names what this is saved as.
   *
   * @return its name, or the name of the keyed breaker and the key
   */
  public SavedBreaker.Id storedId() {
    return new SavedBreaker.Id(name(), null);
  }

  /**
   * Returns whether this is the breaker of a key that was evicted or removed, of which nothing is to stay in the store.
   *
   * @return whether it is
   */
  public boolean isForgotten() {
    return false;
  }

  @Override
  public SavedBreaker save() {
    return Readings.save(storedId(), phase(), totals, runtime.time());
  }

  /**
   * Tells whether the present state is another instance's, which has saved it.
   *
   * @return whether it is
   */
  public boolean isFollowing() {
    return phase().cause == TransitionCause.SHARED;
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

  static Kind kindOf(int outcome) {
    return OutcomeWindow.isFailure(outcome) ? Kind.FAILURE : Kind.SUCCESS;
  }

  final void tell(Kind kind, Phase decided, boolean slow, @Nullable Throwable failure) {
    CallEvents events = callEvents;
    if (events != null && events.isHeard(kind)) {
      events.publish(CircuitBreakerCall.builder(name(), kind)
          .sequence(decided.transitions)
          .state(decided.state)
          .slow(slow)
          .failure(failure)
          .at(runtime.time().wallTime())
          .build());
    }
  }

  final boolean hasCallListeners() {
    return callEvents != null;
  }

  final CallNotPermittedException rejection() {
    Phase present = phase();
    return new CallNotPermittedException(name(), present.state, present.cause, remaining(present));
  }

  final long remaining(Phase present) {
    return Readings.remaining(present, runtime.clock().read());
  }

  @Override
  protected Dispatcher dispatcher() {
    return runtime.dispatcher();
  }

  @Override
  public String toString() {
    return "breaker '" + name() + "'";
  }
}
