package io.aragora.resilience.core.coalescing;

import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.core.admission.AdmissionRuntime;
import io.aragora.resilience.core.bulkhead.LeasedPlacesStress;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timeout.DeadlineScope;
import io.aragora.resilience.timeout.Deadline;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link CoalescedFuture}. */
public class CoalescedFutureStress {
  private static final int PENDING = 0;
  private static final int HAS_RESULT = 1;
  private static final int TIMED_OUT = 2;

  /** A call takes over while its deadline passes: its body runs and it has the result, or neither. */
  @JCStressTest
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "The body ran, and the call has its result.")
  @Outcome(id = "0, 2", expect = Expect.ACCEPTABLE, desc = "Timed out without a body.")
  @Outcome(
      expect = Expect.FORBIDDEN,
      desc = "Timed out beside its own body, has two bodies, or never ends.")
  @State
  public static class TakeOverAgainstDeadline {
    private final HandDrivenTime time = new HandDrivenTime();
    private final AdmissionRuntime runtime = LeasedPlacesStress.runtime(time);
    private final CoreCoalescer<String, Integer> coalescer =
        new CoreCoalescer<>("stress", CoalescerConfig.<String, Integer>builder().build(), runtime);
    private final AtomicInteger bodies = new AtomicInteger();
    private final CompletableFuture<Integer> leader =
        coalescer.callAsync("k", CompletableFuture::new);
    private final CompletableFuture<Integer> joined;

    public TakeOverAgainstDeadline() {
      try (Deadline deadline =
          DeadlineScope.open("stress", Duration.ofNanos(HandDrivenTime.TICK), time)) {
        joined = coalescer.callAsync(
            "k", () -> CompletableFuture.completedFuture(bodies.incrementAndGet()));
      }
    }

    @Actor
    public void leave() {
      leader.cancel(false);
    }

    @Actor
    public void expire() {
      time.set(4 * HandDrivenTime.TICK);
      runtime.timer().advanceTo(4 * HandDrivenTime.TICK);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = bodies.get();
      if (!joined.isDone()) {
        result.r2 = PENDING;
      } else {
        result.r2 = joined.isCompletedExceptionally() ? TIMED_OUT : HAS_RESULT;
      }
    }
  }

  /** Each looks whether the other was first, then goes on: shows that the test detects a call that times out beside its body. */
  @JCStressTest
  @Outcome(
      id = {"1, 1", "0, 2"},
      expect = Expect.ACCEPTABLE,
      desc = "The body ran, or the deadline came first.")
  @Outcome(
      id = "1, 2",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "Timed out beside its own body, which CoalescedFuture must not allow.")
  @State
  public static class BrokenTakeOverAgainstDeadline {
    private final AtomicInteger bodies = new AtomicInteger();
    private final CompletableFuture<Integer> call = new CompletableFuture<>();
    private volatile boolean isPastWait;

    @Actor
    public void takeOver() {
      if (!isPastWait) {
        isPastWait = true;
        call.complete(bodies.incrementAndGet());
      }
    }

    @Actor
    public void expire() {
      if (!isPastWait) {
        isPastWait = true;
        call.completeExceptionally(new IllegalStateException());
      }
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = bodies.get();
      result.r2 = call.isCompletedExceptionally() ? TIMED_OUT : HAS_RESULT;
    }
  }

  /** A call joins while the leader leaves: it takes over, or leads a flight of its own; its body runs once. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "One body, whose result the call has.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Two bodies or none, or the call never ends.")
  @State
  public static class JoinAgainstHandOver {
    private final HandDrivenTime time = new HandDrivenTime();
    private final AdmissionRuntime runtime = LeasedPlacesStress.runtime(time);
    private final CoreCoalescer<String, Integer> coalescer =
        new CoreCoalescer<>("stress", CoalescerConfig.<String, Integer>builder().build(), runtime);
    private final AtomicInteger bodies = new AtomicInteger();
    private final CompletableFuture<Integer> leader =
        coalescer.callAsync("k", CompletableFuture::new);
    private volatile CompletableFuture<Integer> joined;

    @Actor
    public void join() {
      joined = coalescer.callAsync(
          "k", () -> CompletableFuture.completedFuture(bodies.incrementAndGet()));
    }

    @Actor
    public void leave() {
      leader.cancel(false);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = bodies.get();
      result.r2 = joined.isDone() && !joined.isCompletedExceptionally() ? HAS_RESULT : PENDING;
    }
  }

  /** The call that joins looks whether it leads, and so does the thread that wakes it: shows that the test detects a second body. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "One body.")
  @Outcome(
      id = "2, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The second body, which CoalescedFuture must not start.")
  @State
  public static class BrokenJoinAgainstHandOver {
    private final AtomicInteger bodies = new AtomicInteger();
    private volatile boolean hasJoined;
    private volatile boolean isLeading;

    @Actor
    public void join() {
      hasJoined = true;
      if (isLeading) {
        bodies.incrementAndGet();
      }
    }

    @Actor
    public void leave() {
      isLeading = true;
      if (hasJoined) {
        bodies.incrementAndGet();
      }
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = Math.max(1, bodies.get());
      result.r2 = HAS_RESULT;
    }
  }
}
