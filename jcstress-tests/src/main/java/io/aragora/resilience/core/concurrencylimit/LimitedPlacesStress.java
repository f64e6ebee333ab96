package io.aragora.resilience.core.concurrencylimit;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link LimitedPlaces}. */
public class LimitedPlacesStress {
  /** Two calls ask for the last place: one gets it. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One call has the place.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Both, or neither.")
  @State
  public static class LastPlaceIsTakenOnce {
    private final LimitedPlaces places = new LimitedPlaces(1);

    @Actor
    public void one(II_Result result) {
      result.r1 = places.tryTake(1) ? 1 : 0;
    }

    @Actor
    public void other(II_Result result) {
      result.r2 = places.tryTake(1) ? 1 : 0;
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
      desc = "The place that LimitedPlaces must not give twice.")
  @State
  public static class BrokenLastPlaceIsTakenOnce {
    private final AtomicInteger held = new AtomicInteger();

    private int take() {
      if (held.get() >= 1) {
        return 0;
      }
      held.incrementAndGet();
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

  /**
   * The limit is lowered from 2 to 1 while one place is held, and another call comes. If it is admitted, then the thread that lowered
   * the limit counts it.
   */
  @JCStressTest
  @Outcome(
      id = {"0, 1", "1, 2"},
      expect = Expect.ACCEPTABLE,
      desc = "The call was rejected, or was there before the limit fell.")
  @Outcome(
      id = "1, 1",
      expect = Expect.FORBIDDEN,
      desc = "The call was admitted after the limit had fallen.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A count that is wrong.")
  @State
  public static class LowerAgainstTake {
    private final LimitedPlaces places = new LimitedPlaces(2);

    {
      places.tryTake(1);
    }

    @Actor
    public void lower(II_Result result) {
      places.limit(1);
      result.r2 = places.inUse();
    }

    @Actor
    public void take(II_Result result) {
      result.r1 = places.tryTake(1) ? 1 : 0;
    }
  }

  /** Limit and count in two words: shows that the test detects a call that is admitted by a limit that has fallen. */
  @JCStressTest
  @Outcome(
      id = {"0, 1", "1, 2"},
      expect = Expect.ACCEPTABLE,
      desc = "The call was rejected, or was there before.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The call that LimitedPlaces must not admit.")
  @State
  public static class BrokenLowerAgainstTake {
    private volatile int limit = 2;
    private final AtomicInteger held = new AtomicInteger(1);

    @Actor
    public void lower(II_Result result) {
      limit = 1;
      result.r2 = held.get();
    }

    @Actor
    public void take(II_Result result) {
      int seen = held.get();
      result.r1 = seen < limit && held.compareAndSet(seen, seen + 1) ? 1 : 0;
    }
  }

  /** A window ends while a call takes the second place: the next window counts both calls, or this one did. */
  @JCStressTest
  @Outcome(
      id = {"1", "2"},
      expect = Expect.FORBIDDEN,
      desc = "Neither window saw both calls.")
  @Outcome(id = "3", expect = Expect.ACCEPTABLE, desc = "One of the two windows saw both calls.")
  @State
  public static class MostIsNotLost {
    private final LimitedPlaces places = new LimitedPlaces(4);
    private int ended;

    {
      places.tryTake(1);
    }

    @Actor
    public void take() {
      places.tryTake(1);
    }

    @Actor
    public void end() {
      ended = places.restartMost();
    }

    @Arbiter
    public void see(I_Result result) {
      int next = places.restartMost();
      result.r1 = ended == 2 || next == 2 ? 3 : Math.max(ended, next);
    }
  }

  /** Reads the count before it clears the most: shows that the test detects a window that seems emptier than it was. */
  @JCStressTest
  @Outcome(id = "3", expect = Expect.ACCEPTABLE, desc = "One of the two windows saw both calls.")
  @Outcome(
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The call that LimitedPlaces must not overlook.")
  @State
  public static class BrokenMostIsNotLost {
    private final AtomicInteger held = new AtomicInteger(1);
    private final AtomicInteger most = new AtomicInteger(1);
    private int ended;

    @Actor
    public void take() {
      int now = held.incrementAndGet();
      if (now > most.get()) {
        most.set(now);
      }
    }

    @Actor
    public void end() {
      int now = held.get();
      ended = most.get();
      most.set(now);
    }

    @Arbiter
    public void see(I_Result result) {
      result.r1 = ended == 2 || most.get() == 2 ? 3 : Math.max(ended, most.get());
    }
  }
}
