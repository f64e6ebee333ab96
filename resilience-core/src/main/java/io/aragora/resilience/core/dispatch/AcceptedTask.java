package io.aragora.resilience.core.dispatch;

import java.util.Set;

/**
 * A task that an executor has accepted. It begins at most once, whatever the executor does with it.
 * Thread-safe.
 */
public final class AcceptedTask implements Runnable {
  private final Set<AcceptedTask> pending;
  private final Runnable task;
  private final Runnable onClose;

  AcceptedTask(Set<AcceptedTask> pending, Runnable task, Runnable onClose) {
    this.pending = pending;
    this.task = task;
    this.onClose = onClose;
    pending.add(this);
  }

  /**
   * Cancels the task, unless it has begun.
   *
   * @return whether it will not begin; false if it has begun or was cancelled before
   */
  public boolean cancel() {
    return pending.remove(this);
  }

  @Override
  public void run() {
    if (cancel()) {
      task.run();
    }
  }

  Runnable onClose() {
    return onClose;
  }
}
