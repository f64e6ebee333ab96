package io.aragora.resilience.core.hedge;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.hedge.Hedge;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A caller that waits while a hedge has claimed the end of the call and has not written its outcome. */
class ClaimedEndTest {
  private static final long AWAIT_SECONDS = 60;

  private final CountDownLatch claimed = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);
  private volatile @Nullable Thread winner;

  /** Holds the winner where it reads the clock for its event, after it has claimed the end. */
  private final ForwardingTime time = new ForwardingTime(SystemTimeSource.INSTANCE) {
    @Override
    public long nanoTime() {
      if (Thread.currentThread() == winner) {
        claimed.countDown();
        awaitRelease();
      }
      return super.nanoTime();
    }
  };

  private void awaitRelease() {
    try {
      release.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean accept(Object result) {
    if (result.equals("hedge")) {
      winner = Thread.currentThread();
      return true;
    }
    return false;
  }

  @Test
  void caller_isInterruptedWhileTheEndIsClaimed_parksAndReceivesTheResult() throws Exception {
    CompletableFuture<String> result = new CompletableFuture<>();
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      Hedge hedge =
          resilience.hedge("h", c -> c.delay(Duration.ofHours(1)).acceptResult(this::accept));
      Thread caller = new Thread(() -> {
        Thread own = Thread.currentThread();
        String value = hedge.call(() -> Thread.currentThread() == own ? "first" : "hedge");
        result.complete(value + ", interrupted: " + Thread.currentThread().isInterrupted());
      });
      caller.setDaemon(true);
      caller.start();
      assertThat(claimed.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      caller.interrupt();
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(AWAIT_SECONDS);
      while (caller.isInterrupted() || caller.getState() != Thread.State.WAITING) {
        assertThat(System.nanoTime()).as("the caller parks again").isLessThan(until);
        Thread.onSpinWait();
      }
      assertThat(result).isNotDone();
      release.countDown();
      assertThat(result.get(AWAIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("hedge, interrupted: true");
    } finally {
      release.countDown();
    }
  }
}
