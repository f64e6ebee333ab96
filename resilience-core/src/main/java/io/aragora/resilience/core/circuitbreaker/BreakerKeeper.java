package io.aragora.resilience.core.circuitbreaker;

/** Keeps what breakers are, across restarts. Called by whoever makes or changes a breaker: must be quick. */
public interface BreakerKeeper {
  /** Keeps nothing. */
  BreakerKeeper NONE = new BreakerKeeper() {
    @Override
    public void made(CircuitBreakerStateMachine breaker) {}

    @Override
    public void changed(CircuitBreakerStateMachine breaker) {}
  };

  /**
   * Called for a new breaker before anybody else has it, to give it what was kept.
   *
   * @param breaker the breaker
   */
  void made(CircuitBreakerStateMachine breaker);

  /**
   * Called after every change of phase, on the thread of the change.
   *
   * @param breaker the breaker
   */
  void changed(CircuitBreakerStateMachine breaker);
}
