package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An asynchronous call that waits, on a machine that is exhausted when the wait has to end. */
class DeferredFutureTest {
  private final ManualTime time = ManualTime.create();
  private final List<Runnable> tasks = new ArrayList<>();

  /** A bulkhead whose only permit is held. */
  private static Bulkhead full(Resilience resilience) {
    return resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(Duration.ofSeconds(1)).maxWaiting(10));
  }

  private static Resilience runtime(TimeSource source) {
    return Resilience.builder().timeSource(source).build();
  }

  private static CompletableFuture<String> call(
      Resilience resilience, Bulkhead bulkhead, Executor executor) {
    return resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(bulkhead)
        .build()
        .on(executor)
        .callAsync(() -> CompletableFuture.completedFuture("result"));
  }

  @Test
  @Tag("BH-06")
  void handOverThatFails_afterTheWaitWasEnded_isTriedAgain() {
    try (Resilience resilience = runtime(time)) {
      Bulkhead bulkhead = full(resilience);
      long held = bulkhead.tryAcquirePermit();
      CompletableFuture<String> call = call(resilience, bulkhead, tasks::add);
      bulkhead.releasePermit(held);
      time.runPending();
      // As if the executor had thrown, and there had been no heap for the failure of the call.
      tasks.clear();
      ((DeferredFuture<?>) call).tryAgain(new OutOfMemoryError("test"));
      // A second before the end of the longest wait.
      time.advance(Duration.ofMillis(13));
      assertThat(tasks).hasSize(1);
      tasks.get(0).run();
      assertThat(call).isCompletedWithValue("result");
    }
  }

  @Test
  @Tag("BH-06")
  void rejectionWithoutHeap_afterTheEndWasClaimed_isTriedAgain() {
    FullHeap heap = new FullHeap(time);
    try (Resilience resilience = runtime(heap)) {
      Bulkhead bulkhead = full(resilience);
      assertThat(bulkhead.tryAcquirePermit()).isNotZero();
      CompletableFuture<String> call = call(resilience, bulkhead, tasks::add);
      heap.failuresLeft = 1;
      heap.watchesFrom = time.nanoTime() + Duration.ofSeconds(1).toNanos();
      time.advance(Duration.ofMillis(1005));
      assertThat(call).isNotDone();
      assertThat(heap.failures).isEqualTo(1);
      time.advance(Duration.ofMillis(20));
      assertThat(call).isDone();
      assertThat(catchThrowable(call::join)).hasRootCauseInstanceOf(BulkheadFullException.class);
      assertThat(bulkhead.snapshot().inUse()).isEqualTo(1);
    }
  }

  /** A time source that throws when a rejection reads it, as the creation of its exception does if the heap is full. */
  private static final class FullHeap extends ForwardingTime {
    private final ManualTime time;
    private long watchesFrom = Long.MAX_VALUE;
    private int failuresLeft;
    private int failures;

    FullHeap(ManualTime time) {
      super(time);
      this.time = time;
    }

    @Override
    public long nanoTime() {
      long now = time.nanoTime();
      if (now >= watchesFrom && calledFor("waitedNanos")) {
        if (failuresLeft > 0) {
          failuresLeft--;
          failures++;
          throw new OutOfMemoryError("test");
        }
      }
      return now;
    }

    private static boolean calledFor(String method) {
      return StackWalker.getInstance()
          .walk(frames -> frames.anyMatch(frame -> frame.getMethodName().equals(method)));
    }
  }
}
