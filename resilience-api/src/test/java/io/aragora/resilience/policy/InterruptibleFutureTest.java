package io.aragora.resilience.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The flag of a thread that runs a body, after the body was cancelled. */
class InterruptibleFutureTest {
  private final List<Runnable> tasks = new ArrayList<>();
  private final List<CompletableFuture<String>> started = new ArrayList<>();

  private void run(CheckedSupplier<String, Exception> body) {
    started.add(InterruptibleFuture.start(body, tasks::add));
    tasks.get(0).run();
  }

  @Test
  void cancellationWithoutInterrupt_keepsTheInterruptFromOutside() {
    run(() -> {
      started.get(0).cancel(false);
      Thread.currentThread().interrupt();
      return "x";
    });
    assertThat(started.get(0)).isCancelled();
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void cancellationWithInterrupt_leavesNoneOfItsOwn() {
    run(() -> {
      started.get(0).cancel(true);
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      return "x";
    });
    assertThat(started.get(0)).isCancelled();
    assertThat(Thread.interrupted()).isFalse();
  }
}
