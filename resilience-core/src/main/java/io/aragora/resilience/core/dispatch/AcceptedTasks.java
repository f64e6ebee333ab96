package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.core.stack.StackRoom;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The tasks that executors of the application have accepted and not begun. Such an executor may
 * drop a task silently; closing the runtime then ends the call. Holds one entry for each call that
 * waits for its task. Thread-safe.
 */
final class AcceptedTasks {
  private final Set<AcceptedTask> pending = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * Hands a task over.
   *
   * @param executor the executor; its exceptions are rethrown
   * @param task the task
   * @param onClose run by {@link #close} if the task was neither begun nor cancelled
   * @return a handle that cancels the task
   */
  AcceptedTask execute(Executor executor, Runnable task, Runnable onClose) {
    StackRoom.forHandOver();
    AcceptedTask accepted = new AcceptedTask(pending, task, onClose);
    // Volatile read after the add; the closing thread sets it before it looks for tasks. So at
    // least one of the two threads sees the other's write, and the removal decides which of them
    // acts. Stress: AcceptedTasksStress.NoTaskOutlivesTheRuntime.
    if (closed) {
      if (accepted.cancel()) {
        executor.execute(task);
      }
      return accepted;
    }
    try {
      executor.execute(accepted);
    } catch (Throwable e) {
      accepted.cancel();
      throw e;
    }
    return accepted;
  }

  /**
   * Ends every task that has not begun. A task that is handed over later depends on its executor
   * alone.
   *
   * @param ends runs the ends
   */
  void close(Consumer<Runnable> ends) {
    closed = true;
    for (AcceptedTask accepted : pending) {
      if (accepted.cancel()) {
        ends.accept(accepted.onClose());
      }
    }
  }
}
