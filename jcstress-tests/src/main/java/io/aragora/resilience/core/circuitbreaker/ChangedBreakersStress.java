package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.util.concurrent.atomic.AtomicBoolean;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link ChangedBreakers}. */
public class ChangedBreakersStress {
  /** A change races with a save that has the breaker on its list: the change is in that save, or on the list again. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The change was read at last.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The change is in no save.")
  @State
  public static class NoChangeIsLost {
    private final CoreCircuitBreaker breaker = StressRuntime.handDrivenBreaker();
    private final ChangedBreakers changed = new ChangedBreakers();
    private CircuitBreakerState read = CircuitBreakerState.CLOSED;

    public NoChangeIsLost() {
      changed.add(breaker);
    }

    @Actor
    public void change() {
      breaker.disable();
      changed.add(breaker);
    }

    @Actor
    public void save() {
      changed.takeAll(taken -> read = taken.save().state());
    }

    @Arbiter
    public void saveAgain(I_Result result) {
      changed.takeAll(taken -> read = taken.save().state());
      result.r1 = read == CircuitBreakerState.DISABLED ? 1 : 0;
    }
  }

  /** Reads before it clears the mark, so a change in between is neither read nor listed. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The change was read at last.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The loss that ChangedBreakers must not have.")
  @State
  public static class BrokenNoChangeIsLost {
    private final CoreCircuitBreaker breaker = StressRuntime.handDrivenBreaker();
    private final AtomicBoolean listed = new AtomicBoolean(true);
    private CircuitBreakerState read = CircuitBreakerState.CLOSED;

    @Actor
    public void change() {
      breaker.disable();
      listed.compareAndSet(false, true);
    }

    @Actor
    public void save() {
      take();
    }

    private void take() {
      if (listed.get()) {
        read = breaker.state();
        listed.set(false);
      }
    }

    @Arbiter
    public void saveAgain(I_Result result) {
      take();
      result.r1 = read == CircuitBreakerState.DISABLED ? 1 : 0;
    }
  }

  /** Two breakers are added at once while the list is taken: each is taken once. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Each was taken once.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "One was taken twice, or never.")
  @State
  public static class EachIsTakenOnce {
    private final CoreCircuitBreaker first = StressRuntime.handDrivenBreaker();
    private final CoreCircuitBreaker second = StressRuntime.handDrivenBreaker();
    private final ChangedBreakers changed = new ChangedBreakers();
    private int takenFirst;
    private int takenSecond;

    public EachIsTakenOnce() {
      changed.add(first);
    }

    private void count(StoredBreaker taken) {
      if (taken == first) {
        takenFirst++;
      } else {
        takenSecond++;
      }
    }

    @Actor
    public void add() {
      changed.add(second);
      changed.add(second);
    }

    @Actor
    public void take() {
      changed.takeAll(this::count);
    }

    @Arbiter
    public void takeAgain(II_Result result) {
      changed.takeAll(this::count);
      result.r1 = takenFirst;
      // If the list was taken in between, the second addition counts, too.
      result.r2 = Math.min(takenSecond, 1);
    }
  }

  /** A list whose head is replaced by a plain store: a concurrent addition is lost. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Each was taken once.")
  @Outcome(
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The loss, or the duplicate, that ChangedBreakers must not have.")
  @State
  public static class BrokenEachIsTakenOnce {
    private static final class Node {
      final boolean isFirst;
      Node next;

      Node(boolean isFirst) {
        this.isFirst = isFirst;
      }
    }

    private volatile Node head = new Node(true);
    private int takenFirst;
    private int takenSecond;

    @Actor
    public void add() {
      Node node = new Node(false);
      node.next = head;
      head = node;
    }

    @Actor
    public void take() {
      takeAll();
    }

    private void takeAll() {
      Node node = head;
      head = null;
      for (; node != null; node = node.next) {
        if (node.isFirst) {
          takenFirst++;
        } else {
          takenSecond++;
        }
      }
    }

    @Arbiter
    public void takeAgain(II_Result result) {
      takeAll();
      result.r1 = takenFirst;
      result.r2 = takenSecond;
    }
  }
}
