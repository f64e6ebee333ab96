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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Waits during which something else happens, as on another thread, or that end by an exception of the time source. */
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
  @Tag("BH-21")
  void interruptThatComesWithTheGrant_isLeftToTheBody() {
    long held = db.tryAcquirePermit();
    onPark = () -> {
      db.releasePermit(held);
      Thread.currentThread().interrupt();
    };
    assertThat(db.<Boolean, RuntimeException>call(() -> Thread.currentThread().isInterrupted()))
        .isTrue();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(db.snapshot().inUse()).isZero();
    assertThat(db.totals().cancelled()).isZero();
  }

  /** The lease of the place has ended before the call that waits looks again. */
  @Test
  @Tag("BH-06")
  void newcomer_whileACallWaitsBesideAFreePlace_doesNotOvertakeIt() {
    Bulkhead leased = resilience.bulkhead(
        "leased",
        c -> c.maxConcurrentCalls(1).maxWait(Duration.ofSeconds(5)).maxHold(Duration.ofSeconds(1)));
    assertThat(leased.tryAcquirePermit()).isNotEqualTo(Bulkhead.REJECTED);
    List<Long> overtaking = new CopyOnWriteArrayList<>();
    onPark = () -> {
      time.advance(Duration.ofSeconds(2));
      overtaking.add(leased.tryAcquirePermit());
    };
    assertThat(leased.<String, RuntimeException>call(() -> "waited")).isEqualTo("waited");
    assertThat(overtaking).containsExactly(Bulkhead.REJECTED);
    assertThat(leased.totals().expired()).isEqualTo(1);
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
