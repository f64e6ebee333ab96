package io.aragora.resilience.core.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Waits that a time source ends by an exception, and what is left of a wait after its end. */
class BrokenWaitTest {
  private static final Runnable NOTHING = () -> {};

  private final ManualTime time = ManualTime.create();
  private final List<Thread> woken = new CopyOnWriteArrayList<>();
  private Runnable onPark = NOTHING;
  private final Resilience resilience = Resilience.builder()
      .timeSource(new ForwardingTime(time) {
        @Override
        public void parkUntil(Object blocker, long deadlineNanos) {
          onPark.run();
        }

        @Override
        public void unpark(Thread thread) {
          woken.add(thread);
          super.unpark(thread);
        }
      })
      .build();
  private final Bulkhead db = resilience.bulkhead(
      "db", c -> c.maxConcurrentCalls(1).maxWait(Duration.ofMillis(200)).maxWaiting(10));

  @AfterEach
  void close() {
    onPark = NOTHING;
    resilience.close();
  }

  private static void fail() {
    throw new IllegalStateException("broken time source");
  }

  @Test
  void waitThatThrows_leavesTheQueue_andItsPlaceToOthers() {
    long held = db.tryAcquirePermit();
    onPark = BrokenWaitTest::fail;
    assertThatThrownBy(() -> db.call(() -> "never")).hasMessage("broken time source");

    assertThat(db.snapshot().waiting()).isZero();
    db.releasePermit(held);
    assertThat(db.tryAcquirePermit()).isNotEqualTo(Bulkhead.REJECTED);
  }

  @Test
  void waitThatThrowsAfterItsPermitWasGranted_returnsThePermit() {
    long held = db.tryAcquirePermit();
    onPark = () -> {
      db.releasePermit(held);
      fail();
    };
    assertThatThrownBy(() -> db.call(() -> "never")).hasMessage("broken time source");

    assertThat(db.tryAcquirePermit()).isNotEqualTo(Bulkhead.REJECTED);
  }

  @Test
  void close_afterAWaitHasEnded_wakesNoThread() {
    long held = db.tryAcquirePermit();
    onPark = () -> db.releasePermit(held);
    assertThat(db.<String, RuntimeException>call(() -> "waited")).isEqualTo("waited");
    assertThat(db.totals().admittedAfterWait()).isEqualTo(1);
    woken.clear();

    resilience.close();
    assertThat(woken).doesNotContain(Thread.currentThread());
  }
}
