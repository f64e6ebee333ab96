package io.aragora.resilience.resilience4j;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.EventPublisher;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.StateTransition;
import io.github.resilience4j.circuitbreaker.IllegalStateTransitionException;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnCallNotPermittedEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnErrorEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnFailureRateExceededEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnIgnoredErrorEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnResetEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnSlowCallRateExceededEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnStateTransitionEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnSuccessEvent;
import io.github.resilience4j.core.EventConsumer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The events of a breaker. Those of calls are delivered on the thread of the call, those of transitions in the background: the
 * breaker also changes its state for calls that no view sees.
 */
final class BreakerEvents extends GuardedEvents<CircuitBreakerEvent> implements EventPublisher {
  private final CircuitBreaker breaker;
  private final AtomicBoolean subscribed = new AtomicBoolean();

  BreakerEvents(CircuitBreaker breaker, ForeignCalls foreign) {
    super(foreign);
    this.breaker = breaker;
  }

  /** Delivers an event of a call. In a forced state no events are published, as with Resilience4j. */
  void publish(CircuitBreakerEvent event) {
    CircuitBreakerState state = breaker.state();
    if (state != CircuitBreakerState.FORCED_OPEN && state != CircuitBreakerState.DISABLED) {
      deliver(event);
    }
  }

  private void onTransition(CircuitBreakerTransition transition) {
    publishCause(transition);
    State from = BreakerView.stateOf(transition.from());
    State to = BreakerView.stateOf(transition.to());
    if (from != to) {
      StateTransition shown = transitionBetween(from, to);
      if (shown != null) {
        deliver(new CircuitBreakerOnStateTransitionEvent(breaker.name(), shown));
      }
    }
  }

  /** Returns null for a transition that Resilience4j has no value for: from metrics only to open or half-open. */
  private @Nullable StateTransition transitionBetween(State from, State to) {
    try {
      return StateTransition.transitionBetween(breaker.name(), from, to);
    } catch (IllegalStateTransitionException e) {
      return null;
    }
  }

  private void publishCause(CircuitBreakerTransition transition) {
    TransitionCause cause = transition.cause();
    switch (cause) {
      case FAILURE_RATE, FAILURE_COUNT, FAILURE_THRESHOLD, PROBE_FAILED ->
        deliver(new CircuitBreakerOnFailureRateExceededEvent(
            breaker.name(), (float) breaker.snapshot().failureRate()));
      case SLOW_CALL_RATE, PROBE_SLOW ->
        deliver(new CircuitBreakerOnSlowCallRateExceededEvent(
            breaker.name(), (float) breaker.snapshot().slowCallRate()));
      default -> {}
    }
  }

  private void subscribe() {
    if (subscribed.compareAndSet(false, true)) {
      breaker.subscribe(this::onTransition);
    }
  }

  @Override
  public void onEvent(@Nullable EventConsumer<CircuitBreakerEvent> consumer) {
    super.onEvent(consumer);
    subscribe();
  }

  @Override
  public EventPublisher onSuccess(EventConsumer<CircuitBreakerOnSuccessEvent> consumer) {
    registerConsumer(CircuitBreakerOnSuccessEvent.class.getName(), consumer);
    return this;
  }

  @Override
  public EventPublisher onError(EventConsumer<CircuitBreakerOnErrorEvent> consumer) {
    registerConsumer(CircuitBreakerOnErrorEvent.class.getName(), consumer);
    return this;
  }

  @Override
  public EventPublisher onStateTransition(
      EventConsumer<CircuitBreakerOnStateTransitionEvent> consumer) {
    registerConsumer(CircuitBreakerOnStateTransitionEvent.class.getName(), consumer);
    subscribe();
    return this;
  }

  @Override
  public EventPublisher onReset(EventConsumer<CircuitBreakerOnResetEvent> consumer) {
    registerConsumer(CircuitBreakerOnResetEvent.class.getName(), consumer);
    return this;
  }

  @Override
  public EventPublisher onIgnoredError(EventConsumer<CircuitBreakerOnIgnoredErrorEvent> consumer) {
    registerConsumer(CircuitBreakerOnIgnoredErrorEvent.class.getName(), consumer);
    return this;
  }

  @Override
  public EventPublisher onCallNotPermitted(
      EventConsumer<CircuitBreakerOnCallNotPermittedEvent> consumer) {
    registerConsumer(CircuitBreakerOnCallNotPermittedEvent.class.getName(), consumer);
    return this;
  }

  @Override
  public EventPublisher onFailureRateExceeded(
      EventConsumer<CircuitBreakerOnFailureRateExceededEvent> consumer) {
    registerConsumer(CircuitBreakerOnFailureRateExceededEvent.class.getName(), consumer);
    subscribe();
    return this;
  }

  @Override
  public EventPublisher onSlowCallRateExceeded(
      EventConsumer<CircuitBreakerOnSlowCallRateExceededEvent> consumer) {
    registerConsumer(CircuitBreakerOnSlowCallRateExceededEvent.class.getName(), consumer);
    subscribe();
    return this;
  }
}
