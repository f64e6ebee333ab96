package io.aragora.resilience.core.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An asynchronous call whose hand-over fails because the machine is exhausted. */
class QueuedFutureTest {
  @Test
  @Tag("BH-06")
  void handOverThatFails_afterTheWaitWasEnded_isTriedAgain() {
    ManualTime time = ManualTime.create();
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      Bulkhead bulkhead = resilience.bulkhead(
          "db", c -> c.maxConcurrentCalls(1).maxWait(Duration.ofSeconds(1)).maxWaiting(10));
      List<Runnable> tasks = new ArrayList<>();
      long held = bulkhead.tryAcquirePermit();
      CompletableFuture<String> call = resilience
          .newPipeline("p")
          .add(bulkhead)
          .build()
          .on(tasks::add)
          .callAsync(() -> CompletableFuture.completedFuture("result"));
      bulkhead.releasePermit(held);
      time.runPending();
      // As if the executor had thrown, and there had been no heap for the failure of the call.
      tasks.clear();
      ((QueuedFuture<?>) call).tryAgain(new OutOfMemoryError("test"));
      // 10 ms after the end of the wait.
      time.advance(Duration.ofMillis(1013));
      assertThat(tasks).hasSize(1);
      tasks.get(0).run();
      assertThat(call).isCompletedWithValue("result");
    }
  }
}
