package io.aragora.resilience.core.bulkhead;

import io.aragora.resilience.core.admission.AdmissionPolicy;
import io.aragora.resilience.core.admission.AdmissionRuntime;
import io.aragora.resilience.core.call.WaitingThreads;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link LeasedPlaces}. */
public class LeasedPlacesStress {
  private static final long LEASE_NANOS = 1_000_000;

  public static AdmissionRuntime runtime(HandDrivenTime time) {
    Timer timer = new Timer("stress", time);
    return new AdmissionRuntime(
        time,
        new CoarseClock(time, timer),
        timer,
        new Dispatcher("stress", time, null),
        new WaitingThreads(time));
  }

  /** The late release of a place races with the call that takes it over: the place is given back once. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "The new call has the only place.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The new call was rejected, or there are two places.")
  @State
  public static class ExpiryAgainstRelease {
    private final HandDrivenTime time = new HandDrivenTime();
    private final LeasedPlaces places = new LeasedPlaces(1, LEASE_NANOS, time);
    private final long old = places.tryTake();
    private int taken;

    public ExpiryAgainstRelease() {
      time.set(10 * LEASE_NANOS);
    }

    @Actor
    public void release() {
      places.giveBack(old);
    }

    @Actor
    public void ask() {
      taken = places.tryTake() == AdmissionPolicy.NO_PERMIT ? 0 : 1;
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = taken != 0 || places.tryTake() != AdmissionPolicy.NO_PERMIT ? 1 : 0;
      result.r2 = places.inUse() + (places.tryTake() == AdmissionPolicy.NO_PERMIT ? 0 : 1);
    }
  }

  /** Both look at the slot, then give the place back: shows that the test detects a place that is given back twice. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Given back once.")
  @Outcome(
      id = "2",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The second place that LeasedPlaces must not make.")
  @State
  public static class BrokenExpiryAgainstRelease {
    private final AtomicInteger free = new AtomicInteger();
    private volatile boolean isHeld = true;

    private void end() {
      if (isHeld) {
        isHeld = false;
        free.incrementAndGet();
      }
    }

    @Actor
    public void release() {
      end();
    }

    @Actor
    public void ask() {
      end();
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = free.get();
    }
  }
}
