package io.aragora.resilience.core.persistence;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.circuitbreaker.CoreCircuitBreaker;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.runtime.ResilienceSettings.StoreSetting;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link StateSaver}. */
public class StateSaverStress {
  /** A change races with a save scheduled before: if that save misses the change, another one is scheduled. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Saved, without another change.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "No save is scheduled for the change.")
  @State
  public static class NoChangeWaitsUnscheduled {
    private static final long A_MOMENT = 100 * HandDrivenTime.TICK;

    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final Dispatcher dispatcher = new Dispatcher("stress", time, null);
    private final MemoryStateStore store = new MemoryStateStore(10);
    private final StateSaver saver = new StateSaver(
        "stress",
        new StoreSetting(
            "memory:", () -> store, false, false, Duration.ofDays(1), Duration.ofDays(3)),
        time,
        timer,
        dispatcher);
    private final CoreCircuitBreaker breaker = new CoreCircuitBreaker(
        "stress",
        CircuitBreakerConfig.defaults(),
        BreakerRuntime.of(time, timer, dispatcher, saver));

    public NoChangeWaitsUnscheduled() {
      saver.start(LiveBreakers.NONE);
      breaker.forceOpen();
      time.set(A_MOMENT);
    }

    @Actor
    public void change() {
      breaker.disable();
    }

    @Actor
    public void save() {
      timer.advanceTo(A_MOMENT);
    }

    @Arbiter
    public void saveAgain(I_Result result) {
      time.set(2 * A_MOMENT);
      timer.advanceTo(2 * A_MOMENT);
      result.r1 = store.load().states().get(0).state() == CircuitBreakerState.DISABLED ? 1 : 0;
    }
  }

  /** Takes the list, then clears the flag: a change in between relies on a save that has taken its list already. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Saved, without another change.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The forgotten change that StateSaver must not have.")
  @State
  public static class BrokenNoChangeWaitsUnscheduled {
    private final AtomicInteger listed = new AtomicInteger(1);
    private final AtomicBoolean scheduled = new AtomicBoolean(true);

    @Actor
    public void change() {
      listed.incrementAndGet();
      scheduled.compareAndSet(false, true);
    }

    @Actor
    public void save() {
      listed.set(0);
      scheduled.set(false);
    }

    @Arbiter
    public void saveAgain(I_Result result) {
      result.r1 = listed.get() == 0 || scheduled.get() ? 1 : 0;
    }
  }
}
