package io.aragora.resilience.core.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadEvent;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.bulkhead.BulkheadFullException.Reason;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Calls that do not wait, or wait alone: the waiting thread itself moves the time. */
class BulkheadTest {
  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static BulkheadFullException rejectionOf(Bulkhead bulkhead) {
    try {
      bulkhead.run(() -> {
        throw new AssertionError("the body ran");
      });
    } catch (BulkheadFullException e) {
      return e;
    }
    throw new AssertionError("the call was admitted");
  }

  @Test
  @Tag("BH-01")
  void full_rejectsAtOnce_untilAPlaceIsFree() {
    Bulkhead db = resilience.bulkhead("db", c -> c.maxConcurrentCalls(2));
    long one = db.tryAcquirePermit();
    long other = db.tryAcquirePermit();

    BulkheadFullException full = rejectionOf(db);
    assertThat(full).hasMessage("bulkhead 'db' is full: 2 calls under way");
    assertThat(full.reason()).isEqualTo(Reason.FULL);
    assertThat(full.policy()).isEqualTo("db");
    assertThat(full.kind()).isEqualTo("bulkhead");
    assertThat(full.getStackTrace()).isEmpty();
    assertThat(db.tryAcquirePermit()).isEqualTo(Bulkhead.REJECTED);

    db.releasePermit(one);
    assertThat(db.<String, RuntimeException>call(() -> "admitted")).isEqualTo("admitted");
    db.releasePermit(other);
    assertThat(db.totals().admitted()).isEqualTo(3);
    assertThat(db.totals().rejectedFull()).isEqualTo(2);
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("BH-02")
  @Tag("GW-10")
  void body_outcomeIsUnchanged_andThePlaceIsFreeBefore() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    IOException own = new IOException("own");
    AssertionError error = new AssertionError("own");

    assertThat(db.<Integer, RuntimeException>call(() -> db.snapshot().inUse())).isEqualTo(1);
    assertThatThrownBy(() -> db.run(() -> {
          throw own;
        }))
        .isSameAs(own);
    assertThatThrownBy(() -> db.run(() -> {
          throw error;
        }))
        .isSameAs(error);
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("BH-05")
  void noPlaceInTime_isRejected_andThePlaceStaysForOthers() {
    Bulkhead db = resilience.bulkhead("db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)));
    long held = db.tryAcquirePermit();

    BulkheadFullException waited = rejectionOf(db);
    assertThat(waited.reason()).isEqualTo(Reason.WAITED);
    assertThat(waited.waited()).isEqualTo(millis(200));
    assertThat(waited)
        .hasMessage(
            "bulkhead 'db' is full: 1 call under way, and no permit was free within 0.200 s");

    db.releasePermit(held);
    assertThat(db.<Integer, RuntimeException>call(() -> db.snapshot().inUse())).isEqualTo(1);
  }

  @Test
  @Tag("BH-05")
  void noPlaceInTime_manyTimes_losesNoPlace() {
    Bulkhead db = resilience.bulkhead("db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)));
    int rounds = 100_000;
    for (int round = 0; round < rounds; round++) {
      long permit = db.tryAcquirePermit();
      if (permit == Bulkhead.REJECTED || rejectionOf(db).reason() != Reason.WAITED) {
        throw new AssertionError("in round " + round);
      }
      db.releasePermit(permit);
    }
    assertThat(db.snapshot().inUse()).isZero();
    assertThat(db.snapshot().waiting()).isZero();
    assertThat(db.totals().rejectedWaited()).isEqualTo(rounds);
    assertThat(db.totals().admitted()).isEqualTo(rounds);
  }

  @Test
  @Tag("BH-07")
  void queueOfNone_isFullAtOnce() {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(0));
    db.tryAcquirePermit();

    assertThat(rejectionOf(db).reason()).isEqualTo(Reason.QUEUE_FULL);
    assertThat(db.totals().rejectedQueueFull()).isEqualTo(1);
  }

  @Test
  @Tag("BH-14")
  @Tag("GW-06")
  void deadlineThatHasPassed_rejects_althoughAPlaceIsFree() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    try (Deadline deadline = resilience.deadline("block", millis(100))) {
      time.advance(millis(100));

      BulkheadFullException rejection = rejectionOf(db);
      assertThat(rejection.reason()).isEqualTo(Reason.DEADLINE);
      assertThat(rejection)
          .hasMessage(
              "bulkhead 'db' had no free permit before the deadline of the call; it waited 0.000 s");
      assertThat(deadline.isPassed()).isTrue();
    }
    assertThat(db.totals().rejectedDeadline()).isEqualTo(1);
  }

  @Test
  @Tag("GW-05")
  @Tag("GW-06")
  void deadlineOfAScope_endsTheWait_andComesOutAsTheRejection() {
    Bulkhead db = resilience.bulkhead("db", c -> c.maxConcurrentCalls(1).maxWait(millis(500)));
    db.tryAcquirePermit();
    try (Deadline deadline = resilience.deadline("block", millis(100))) {
      BulkheadFullException rejection = rejectionOf(db);
      assertThat(rejection.reason()).isEqualTo(Reason.DEADLINE);
      assertThat(rejection.waited()).isEqualTo(millis(100));
      assertThat(deadline.isPassed()).isTrue();
    }
  }

  @Test
  @Tag("GW-06")
  void longestWait_thatEndsBeforeTheDeadline_endsTheWait() {
    Bulkhead db = resilience.bulkhead("db", c -> c.maxConcurrentCalls(1).maxWait(millis(50)));
    db.tryAcquirePermit();
    try (Deadline deadline = resilience.deadline("block", millis(100))) {
      BulkheadFullException rejection = rejectionOf(db);
      assertThat(rejection.reason()).isEqualTo(Reason.WAITED);
      assertThat(rejection.waited()).isEqualTo(millis(50));
      assertThat(deadline.isPassed()).isFalse();
    }
  }

  @Test
  @Tag("BH-15")
  void eachAttempt_takesAPlace_andNoneIsHeldBetweenThem() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    List<Integer> inUse = new ArrayList<>();
    Retry retry = resilience.retry(
        "again",
        c -> c.maxAttempts(3).retryIf(e -> {
          inUse.add(db.snapshot().inUse());
          return true;
        }));
    Pipeline pipeline = resilience.pipeline("p", p -> p.add(retry).add(db));

    assertThatThrownBy(() -> pipeline.run(() -> {
          inUse.add(db.snapshot().inUse());
          throw new IOException("own");
        }))
        .isInstanceOf(IOException.class);
    assertThat(inUse).containsExactly(1, 0, 1, 0, 1, 0);
    assertThat(db.totals().admitted()).isEqualTo(3);
  }

