package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.Subscription;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Emits a breaker's transitions: each once, in order, in the background. */
final class TransitionLog {
  /*
   * A queue would not do: the winner of a transition can stall before it enqueues, and a later winner overtakes it. The
   * chain of phases is in order by construction, so it is the log. Whoever changes the phase raises `changes` after its CAS;
   * the one that raised it from 0 walks back from the present phase to the last one emitted, and emits the oldest first.
   * Changes made meanwhile raise the count, and the walk is done again until none was. Stress:
   * CircuitBreakerStress.EventsComeOnceInOrder.
   */
  private static final VarHandle CHANGES = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "changes", VarHandle.class, TransitionLog.class, int.class);

  /** That of all keys of a keyed breaker; null for a breaker of its own. */
  private final @Nullable TransitionSink shared;

  /** Null until there is something to count or to tell: a key seldom has one. */
  private volatile @Nullable TransitionSink own;

  @SuppressWarnings("unused") // through its handle
  private volatile int changes;

  TransitionLog(@Nullable TransitionSink shared) {
    this.shared = shared;
  }

  Subscription subscribe(CircuitBreakerStateMachine breaker, CircuitBreakerListener listener) {
    return own(breaker).listeners.add(listener);
  }

  private synchronized TransitionSink own(CircuitBreakerStateMachine breaker) {
    TransitionSink present = own;
    if (present == null) {
      present = new TransitionSink(breaker.name());
      own = present;
    }
    return present;
  }

  /** Called once for each transition. The changes of a key are counted with those of all keys. */
  void count(CircuitBreakerStateMachine breaker, CircuitBreakerState from, CircuitBreakerState to) {
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
  void changed(CircuitBreakerStateMachine breaker, BreakerRuntime runtime) {
    if ((int) CHANGES.getAndAdd(this, 1) != 0) {
      return;
    }
    try {
      if (isHeard(runtime)) {
        runtime.dispatcher().tell(() -> emit(breaker, runtime));
      } else {
        emit(breaker, runtime);
      }
    } catch (Throwable e) {
      giveUp(runtime, e);
    }
  }

  /** Leaves the phases in their chain, so the next change tells of them too. */
  private void giveUp(BreakerRuntime runtime, Throwable failure) {
    CHANGES.setVolatile(this, 0);
    runtime
        .dispatcher()
        .failed("the listeners of a breaker learn of its change with the next one", failure);
  }

  private void emit(CircuitBreakerStateMachine breaker, BreakerRuntime runtime) {
    try {
      emitAll(breaker, runtime);
    } catch (Throwable e) {
      giveUp(runtime, e);
    }
  }

  private void emitAll(CircuitBreakerStateMachine breaker, BreakerRuntime runtime) {
    Deque<Phase> entered = new ArrayDeque<>();
    int seen = changes;
    while (seen != 0) {
      Phase phase = breaker.phase();
      for (Phase before = phase.previous; before != null; before = phase.previous) {
        entered.push(phase);
        phase = before;
      }
      while (!entered.isEmpty()) {
        emit(breaker, runtime, entered.pop());
      }
      seen = (int) CHANGES.getAndAdd(this, -seen) - seen;
    }
  }

  private void emit(CircuitBreakerStateMachine breaker, BreakerRuntime runtime, Phase entered) {
    Phase left = entered.previous;
    if (left != null && left.transitions != entered.transitions && isHeard(runtime)) {
      CircuitBreakerTransition transition = new CircuitBreakerTransition(
          breaker.name(),
          entered.transitions,
          left.state,
          entered.state,
          entered.cause,
          entered.enteredWall(),
          Duration.ofNanos(entered.cooldownNanos));
      tell(own, transition);
      tell(shared, transition);
      runtime.listeners().each(listener -> listener.onTransition(transition));
    }
    entered.previous = null;
  }

  private static void tell(@Nullable TransitionSink sink, CircuitBreakerTransition transition) {
    if (sink != null) {
      sink.listeners.each(listener -> listener.onTransition(transition));
    }
  }
}
