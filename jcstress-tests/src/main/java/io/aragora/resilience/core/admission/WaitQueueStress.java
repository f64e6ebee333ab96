package io.aragora.resilience.core.admission;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link WaitQueue}. */
public class WaitQueueStress {
  private static final class Place implements WaitQueue.Source {
    private final AtomicInteger free = new AtomicInteger();

    @Override
    public long take(Waiter head) {
      return free.compareAndSet(1, 0) ? 1 : AdmissionPolicy.NO_PERMIT;
    }
  }

  private static final class Call extends Waiter {
    Call() {
      super(0, 1, 0, Long.MAX_VALUE);
    }

    @Override
    protected void wake() {}
  }

  /** The only place is given back while a call begins to wait: the call gets it. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Granted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The call waits beside a free place.")
  @State
  public static class ReleaseAgainstWait {
    private final Place place = new Place();
    private final WaitQueue queue = new WaitQueue(place);
    private final Call call = new Call();

    @Actor
    public void await() {
      queue.add(call, 1);
      queue.grant();
    }

    @Actor
    public void release() {
      place.free.set(1);
      if (!queue.isEmpty()) {
        queue.grant();
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = call.state() == Waiter.State.GRANTED ? 1 : 0;
    }
  }

  /** A release that looks for waiters first: shows that the test detects a call that is never woken. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Granted.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The call that WaitQueue must not leave beside a free place.")
  @State
  public static class BrokenReleaseAgainstWait {
    private final Place place = new Place();
    private final WaitQueue queue = new WaitQueue(place);
    private final Call call = new Call();

    @Actor
    public void await() {
      queue.add(call, 1);
      queue.grant();
    }

    @Actor
    public void release() {
      boolean isEmpty = queue.isEmpty();
      place.free.set(1);
      if (!isEmpty) {
        queue.grant();
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = call.state() == Waiter.State.GRANTED ? 1 : 0;
    }
  }

  /** A call gives up while it is granted the place: the place is free afterwards. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The place is free.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A call that has left holds the place.")
  @State
  public static class GrantAgainstLeave {
    private final Place place = new Place();
    private final WaitQueue queue = new WaitQueue(place);
    private final Call call = new Call();

    public GrantAgainstLeave() {
      queue.add(call, 1);
    }

    @Actor
    public void release() {
      place.free.set(1);
      queue.grant();
    }

    @Actor
    public void leave() {
      if (queue.leave(call) == Waiter.State.GRANTED) {
        place.free.set(1);
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = place.free.get();
    }
  }

  /** A call that looks whether it waits, then leaves: shows that the test detects a place that is lost with it. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The place is free.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The place that WaitQueue must not lose.")
  @State
  public static class BrokenGrantAgainstLeave {
    private final Place place = new Place();
    private final WaitQueue queue = new WaitQueue(place);
    private final Call call = new Call();

    public BrokenGrantAgainstLeave() {
      queue.add(call, 1);
    }

    @Actor
    public void release() {
      place.free.set(1);
      queue.grant();
    }

    @Actor
    public void leave() {
      boolean isGranted = call.state() == Waiter.State.GRANTED;
      queue.leave(call);
      if (isGranted) {
        place.free.set(1);
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = place.free.get();
    }
  }
}
