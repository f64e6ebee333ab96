package io.aragora.resilience.core.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadEvent;
import io.aragora.resilience.bulkhead.BulkheadEvent.Kind;
import io.aragora.resilience.core.ReadLines;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a bulkhead publishes and counts. */
class BulkheadNumbersTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final List<String> order = new ArrayList<>();
  private final List<BulkheadEvent> events = new ArrayList<>();

  @AfterEach
  void close() {
    resilience.close();
  }

  private CompletableFuture<String> call(Bulkhead bulkhead, String name) {
    return bulkhead.callAsync(() -> {
      order.add(name);
      return CompletableFuture.completedFuture(name);
    });
  }

  private Bulkhead ofOne(UnaryOperator<BulkheadConfig.Builder> settings) {
    return resilience.bulkhead(
        "db",
        settings
            .apply(BulkheadConfig.builder()
                .maxConcurrentCalls(1)
                .maxWait(Duration.ofMillis(200))
                .maxWaiting(2))
            .build());
  }

  private Bulkhead ofOneForASecond() {
    return ofOne(c -> c.maxHold(Duration.ofSeconds(1)));
  }

  @Test
  void waiterThatHasItsPermit_countsWhenItGoesOn_andNotAsAdmittedAtOnce() {
    Bulkhead db = ofOne(c -> c);
    long held = db.tryAcquirePermit();
    call(db, "waits");
    db.releasePermit(held);
    assertThat(db.snapshot().inUse()).isEqualTo(1);
    assertThat(db.snapshot().waiting()).isZero();
    assertThat(order).isEmpty();
    assertThat(db.totals().admitted()).isEqualTo(1);
    assertThat(db.totals().admittedAfterWait()).isZero();
    time.runPending();
    assertThat(order).containsExactly("waits");
    assertThat(db.totals().admitted()).isEqualTo(1);
    assertThat(db.totals().admittedAfterWait()).isEqualTo(1);
  }

  @Test
  void readings_areTheTotals() {
    Bulkhead db = ofOne(c -> c.maxWaiting(3));
    for (int i = 0; i < 6; i++) {
      db.run(() -> {});
    }
    long held = db.tryAcquirePermit();
    for (int i = 0; i < 2; i++) {
      assertThat(db.tryAcquirePermit()).isEqualTo(Bulkhead.REJECTED);
    }
    for (int i = 0; i < 3; i++) {
      call(db, "waits");
    }
    for (int i = 0; i < 5; i++) {
      assertThat(call(db, "beyond the queue")).isCompletedExceptionally();
    }
    time.advance(Duration.ofMillis(300));
    Timeout timeout = resilience.timeout("t", Duration.ofMillis(50));
    assertThat(timeout.callAsync(() -> call(db, "late"))).isNotDone();
    time.advance(Duration.ofMillis(60));
    for (int i = 0; i < 2; i++) {
      assertThat(call(db, "cancelled").cancel(true)).isTrue();
    }
    call(db, "admitted");
    db.releasePermit(held);
    time.runPending();
    db.releasePermit(held);
    long inUse = db.tryAcquirePermit();
    assertThat(inUse).isNotEqualTo(Bulkhead.REJECTED);
    call(db, "still waits");
    assertThat(ReadLines.of(resilience, "bulkhead"))
        .containsExactly(
            "bulkhead db",
            "calls admitted 8",
            "calls admitted_after_wait 1",
            "calls rejected_full 2",
            "calls rejected_queue_full 5",
            "calls rejected_waited 3",
            "calls rejected_deadline 1",
            "calls cancelled 2",
            "expired_permits  0",
            "stray_releases  1",
            "limit 1.0",
            "in_use 1.0",
            "waiting 1.0");
  }

  @Test
  void totals_ofABulkheadWithALongestHold_countAdmittedAndExpired() {
    Bulkhead db = ofOneForASecond();
    db.run(() -> {});
    assertThat(db.tryAcquirePermit()).isNotEqualTo(Bulkhead.REJECTED);
    time.advance(Duration.ofMillis(1001));
    db.run(() -> {});
    assertThat(db.totals().admitted()).isEqualTo(3);
    assertThat(db.totals().expired()).isEqualTo(1);
  }

  @Test
  void callThatWaited_isPublishedWithItsWait() {
    Bulkhead db = ofOne(c -> c);
    Subscription subscription = db.subscribe(events::add);
    long held = db.tryAcquirePermit();
    call(db, "a");
    time.advance(Duration.ofMillis(150));
    db.releasePermit(held);
    time.runPending();
    assertThat(events)
        .containsExactly(
            BulkheadEvent.of("db", Kind.ADMITTED_AFTER_WAIT, null, Duration.ofMillis(150)));

    subscription.close();
    db.reconfigure(BulkheadConfig.of(2));
    time.runPending();
    assertThat(events).hasSize(1);
  }

  @Test
  void placeThatAWaitingCallTakesOver_isPublishedAsExpired() {
    Bulkhead db = ofOne(c -> c.maxWait(Duration.ofSeconds(5)).maxHold(Duration.ofSeconds(1)));
    db.subscribe(events::add);
    assertThat(db.tryAcquirePermit()).isNotEqualTo(Bulkhead.REJECTED);
    CompletableFuture<String> waits = call(db, "a");
    time.advance(Duration.ofMillis(1010));
    assertThat(waits).isCompletedWithValue("a");
    time.runPending();
    assertThat(events).extracting(BulkheadEvent::kind).contains(Kind.EXPIRED);
  }

  @Test
  void reconfigure_ofALongestHold_changesTheNumberOfPlaces() {
    Bulkhead db = ofOneForASecond();
    db.reconfigure(db.config().toBuilder().maxConcurrentCalls(2).build());
    assertThat(db.tryAcquirePermit()).isNotEqualTo(Bulkhead.REJECTED);
    assertThat(db.tryAcquirePermit()).isNotEqualTo(Bulkhead.REJECTED);
    assertThat(db.tryAcquirePermit()).isEqualTo(Bulkhead.REJECTED);
  }

  @Test
  void reconfigure_order_holdsForTheNextCalls() {
    Bulkhead db = ofOne(c -> c);
    db.reconfigure(
        db.config().toBuilder().order(BulkheadConfig.Order.NEWEST_FIRST).build());
    long held = db.tryAcquirePermit();
    call(db, "first");
    call(db, "second");
    db.releasePermit(held);
    time.runPending();
    assertThat(order).containsExactly("second", "first");
  }

  @Test
  void releasePermit_ofANumberThatIsNoPermit_isAnError_withALongestHoldToo() {
    Bulkhead db = ofOneForASecond();
    assertThatThrownBy(() -> db.releasePermit(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("permit must be one of bulkhead 'db': 1");
  }

  @Test
  void toString_namesTheBulkhead() {
    assertThat(ofOne(c -> c)).hasToString("bulkhead 'db'");
  }
}
