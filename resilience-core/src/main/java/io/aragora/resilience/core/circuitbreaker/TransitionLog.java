package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.Subscription;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.Listeners;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Emits a breaker's transitions: each once, in order, in the background. */
final class TransitionLog {
  /*
   * A queue would not do: the winner of a transition can stall before it enqueues, and a later winner overtakes it. The
   * chain of phases is in order by construction, so it is the log. Whoever changes the phase raises `changes` after its CAS;
   * the one that raised it from 0 walks back from the present phase to the last one emitted, and emits the oldest first.
   * Changes made meanwhile raise the count, and the walk is done again until none was.
   */
  private final String breaker;
  private final Dispatcher dispatcher;
  private final Listeners<CircuitBreakerListener> listeners;
  private final AtomicInteger changes = new AtomicInteger();

  TransitionLog(String breaker, Dispatcher dispatcher) {
    this.breaker = breaker;
    this.dispatcher = dispatcher;
    this.listeners = new Listeners<>(breaker);
  }

  Subscription subscribe(CircuitBreakerListener listener) {
    return listeners.add(listener);
  }

  /** Called after each replacement of the phase. */
  void changed(Supplier<Phase> present) {
    if (changes.getAndIncrement() != 0) {
      return;
    }
    if (listeners.isPresent()) {
      dispatcher.dispatch(() -> emit(present));
    } else {
      emit(present);
    }
  }

  private void emit(Supplier<Phase> present) {
    Deque<Phase> entered = new ArrayDeque<>();
    int seen = changes.get();
    while (seen != 0) {
      Phase phase = present.get();
      for (Phase before = phase.previous; before != null; before = phase.previous) {
        entered.push(phase);
        phase = before;
      }
      while (!entered.isEmpty()) {
        emit(entered.pop());
      }
      seen = changes.addAndGet(-seen);
    }
  }

  private void emit(Phase entered) {
    Phase left = entered.previous;
    if (left != null && left.transitions != entered.transitions && listeners.isPresent()) {
      CircuitBreakerTransition transition = new CircuitBreakerTransition(
          breaker,
          entered.transitions,
          left.state,
          entered.state,
          entered.cause,
          entered.enteredWall,
          Duration.ofNanos(entered.cooldownNanos));
      listeners.each(listener -> listener.onTransition(transition));
    }
    entered.previous = null;
  }
}
