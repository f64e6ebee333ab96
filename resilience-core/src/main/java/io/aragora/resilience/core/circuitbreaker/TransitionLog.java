package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.core.dispatch.RepeatedHandOver;
import io.aragora.resilience.policy.Subscription;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Emits a breaker's transitions: each once, in order, in the background. */
final class TransitionLog extends RepeatedHandOver {
  /*
   * A queue would not do: the winner of a transition can stall before it enqueues, and a later winner overtakes it. The
   * chain of phases is in order by construction, so it is the log. A thread that changes the phase raises `changes` after its CAS;
   * the one that raises it from 0 walks back from the present phase to the last one emitted, and emits the oldest first.
   * Changes made meanwhile raise the count, and the walk is done again until none was. Stress:
   * CircuitBreakerStress.EventsComeOnceInOrder.
   *
   * An emission that fails, because the heap is full for instance, leaves its phases in their chain and `changes` above 0, and
   * the dispatcher hands it over again a moment later. Whatever has to be allocated for a phase is, before the first listener
   * is told of it; so none is told twice.
   *
   * Without a listener, the thread that changed the phase walks by itself and only cuts the chain. It calls no listener, since it
   * may be that of a call or the timer's: if one was added meanwhile, the walk goes on in the background.
   */
  private static final BiConsumer<CircuitBreakerListener, CircuitBreakerTransition> TELL =
      new BiConsumer<>() {
        @Override
        public void accept(CircuitBreakerListener listener, CircuitBreakerTransition transition) {
          listener.onTransition(transition);
        }
      };

  private static final VarHandle CHANGES = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "changes", VarHandle.class, TransitionLog.class, int.class);

  /** The sink of all keys of a keyed breaker; null for a breaker without keys. */
  private final @Nullable TransitionSink shared;

  /** The sink of this breaker; null until there is an event to count or a listener. A key seldom has one. */
  private volatile @Nullable TransitionSink own;

  @SuppressWarnings("unused") // through its handle
  private volatile int changes;

  /** The breaker whose changes are emitted again; set before the repetition is requested. */
  private @Nullable PhaseOwner unheard;

  TransitionLog(@Nullable TransitionSink shared) {
    this.shared = shared;
  }

  Subscription subscribe(PhaseOwner breaker, CircuitBreakerListener listener) {
    return own(breaker).listeners.add(listener);
  }

  private synchronized TransitionSink own(PhaseOwner breaker) {
    TransitionSink present = own;
    if (present == null) {
      present = new TransitionSink(breaker.name());
      own = present;
    }
    return present;
  }

  /** Called once for each transition. The changes of a key are counted with those of all keys. */
  void count(PhaseOwner breaker, CircuitBreakerState from, CircuitBreakerState to) {
    (shared != null ? shared : own(breaker)).count(from, to);
  }

  long counted(CircuitBreakerState from, CircuitBreakerState to) {
    TransitionSink present = shared != null ? shared : own;
    return present == null ? 0 : present.counted(from, to);
  }

  private boolean isHeard(BreakerRuntime runtime) {
    return runtime.listeners().isPresent() || isPresent(own) || isPresent(shared);
  }

  private static boolean isPresent(@Nullable TransitionSink sink) {
    return sink != null && sink.listeners.isPresent();
  }

  /** Called after each replacement of the phase. */
  void phaseChanged(PhaseOwner breaker) {
    if ((int) CHANGES.getAndAdd(this, 1) != 0) {
      return;
    }
    try {
      if (isHeard(breaker.runtime())) {
        emitInBackground(breaker);
      } else {
        emitAll(breaker, false);
      }
    } catch (Throwable e) {
      emitAgain(breaker, e);
    }
  }

  private void emitInBackground(PhaseOwner breaker) {
    breaker.runtime().dispatcher().tell(() -> emit(breaker));
  }

  private void emitAgain(PhaseOwner breaker, Throwable failure) {
    boolean comes = false;
    try {
      unheard = breaker;
      comes = breaker.runtime().dispatcher().again(this);
      breaker
          .runtime()
          .dispatcher()
          .failed("the listeners of a breaker learn of its change later", failure);
    } finally {
      if (!comes) {
        // The next change tells of these phases, too.
        CHANGES.setVolatile(this, 0);
      }
    }
  }

  @Override
  protected void handOver() {
    PhaseOwner breaker = unheard;
    if (breaker != null) {
      try {
        emitInBackground(breaker);
      } catch (Throwable e) {
        emitAgain(breaker, e);
      }
    }
  }

  private void emit(PhaseOwner breaker) {
    try {
      emitAll(breaker, true);
    } catch (Throwable e) {
      emitAgain(breaker, e);
    }
  }

  /** Emits until no change is left. Without {@code toListeners}, leaves the rest to the background if there is a listener. */
  private void emitAll(PhaseOwner breaker, boolean toListeners) {
    Deque<Phase> entered = new ArrayDeque<>();
    int seen = changes;
    while (seen != 0) {
      Phase phase = breaker.phase();
      for (Phase before = phase.previous; before != null; before = phase.previous) {
        entered.push(phase);
        phase = before;
      }
      while (!entered.isEmpty()) {
        if (toListeners) {
          emit(breaker, entered.pop());
        } else if (isHeard(breaker.runtime())) {
          emitInBackground(breaker);
          return;
        } else {
          entered.pop().previous = null;
        }
      }
      seen = (int) CHANGES.getAndAdd(this, -seen) - seen;
    }
  }

  private void emit(PhaseOwner breaker, Phase entered) {
    Phase left = entered.previous;
    if (left != null && left.transitions != entered.transitions && isHeard(breaker.runtime())) {
      CircuitBreakerTransition transition = CircuitBreakerTransition.builder(
              breaker.name(), left.state, entered.state, entered.cause)
          .sequence(entered.transitions)
          .at(entered.enteredWall())
          .cooldown(Duration.ofNanos(entered.cooldownNanos()))
          .build();
      tell(own, transition);
      tell(shared, transition);
      breaker.runtime().listeners().each(TELL, transition);
    }
    entered.previous = null;
  }

  private static void tell(@Nullable TransitionSink sink, CircuitBreakerTransition transition) {
    if (sink != null) {
      sink.listeners.each(TELL, transition);
    }
  }
}
