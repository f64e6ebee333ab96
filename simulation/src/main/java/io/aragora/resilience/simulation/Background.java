package io.aragora.resilience.simulation;

import java.util.ArrayDeque;
import java.util.Queue;

/** Threads that run the background tasks of a process in the order of their submission, several at a time. */
final class Background {
  private final Schedule schedule;
  private final SimulatedTime time;
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private int running;

  Background(Schedule schedule, SimulatedTime time, String name, int threads) {
    this.schedule = schedule;
    this.time = time;
    for (int i = 1; i <= threads; i++) {
      schedule.start(name + "-" + i, true, this::run);
    }
  }

  void add(Runnable task) {
    tasks.add(task);
  }

  boolean isIdle() {
    return tasks.isEmpty() && running == 0;
  }

  private void run() {
    while (true) {
      Actor.self().await(() -> time.isKilled() || !tasks.isEmpty(), "a task");
      time.checkAlive();
      Runnable task = tasks.remove();
      running++;
      try {
        task.run();
      } catch (Abandoned e) {
        throw e;
      } catch (Throwable e) {
        schedule.fail(new Violation("a background task does not throw", e));
      }
      running--;
      Thread.interrupted();
    }
  }
}
