package io.aragora.resilience.core.bulkhead;

import io.aragora.resilience.core.admission.AdmissionPolicy;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link StripedPlaces}. */
public class StripedPlacesStress {
  private static int got(long permit) {
    return permit == AdmissionPolicy.NO_PERMIT ? 0 : 1;
  }

  /** Two calls ask for the last place: one gets it. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One call has the place.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Both, or neither.")
  @State
  public static class LastPlaceIsTakenOnce {
    private final StripedPlaces places = new StripedPlaces(1, 1);

    @Actor
    public void one(II_Result result) {
      result.r1 = got(places.tryTake());
    }

    @Actor
    public void other(II_Result result) {
      result.r2 = got(places.tryTake());
    }
  }

  /** Look, then take: shows that the test detects a place that two calls have. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One call has the place.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The place that StripedPlaces must not give twice.")
  @State
  public static class BrokenLastPlaceIsTakenOnce {
    private volatile int free = 1;

    private int take() {
      int seen = free;
      if (seen == 0) {
        return 0;
      }
      free = seen - 1;
      return 1;
    }

    @Actor
    public void one(II_Result result) {
      result.r1 = take();
    }

    @Actor
    public void other(II_Result result) {
      result.r2 = take();
    }
  }

  /** A place is given back on one stripe before another is taken on the next: a call that looks at both is not rejected. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Admitted: one place was free throughout.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Rejected, although a place was free throughout.")
  @State
  public static class FullIsProved {
    private final StripedPlaces places = new StripedPlaces(2, 2);
    private final long held = places.tryTakeAt(0);

    @Actor
    public void look(II_Result result) {
      result.r1 = got(places.takeElsewhere(0));
    }

    @Actor
    public void move(II_Result result) {
      places.giveBack(held);
      result.r2 = got(places.tryTakeAt(1));
    }
  }

  /** One look at each stripe: shows that the test detects a place that moves behind the look. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Admitted.")
  @Outcome(
      id = "0, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The call that StripedPlaces must not reject.")
  @State
  public static class BrokenFullIsProved {
    private final StripedPlaces places = new StripedPlaces(2, 2);
    private final long held = places.tryTakeAt(0);

    @Actor
    public void look(II_Result result) {
      int first = got(places.tryTakeAt(0));
      result.r1 = first == 1 ? 1 : got(places.tryTakeAt(1));
    }

    @Actor
    public void move(II_Result result) {
      places.giveBack(held);
      result.r2 = got(places.tryTakeAt(1));
    }
  }

  /** The limit is lowered while a place is given back: no place is free that must vanish. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "One place is held, and none is free.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A place too many, or one is lost.")
  @State
  public static class ShrinkAgainstRelease {
    private final StripedPlaces places = new StripedPlaces(2, 1);
    private final long one = places.tryTake();
    private final long other = places.tryTake();

    @Actor
    public void release() {
      places.giveBack(one);
    }

    @Actor
    public void shrink() {
      places.resize(-1);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = got(places.tryTake());
      result.r2 = places.inUse();
      places.giveBack(other);
    }
  }

  /** A release that reads the debt only once: shows that the test detects a free place that should have vanished. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "No place is free.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The place that StripedPlaces must not leave free.")
  @State
  public static class BrokenShrinkAgainstRelease {
    private final AtomicInteger free = new AtomicInteger();
    private final AtomicInteger debt = new AtomicInteger();

    @Actor
    public void release() {
      if (debt.get() > 0) {
        debt.decrementAndGet();
      } else {
        free.incrementAndGet();
      }
    }

    @Actor
    public void shrink() {
      debt.incrementAndGet();
      if (free.get() > 0) {
        free.decrementAndGet();
        debt.decrementAndGet();
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = free.get();
    }
  }

  /** The limit is lowered by free places while the only held one is given back: that is not taken for a second release. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "Given back.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The place is lost.")
  @State
  public static class ShrinkOfFreePlacesAgainstRelease {
    private final StripedPlaces places = new StripedPlaces(3, 1);
    private final long held = places.tryTake();

    @Actor
    public void release(II_Result result) {
      result.r1 = places.giveBack(held) ? 1 : 0;
    }

    @Actor
    public void shrink() {
      places.resize(-2);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = places.inUse();
    }
  }

  /** A release that compares what it read first with what it reads now: shows that the test detects a place that is lost. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Given back.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The place that StripedPlaces must not lose.")
  @State
  public static class BrokenShrinkOfFreePlacesAgainstRelease {
    private final AtomicInteger free = new AtomicInteger(2);
    private final AtomicInteger capacity = new AtomicInteger(3);

    @Actor
    public void release(I_Result result) {
      int seen = free.get();
      result.r1 = seen < capacity.get() ? 1 : 0;
    }

    @Actor
    public void shrink() {
      free.addAndGet(-2);
      capacity.addAndGet(-2);
    }
  }

  /** The only place moves to another stripe while a call looks for it: the call has it. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "Admitted, and no other call is.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Rejected, or a place too many.")
  @State
  public static class DealAgainstTake {
    private final StripedPlaces places = new StripedPlaces(1, 2, false);

    @Actor
    public void take(II_Result result) {
      result.r1 = got(places.tryTake());
    }

    @Actor
    public void deal() {
      places.deal();
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = got(places.tryTake());
    }
  }

  /** A place that moves without a mark: shows that the test detects a call that finds it nowhere. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Admitted.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The call that StripedPlaces must not reject.")
  @State
  public static class BrokenDealAgainstTake {
    private final AtomicInteger first = new AtomicInteger(1);
    private final AtomicInteger second = new AtomicInteger();

    @Actor
    public void take(I_Result result) {
      result.r1 = first.get() + second.get() > 0 ? 1 : 0;
    }

    @Actor
    public void deal() {
      first.decrementAndGet();
      second.incrementAndGet();
    }
  }

  /** The free places move to another stripe while the only held one is given back: that is not taken for a second release. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "Given back.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The place is lost.")
  @State
  public static class DealAgainstRelease {
    private final StripedPlaces places = new StripedPlaces(3, 2, false);
    private final long held = places.tryTake();

    @Actor
    public void release(II_Result result) {
      result.r1 = places.giveBack(held) ? 1 : 0;
    }

    @Actor
    public void deal() {
      places.deal();
    }

    @Arbiter
    public void look(II_Result result) {
      int free = 0;
      while (places.tryTake() != AdmissionPolicy.NO_PERMIT) {
        free++;
      }
      result.r2 = 3 - free;
    }
  }

  /** A release that compares what it read first with what it reads now: shows that the test detects a place that is lost. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Given back.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The place that StripedPlaces must not lose.")
  @State
  public static class BrokenDealAgainstRelease {
    private final AtomicInteger free = new AtomicInteger(2);
    private final AtomicInteger capacity = new AtomicInteger(3);

    @Actor
    public void release(I_Result result) {
      int seen = free.get();
      result.r1 = seen < capacity.get() ? 1 : 0;
    }

    @Actor
    public void deal() {
      free.addAndGet(-2);
      capacity.addAndGet(-2);
    }
  }

  /** The limit is raised and lowered again while no call holds a place: a reader sees none, and none is counted for good. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "No call was seen or counted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The change of the limit was taken for calls.")
  @State
  public static class NoCallIsCountedByResize {
    private final StripedPlaces places = new StripedPlaces(16, 2);

    @Actor
    public void resize() {
      places.resize(100);
      places.resize(-100);
    }

    @Actor
    public void read(II_Result result) {
      result.r1 = places.inUse();
      places.taken();
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = (int) places.taken();
    }
  }

  /** A reader without a check between two words that change one after the other: shows that the test detects the calls that are none. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "No call was seen or counted.")
  @Outcome(
      id = {"100, 0", "-100, 0"},
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The calls that StripedPlaces must not see.")
  @State
  public static class BrokenNoCallIsCountedByResize {
    private volatile int free = 16;
    private volatile int capacity = 16;

    @Actor
    public void resize() {
      capacity = 116;
      free = 116;
      free = 16;
      capacity = 16;
    }

    @Actor
    public void read(II_Result result) {
      result.r1 = capacity - free;
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = capacity - free;
    }
  }
}
