package io.aragora.resilience.core.coalescing;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link Flight}. */
public class FlightStress {
  /** A call that wakes nothing. */
  private static final class Seat extends Caller<String, Integer> {
    @Override
    void wake() {}

    @Override
    Thread runner() {
      return null;
    }
  }

  /** A flight with a leader. */
  private abstract static class Led {
    final Seat leader = new Seat();
    final Seat other = new Seat();
    final Flight<String, Integer> flight = new Flight<>(new FlightKey<>("k"), leader, 0, 1);

    Led() {
      leader.board(flight, Caller.State.LEADING);
    }

    /** Ends the flight as the coalescer does. */
    final boolean land() {
      if (!flight.land(leader, 1, null)) {
        return false;
      }
      for (Caller<String, Integer> each = flight.joined(); each != null; each = each.newer) {
        each.become(Caller.State.ENDED);
      }
      return true;
    }
  }

  /** A call joins while the leader ends: it has the outcome, or sees that it came too late. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Joined, and has the outcome.")
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Came too late, and begins a flight.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Waits for a flight that is over.")
  @State
  public static class JoinAgainstEnd extends Led {
    @Actor
    public void join(II_Result result) {
      result.r1 = flight.join(other, 0) == Flight.Boarding.JOINED ? 1 : 0;
    }

    @Actor
    public void end() {
      land();
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = other.state() == Caller.State.ENDED ? 1 : 0;
    }
  }

  /** A call looks whether the flight is over, then appends itself: shows that the test detects a call that never ends. */
  @JCStressTest
  @Outcome(
      id = {"1, 1", "0, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "Joined in time, or not at all.")
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "Waits for a flight that is over, which Flight must not allow.")
  @State
  public static class BrokenJoinAgainstEnd {
    private final ConcurrentLinkedQueue<AtomicBoolean> joined = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean isOver;

    @Actor
    public void join(II_Result result) {
      if (!isOver) {
        joined.add(ended);
        result.r1 = 1;
      }
    }

    @Actor
    public void end() {
      isOver = true;
      for (AtomicBoolean each = joined.poll(); each != null; each = joined.poll()) {
        each.set(true);
      }
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = ended.get() ? 1 : 0;
    }
  }

  /** A call joins while the last one leaves, which leads: it leads in its place, or sees that the flight is over. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Joined, and leads.")
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Came too late, and begins a flight.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Waits in a flight without a leader.")
  @State
  public static class JoinAgainstLastLeave extends Led {
    @Actor
    public void join(II_Result result) {
      result.r1 = flight.join(other, 0) == Flight.Boarding.JOINED ? 1 : 0;
    }

    @Actor
    public void leave() {
      flight.handOver(leader);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = other.isLeading() ? 1 : 0;
    }
  }

  /** The last one counts those that are left, then closes the flight: shows that the test detects a call without a leader. */
  @JCStressTest
  @Outcome(
      id = {"1, 1", "0, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "Joined and leads, or not at all.")
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "Waits in a flight without a leader, which Flight must not allow.")
  @State
  public static class BrokenJoinAgainstLastLeave {
    private volatile int joined;
    private volatile boolean isOver;
    private volatile boolean leads;

    @Actor
    public void join(II_Result result) {
      if (!isOver) {
        joined = 1;
        result.r1 = 1;
      }
    }

    @Actor
    public void leave() {
      if (joined == 0) {
        isOver = true;
      } else {
        leads = true;
      }
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = leads ? 1 : 0;
    }
  }

  /** The leader leaves while the only call that joined leaves: no call leads afterwards, and the flight is over. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "The call left first.")
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "It led already, and handed over.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A flight that a call which has left leads.")
  @State
  public static class LeaderLeavesAgainstLeave extends Led {
    public LeaderLeavesAgainstLeave() {
      flight.join(other, 0);
    }

    @Actor
    public void leader() {
      flight.handOver(leader);
    }

    @Actor
    public void joined(II_Result result) {
      if (flight.leave(other)) {
        result.r1 = 1;
      } else {
        flight.handOver(other);
      }
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = flight.isOver() ? 1 : 0;
    }
  }

  /** The call leaves by a flag of its own: shows that the test detects a leader that has left. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "The call left first.")
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "It has left and leads, which Flight must not allow.")
  @State
  public static class BrokenLeaderLeavesAgainstLeave {
    private volatile boolean hasLeft;
    private volatile boolean leads;

    @Actor
    public void leader() {
      if (!hasLeft) {
        leads = true;
      }
    }

    @Actor
    public void joined(II_Result result) {
      hasLeft = true;
      result.r1 = 1;
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = leads ? 0 : 1;
    }
  }

  /** The future of the leader is completed from outside while its body ends: one of the two decides about the others. */
  @JCStressTest
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "The body ended first: all have its outcome.")
  @Outcome(
      id = "0, 2",
      expect = Expect.ACCEPTABLE,
      desc = "The call left first: the other one leads.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "An outcome and a second body, or neither.")
  @State
  public static class LeaveAgainstEnd extends Led {
    public LeaveAgainstEnd() {
      flight.join(other, 0);
    }

    @Actor
    public void end(II_Result result) {
      result.r1 = land() ? 1 : 0;
    }

    @Actor
    public void leave() {
      flight.handOver(leader);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = other.state() == Caller.State.ENDED ? 1 : other.isLeading() ? 2 : 0;
    }
  }

  /** Both look at a flag, then act: shows that the test detects a second body beside an outcome. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One of the two.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "An outcome and a second body, which Flight must not allow.")
  @State
  public static class BrokenLeaveAgainstEnd {
    private volatile boolean isDecided;

    @Actor
    public void end(II_Result result) {
      if (!isDecided) {
        isDecided = true;
        result.r1 = 1;
      }
    }

    @Actor
    public void leave(II_Result result) {
      if (!isDecided) {
        isDecided = true;
        result.r2 = 1;
      }
    }
  }
}
