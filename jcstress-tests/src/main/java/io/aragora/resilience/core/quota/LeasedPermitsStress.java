package io.aragora.resilience.core.quota;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.runtime.ResilienceSettings.QuotaSetting;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.WhenAlone;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link LeasedPermits}: no permit is taken twice, none after its lease, and one call asks for the next lease. */
public class LeasedPermitsStress {
  private static final UUID INSTANCE = new UUID(0, 1);

  /** Permits whose requests are handed to a counter, so that an actor plays the thread that leases. */
  private static final class Leased implements LeasedPermits.Owner {
    final AtomicInteger requests = new AtomicInteger();
    final HandDrivenTime time = new HandDrivenTime(task -> requests.incrementAndGet());
    final LeasedPermits permits = new LeasedPermits(
        new QuotaRule("stress", "", 10, Duration.ofSeconds(1), 10, true, 10, WhenAlone.SHARE, 1),
        new Quotas(
            new QuotaSetting(
                "stress",
                () -> {
                  throw new IllegalStateException("never opened");
                },
                false),
            time,
            new Timer("stress", time),
            new Dispatcher("stress", time, null)),
        this);

    /** Asks, so that the next answer may grant permits. */
    Leased asked() {
      permits.begin();
      return this;
    }

    void lease(int granted) {
      // A call that found too little, so that the instance wants more than it has.
      permits.take(5, time);
      QuotaRequest request = permits.request(INSTANCE, time.nanoTime());
      QuotaLease lease = QuotaLease.builder().granted(granted).left(9).build();
      permits.answered(request, lease, time.nanoTime(), time.nanoTime());
    }

    int take() {
      return permits.take(1, time) == LeasedPermits.TAKEN ? 1 : 0;
    }

    int left() {
      return (int) permits.available(time);
    }

    @Override
    public void takeAlone(QuotaRule rule, int instances, boolean isAlone) {}

    @Override
    public void onAlone() {}

    @Override
    public void onRejoined() {}

    @Override
    public void onLease() {}

    @Override
    public String toString() {
      return "stress";
    }
  }

  /** A permit is taken while the lease is renewed: one was left, and one more comes. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "One is taken, one is left.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A permit was lost, or is there twice.")
  @State
  public static class TakeAgainstLease {
    private final Leased leased = new Leased().asked();

    public TakeAgainstLease() {
      leased.lease(1);
      // Late enough to ask again, early enough for the lease.
      leased.time.set(LeasedPermits.LEASE_NANOS / 2);
      leased.asked();
    }

    @Actor
    public void take(II_Result result) {
      result.r1 = leased.take();
    }

    @Actor
    public void lease() {
      leased.lease(1);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = leased.left();
    }
  }

  /** A permit is taken while the next lease begins, after the last one ended with a permit left. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "The call came before the lease.")
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "It took a permit of the new lease.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "It took a permit of the old lease.")
  @State
  public static class TakeAgainstNextLease {
    private final Leased leased = new Leased().asked();
    private final QuotaRequest request;

    public TakeAgainstNextLease() {
      leased.permits.take(5, leased.time);
      request = leased.permits.request(INSTANCE, 1);
      QuotaLease one = QuotaLease.builder().granted(1).left(9).build();
      leased.permits.answered(request, one, 1, 1);
      leased.time.set(2 * LeasedPermits.LEASE_NANOS);
      leased.asked();
    }

    @Actor
    public void take(II_Result result) {
      result.r1 = leased.take();
    }

    @Actor
    public void lease() {
      long now = leased.time.nanoTime();
      QuotaLease one = QuotaLease.builder().granted(1).left(9).build();
      leased.permits.answered(request, one, now, now);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = leased.left();
    }
  }

  /** Two calls find no lease: one is admitted on credit, and hands over the only request. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One call asks, and is admitted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Both are, or there are two requests.")
  @State
  public static class OneCallAsks {
    private final Leased leased = new Leased();

    @Actor
    public void one(III_Result result) {
      result.r1 = leased.take();
    }

    @Actor
    public void another(III_Result result) {
      result.r2 = leased.take();
    }

    @Arbiter
    public void look(III_Result result) {
      result.r3 = leased.requests.get();
    }
  }

  /** A lease that is added by a read and a write: shows that the test detects a permit that is there twice. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "One is taken, one is left.")
  @Outcome(
      id = {"1, 2", "1, 0"},
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "Two are left, which the atomic addition of LeasedPermits must prevent.")
  @State
  public static class BrokenTakeAgainstLease {
    private volatile int left = 1;

    @Actor
    public void take(II_Result result) {
      int seen = left;
      if (seen > 0) {
        left = seen - 1;
        result.r1 = 1;
      }
    }

    @Actor
    @SuppressWarnings("NonAtomicVolatileUpdate") // the fault that the test shows
    public void lease() {
      left = left + 1;
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = left;
    }
  }

  /** The end is written before the permits: shows that the test detects a permit of the old lease. */
  @JCStressTest
  @Outcome(
      id = {"0, 1", "1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "No old permit was taken.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "An old permit was taken, which the order of LeasedPermits must prevent.")
  @State
  public static class BrokenTakeAgainstNextLease {
    private final AtomicInteger left = new AtomicInteger(1);
    private volatile boolean isOver = true;

    @Actor
    public void take(II_Result result) {
      int seen = left.get();
      if (!isOver && seen > 0 && left.compareAndSet(seen, seen - 1)) {
        result.r1 = 1;
      }
    }

    @Actor
    public void lease() {
      isOver = false;
      left.set(1);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = left.get();
    }
  }

  /** A look and a write in two steps: shows that the test detects a second request. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One call asks.")
  @Outcome(
      id = "1, 1, 2",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "Both ask, which the CAS of LeasedPermits must prevent.")
  @State
  public static class BrokenOneCallAsks {
    private final AtomicInteger requests = new AtomicInteger();
    private volatile boolean isAsked;

    private int take() {
      if (isAsked) {
        return 0;
      }
      isAsked = true;
      requests.incrementAndGet();
      return 1;
    }

    @Actor
    public void one(III_Result result) {
      result.r1 = take();
    }

    @Actor
    public void another(III_Result result) {
      result.r2 = take();
    }

    @Arbiter
    public void look(III_Result result) {
      result.r3 = requests.get();
    }
  }
}