  @Test
  @Tag("BH-16")
  @Tag("GW-01")
  void rejections_areNeitherSuccessNorFailure_forTheBreakerAround() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(1));
    Pipeline pipeline = resilience.pipeline("p", p -> p.add(breaker).add(db));
    db.tryAcquirePermit();

    assertThatThrownBy(() -> pipeline.run(() -> {})).isInstanceOf(BulkheadFullException.class);
    assertThat(breaker.snapshot().totals().failures()).isZero();
    assertThat(breaker.snapshot().totals().successes()).isZero();
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
  }

  @Test
  @Tag("BH-16")
  void breakerInside_rejects_andThePlaceIsFreeAtOnce() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(1));
    breaker.forceOpen();
    Pipeline pipeline = resilience.pipeline("p", p -> p.add(db).add(breaker));

    assertThatThrownBy(() -> pipeline.run(() -> {})).isInstanceOf(CallNotPermittedException.class);
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("BH-17")
  void lowerLimit_admitsNoCall_untilFewerAreUnderWay() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(4));
    long[] permits = new long[4];
    for (int i = 0; i < permits.length; i++) {
      permits[i] = db.tryAcquirePermit();
    }
    db.reconfigure(BulkheadConfig.of(2));
    assertThat(db.snapshot().inUse()).isEqualTo(4);
    assertThat(db.snapshot().limit()).isEqualTo(2);

    db.releasePermit(permits[0]);
    assertThat(db.tryAcquirePermit()).isEqualTo(Bulkhead.REJECTED);
    db.releasePermit(permits[1]);
    assertThat(db.tryAcquirePermit()).isEqualTo(Bulkhead.REJECTED);
    db.releasePermit(permits[2]);
    assertThat(db.tryAcquirePermit()).isNotEqualTo(Bulkhead.REJECTED);
    assertThat(db.tryAcquirePermit()).isEqualTo(Bulkhead.REJECTED);
  }

  @Test
  @Tag("BH-17")
  void limitThatIsLoweredAndRaised_isAsBefore() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(4));
    long[] permits = new long[4];
    for (int i = 0; i < permits.length; i++) {
      permits[i] = db.tryAcquirePermit();
    }
    db.reconfigure(BulkheadConfig.of(2));
    db.reconfigure(BulkheadConfig.of(4));
    assertThat(db.tryAcquirePermit()).isEqualTo(Bulkhead.REJECTED);
    for (long permit : permits) {
      db.releasePermit(permit);
    }
    for (int i = 0; i < permits.length; i++) {
      assertThat(db.tryAcquirePermit()).isNotEqualTo(Bulkhead.REJECTED);
    }
    assertThat(db.tryAcquirePermit()).isEqualTo(Bulkhead.REJECTED);
    assertThat(db.totals().strayReleases()).isZero();
  }

  @Test
  @Tag("BH-18")
  void permitThatIsReleasedTwice_makesNoPlaceMore() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(2));
    long permit = db.tryAcquirePermit();
    db.releasePermit(permit);
    db.releasePermit(permit);

    assertThat(db.totals().strayReleases()).isEqualTo(1);
    assertThat(db.tryAcquirePermit()).isNotEqualTo(Bulkhead.REJECTED);
    assertThat(db.tryAcquirePermit()).isNotEqualTo(Bulkhead.REJECTED);
    assertThat(db.tryAcquirePermit()).isEqualTo(Bulkhead.REJECTED);
  }

  @Test
  void numberThatIsNoPermit_isRejected() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(2));
    assertThatThrownBy(() -> db.releasePermit(Bulkhead.REJECTED))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("permit must be one of bulkhead 'db': 0");
    assertThatThrownBy(() -> db.releasePermit(77))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("permit must be one of bulkhead 'db': 77");
  }

  @Test
  @Tag("BH-19")
  void placeThatIsHeldTooLong_isTakenOver_andItsLateReleaseChangesNothing() {
    Bulkhead db =
        resilience.bulkhead("db", c -> c.maxConcurrentCalls(1).maxHold(Duration.ofSeconds(1)));
    List<BulkheadEvent.Kind> kinds = new ArrayList<>();
    db.subscribe(event -> kinds.add(event.kind()));
    long lost = db.tryAcquirePermit();
    assertThat(db.tryAcquirePermit()).isEqualTo(Bulkhead.REJECTED);

    time.advance(Duration.ofMillis(1001));
    long second = db.tryAcquirePermit();
    assertThat(second).isNotEqualTo(Bulkhead.REJECTED);
    db.releasePermit(lost);
    assertThat(db.snapshot().inUse()).isEqualTo(1);
    assertThat(db.tryAcquirePermit()).isEqualTo(Bulkhead.REJECTED);
    db.releasePermit(second);
    db.releasePermit(second);
    assertThat(db.snapshot().inUse()).isZero();
    assertThat(db.totals().expired()).isEqualTo(1);
    time.runPending();
    assertThat(kinds)
        .containsExactly(
            BulkheadEvent.Kind.REJECTED, BulkheadEvent.Kind.EXPIRED, BulkheadEvent.Kind.REJECTED);
  }

  @Test
  @Tag("BH-19")
  void callThatWaits_takesOverAPlaceThatIsHeldTooLong() {
    Bulkhead db = resilience.bulkhead(
        "db",
        c -> c.maxConcurrentCalls(1).maxHold(Duration.ofSeconds(1)).maxWait(Duration.ofSeconds(5)));
    db.tryAcquirePermit();
    long began = time.nanoTime();

    db.run(() -> {});
    assertThat(time.nanoTime() - began)
        .isBetween(millis(1000).toNanos(), millis(1010).toNanos());
    assertThat(db.totals().expired()).isEqualTo(1);
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  void maxHold_staysAsItWasCreated() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    assertThatThrownBy(() -> db.reconfigure(
            BulkheadConfig.builder().maxHold(Duration.ofSeconds(1)).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxHold of bulkhead 'db' must stay as it was created, none: PT1S");
  }

  @Test
  @Tag("BH-20")
  void callInsideItself_isRejectedAfterItsWait() {
    Bulkhead db = resilience.bulkhead("db", c -> c.maxConcurrentCalls(1).maxWait(millis(100)));
    long began = time.nanoTime();

    assertThatThrownBy(() -> db.run(() -> db.run(() -> {})))
        .isInstanceOf(BulkheadFullException.class);
    assertThat(time.nanoTime() - began).isEqualTo(millis(100).toNanos());
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("BH-24")
  @Tag("GW-14")
  void events_tellOfRejectionsAndChanges_andNotOfCallsAdmittedAtOnce() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    List<BulkheadEvent> events = new ArrayList<>();
    db.subscribe(events::add);
    db.run(() -> {});
    long held = db.tryAcquirePermit();
    rejectionOf(db);
    db.releasePermit(held);
    db.reconfigure(BulkheadConfig.of(2));
    time.runPending();

    assertThat(events)
        .containsExactly(
            BulkheadEvent.of("db", BulkheadEvent.Kind.REJECTED, Reason.FULL, Duration.ZERO),
            BulkheadEvent.of("db", BulkheadEvent.Kind.RECONFIGURED, null, Duration.ZERO));
  }

  @Test
  @Tag("GW-10")
  void listenerThatThrows_harmsNoCall() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    AtomicInteger called = new AtomicInteger();
    db.subscribe(event -> {
      called.incrementAndGet();
      throw new AssertionError("thrown by the listener");
    });
    long held = db.tryAcquirePermit();
    rejectionOf(db);
    db.releasePermit(held);
    time.runPending();
    assertThat(called).hasValue(1);
    db.run(() -> {});
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("GW-10")
  void resultPredicateThatThrows_placeComesBackOnce() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    Retry retry = resilience.retry(
        "r",
        c -> c.retryResultIf(result -> {
          throw new AssertionError("thrown by the predicate");
        }));
    Pipeline pipeline = resilience.pipeline("p", p -> p.add(db).add(retry));
    assertThat(pipeline.<String, RuntimeException>call(() -> "body")).isEqualTo("body");
    assertThat(pipeline.callAsync(() -> CompletableFuture.completedFuture("later")))
        .isCompletedWithValue("later");
    assertThat(db.snapshot().inUse()).isZero();
    assertThat(db.totals().strayReleases()).isZero();
    assertThat(db.totals().admitted()).isEqualTo(2);
  }

  @Test
  @Tag("GW-03")
  void fallback_seesARejectionAsAnyException() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    db.tryAcquirePermit();
    assertThat(resilience
            .pipeline("p", p -> p.add(db))
            .withFallback(Fallback.<String>builder()
                .on(CallRejectedException.class, rejection -> rejection.kind())
                .build())
            .<RuntimeException>call(() -> "body"))
        .isEqualTo("bulkhead");
  }

  @Test
  @Tag("GW-11")
  void secondDeclaration_namesWhatDiffers() {
    resilience.bulkhead("db", BulkheadConfig.of(1));
    assertThatThrownBy(() -> resilience.bulkhead("db", BulkheadConfig.of(2)))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("bulkhead 'db' is already declared with maxConcurrentCalls=1")
        .hasMessageContaining("this declaration has maxConcurrentCalls=2");
  }

  @Test
  @Tag("GW-09")
  @Tag("BH-22")
  void closedRuntime_admits_andLetsNoCallWait() {
    Bulkhead db = resilience.bulkhead("db", c -> c.maxConcurrentCalls(1).maxWait(millis(100)));
    resilience.close();
    db.run(() -> {});
    db.tryAcquirePermit();
    assertThatThrownBy(() -> db.run(() -> {}))
        .isInstanceOf(io.aragora.resilience.policy.ResilienceClosedException.class);
    assertThat(db.callAsync(() -> null))
        .failsWithin(Duration.ofSeconds(1))
        .withThrowableThat()
        .withCauseInstanceOf(io.aragora.resilience.policy.ResilienceClosedException.class);
  }

  @Test
  void removedBulkhead_canBeDeclaredAnew() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    assertThat(resilience.policies().bulkheads()).containsExactly(db);
    assertThat(resilience.policies().removeBulkhead("db")).isTrue();
    assertThat(resilience.bulkhead("db", BulkheadConfig.of(2)).config().maxConcurrentCalls())
        .isEqualTo(2);
  }

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }
}
