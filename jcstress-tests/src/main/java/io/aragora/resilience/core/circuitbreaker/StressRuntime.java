package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.time.TimeSource;

/** What the breakers under stress belong to. */
final class StressRuntime {
  /** Shared by breakers that arm no timer, since making one for each sample would be most of the test. */
  static final BreakerRuntime SYSTEM_TIME = of(SystemTimeSource.INSTANCE, BreakerKeeper.NONE);

  private StressRuntime() {}

  /** Tells its events where they happen, on the actor's own thread. */
  static BreakerRuntime handDriven(BreakerKeeper keeper) {
    return of(new HandDrivenTime(), keeper);
  }

  private static BreakerRuntime of(TimeSource time, BreakerKeeper keeper) {
    return BreakerRuntime.of(
        time, new Timer("stress", time), new Dispatcher("stress", time, null), keeper);
  }

  static CircuitBreakerStateMachine handDrivenBreaker() {
    return new CoreCircuitBreaker(
        "stress", CircuitBreakerConfig.defaults(), handDriven(BreakerKeeper.NONE));
  }
}
