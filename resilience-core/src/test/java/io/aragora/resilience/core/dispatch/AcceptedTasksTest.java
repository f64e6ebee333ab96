package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.testing.ManualTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** A task of an executor of the application: it runs, is cancelled, or is ended by closing, and never two of these. */
class AcceptedTasksTest {
  private final Queue<Runnable> queue = new ArrayDeque<>();
  private final List<String> ended = new ArrayList<>();
  private final AcceptedTasks tasks = new AcceptedTasks();

  private AcceptedTask accept(String name) {
    return tasks.execute(
        queue::add, () -> ended.add("ran " + name), () -> ended.add("closed " + name));
  }

  private void runQueue() {
    for (Runnable task = queue.poll(); task != null; task = queue.poll()) {
      task.run();
    }
  }

  @Test
  void close_endsTasksThatHaveNotBegun_onceEach() {
    accept("first");
    runQueue();
    accept("second");
    AcceptedTask third = accept("third");
    assertThat(third.cancel()).isTrue();
    assertThat(third.cancel()).isFalse();
    tasks.close(Runnable::run);
    tasks.close(Runnable::run);
    runQueue();
    assertThat(ended).containsExactly("ran first", "closed second");
  }

  @Test
  void execute_closed_leavesTheTaskToTheExecutor() {
    tasks.close(Runnable::run);
    AcceptedTask accepted = accept("late");
    assertThat(ended).isEmpty();
    runQueue();
    assertThat(ended).containsExactly("ran late");
    assertThat(accepted.cancel()).isFalse();
  }

  @Test
  void execute_rejected_isNotEndedByClosing() {
    RejectedExecutionException full = new RejectedExecutionException("full");
    assertThatThrownBy(() -> tasks.execute(
            task -> {
              throw full;
            },
            () -> ended.add("ran"),
            () -> ended.add("closed")))
        .isSameAs(full);
    tasks.close(Runnable::run);
    assertThat(ended).isEmpty();
  }

  /** A body that is its own future. */
  private static final class Body extends CompletableFuture<String> implements Runnable {
    @Override
    public void run() {
      complete("value");
    }
  }

  private final ManualTime time = ManualTime.create();
  private final Dispatcher dispatcher = new Dispatcher("shop", time, null);

  @Test
  void watched_closedBeforeTheBodyBegins_failsIt() {
    Body body = new Body();
    dispatcher.watched(queue::add).execute(body);
    dispatcher.closeAcceptedTasks();
    time.runPending();
    assertThatThrownBy(body::join)
        .hasCauseInstanceOf(ResilienceClosedException.class)
        .hasMessageContaining("shop");
    runQueue();
    assertThat(body).isCompletedExceptionally();
  }

  @Test
  void watched_endsBeforeItsBodyBegins_takesItsTaskBack() {
    Body ended = new Body();
    Body ran = new Body();
    dispatcher.watched(queue::add).execute(ended);
    dispatcher.watched(queue::add).execute(ran);
    ended.completeExceptionally(new IllegalStateException("deadline"));
    runQueue();
    assertThat(ran).isCompletedWithValue("value");
    assertThatThrownBy(ended::join).hasRootCauseMessage("deadline");
  }

  @Test
  void complete_executorRejects_completesHere() {
    dispatcher.complete(
        task -> {
          throw new RejectedExecutionException("full");
        },
        () -> ended.add("here"));
    assertThat(ended).containsExactly("here");
    dispatcher.complete(queue::add, () -> ended.add("there"));
    dispatcher.closeAcceptedTasks();
    time.runPending();
    runQueue();
    assertThat(ended).containsExactly("here", "there");
  }
}
