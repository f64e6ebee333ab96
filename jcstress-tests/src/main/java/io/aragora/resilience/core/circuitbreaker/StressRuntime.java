package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.time.TimeSource;

/** The runtime of the breakers under stress. */
final class StressRuntime {
  /** Shared by breakers that arm no timer, since creating one for each sample would dominate the test. */
  static final BreakerRuntime SYSTEM_TIME = of(SystemTimeSource.INSTANCE, BreakerStorage.NONE);

  private StressRuntime() {}

  /** Delivers events at once, on the actor's own thread. */
  static BreakerRuntime handDriven(BreakerStorage storage) {
    return of(new HandDrivenTime(), storage);
  }

  private static BreakerRuntime of(TimeSource time, BreakerStorage storage) {
    return BreakerRuntime.of(
        time, new Timer("stress", time), new Dispatcher("stress", time, null), storage);
  }

  static CoreCircuitBreaker handDrivenBreaker() {
    return new CoreCircuitBreaker(
        "stress", CircuitBreakerConfig.defaults(), handDriven(BreakerStorage.NONE));
  }
}
