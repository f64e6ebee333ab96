package io.aragora.resilience.testing;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Tasks in the order of their submission, until the advancing thread takes them. Thread-safe. */
final class TaskQueue implements Executor {
  static final int CAPACITY = 1_000_000;

  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final Runnable onSubmit;

  TaskQueue(Runnable onSubmit) {
    this.onSubmit = onSubmit;
  }

  @Override
  public void execute(Runnable task) {
    synchronized (tasks) {
      if (tasks.size() == CAPACITY) {
        throw new RejectedExecutionException("the executor of ManualTime holds at most " + CAPACITY
            + " tasks; advance the time to run them");
      }
      tasks.add(task);
    }
    onSubmit.run();
  }

  @Nullable
  Runnable poll() {
    synchronized (tasks) {
      return tasks.poll();
    }
  }
}
