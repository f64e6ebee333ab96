package io.aragora.resilience.core.dispatch;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link AcceptedTasks}. */
public class AcceptedTasksStress {
  /** A task is handed to an executor that drops it while the runtime closes: it is ended, or was handed over after closing. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "Dropped, and ended by closing.")
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "Handed over after closing.")
  @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "Dropped, and never ended.")
  @Outcome(id = "1, 1", expect = Expect.FORBIDDEN, desc = "Ended, but still handed over.")
  @State
  public static class NoTaskOutlivesTheRuntime {
    private final AcceptedTasks acceptedTasks = new AcceptedTasks();
    private final Runnable task = () -> {};
    private int unwatched;
    private int ended;

    @Actor
    public void handOver() {
      acceptedTasks.execute(
          given -> {
            if (given == task) {
              unwatched++;
            }
          },
          task,
          () -> ended++);
    }

    @Actor
    public void close() {
      acceptedTasks.close(Runnable::run);
    }

    @Arbiter
    public void count(II_Result result) {
      result.r1 = unwatched;
      result.r2 = ended;
    }
  }

  /**
   * A hand-over that looks whether the runtime is closed before it enters its task: shows that the test detects a task that
   * is never ended.
   */
  @JCStressTest
  @Outcome(
      id = {"0, 1", "1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "Ended by closing, or handed over after closing.")
  @Outcome(
      id = "0, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The dropped task that AcceptedTasks must end.")
  @State
  public static class BrokenNoTaskOutlivesTheRuntime {
    private final Set<Runnable> pending = ConcurrentHashMap.newKeySet();
    private final Runnable task = () -> {};
    private volatile boolean closed;
    private int unwatched;
    private int ended;

    @Actor
    public void handOver() {
      boolean isClosed = closed;
      pending.add(task);
      if (isClosed && pending.remove(task)) {
        unwatched++;
      }
    }

    @Actor
    public void close() {
      closed = true;
      for (Runnable accepted : pending) {
        if (pending.remove(accepted)) {
          ended++;
        }
      }
    }

    @Arbiter
    public void count(II_Result result) {
      result.r1 = unwatched;
      result.r2 = ended;
    }
  }
}
