package io.aragora.resilience.core.hedge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeEvent;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What the end of a call counts for its hedge, its budget, and the next delays. */
class HedgeOutcomesTest extends HedgeFixture {
  private final List<Object> events = new ArrayList<>();

  private Hedge fromLatency() {
    return hedge(c -> c.delayFromLatency(95, millis(5), Duration.ofSeconds(1)));
  }

  @Test
  void async_bodyThatHasEnded_isReturned_andCounts() {
    Hedge hedge = fromLatency();
    for (int i = 0; i < 100; i++) {
      assertThat(hedge.callAsync(() -> CompletableFuture.completedFuture("a")))
          .isCompletedWithValue("a");
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.totals().first()).isEqualTo(100);
    assertThat(hedge.delay()).isEqualTo(millis(5));
  }

  @Test
  void async_failures_countWithTheirLatency_rejectionsDoNot() {
    Hedge hedge = fromLatency();
    CircuitBreaker open = resilience.circuitBreaker("open");
    open.forceOpen();
    for (int i = 0; i < 100; i++) {
      assertThat(hedge.callAsync(() -> open.callAsync(this::attempt))).isCompletedExceptionally();
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.delay()).isEqualTo(Duration.ofSeconds(1));

    for (int i = 0; i < 100; i++) {
      call(hedge);
      time.advance(millis(20));
      attempts.get(i).completeExceptionally(new IllegalStateException("not hedged"));
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.totals().failed()).isEqualTo(200);
    assertThat(hedge.delay()).isBetween(millis(18), millis(22));
  }

  @Test
  void async_callsThatAreCancelled_countWithTheirAge() {
    Hedge hedge = fromLatency();
    for (int i = 0; i < 100; i++) {
      CompletableFuture<String> call = call(hedge);
      time.advance(millis(40));
      call.cancel(true);
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.delay()).isBetween(millis(36), millis(44));
  }

  @Test
  void sync_failuresThatWereHedged_countWithTheirLatency() {
    time.autoAdvance(true);
    RetryBudget budget = resilience.retryBudget("b", c -> c.capacity(1000));
    Hedge hedge =
        hedge(c -> c.delayFromLatency(95, millis(5), Duration.ofSeconds(1)).budget(budget));
    AtomicInteger bodies = new AtomicInteger();
    for (int i = 0; i < 100; i++) {
      String result = assertDoesNotThrow(() -> hedge.call(() -> {
        if (bodies.getAndIncrement() % 2 == 0) {
          time.advance(millis(20));
          throw new IOException("down");
        }
        return "hedge";
      }));
      assertThat(result).isEqualTo("hedge");
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.totals().won()).isEqualTo(100);
    assertThat(hedge.delay()).isBetween(millis(18), millis(22));
  }

  @Test
  void sync_latenciesAndFailures_areThoseOfTheDelay() {
    Hedge hedge = fromLatency();
    for (int i = 0; i < 50; i++) {
      hedge.run(() -> time.advance(millis(20)));
      assertThatThrownBy(() -> hedge.run(() -> {
            time.advance(millis(20));
            throw new IllegalStateException("not hedged");
          }))
          .hasMessage("not hedged");
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.totals().first()).isEqualTo(50);
    assertThat(hedge.totals().failed()).isEqualTo(50);
    assertThat(hedge.delay()).isBetween(millis(18), millis(22));
  }

  @Test
  void sync_rejectionsInside_areNoLatencies() {
    Hedge hedge = fromLatency();
    CircuitBreaker open = resilience.circuitBreaker("open");
    open.forceOpen();
    for (int i = 0; i < 100; i++) {
      assertThatThrownBy(() -> hedge.run(() -> open.run(() -> {})))
          .isInstanceOf(CallNotPermittedException.class);
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.delay()).as("no latency was counted").isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void hedgeThatWins_creditsTheBudget_asAFirstAttemptDoes() {
    RetryBudget budget =
        resilience.retryBudget("b", c -> c.capacity(10).ratio(1).perSecond(0));
    Hedge hedge = hedge(c -> c.budget(budget));
    CompletableFuture<String> call = call(hedge);
    time.advance(millis(53));
    assertThat(budget.level()).isEqualTo(9);
    attempts.get(1).complete("hedge");
    time.runPending();
    assertThat(call).isCompletedWithValue("hedge");
    assertThat(budget.level()).isEqualTo(10);
  }

  @Test
  void callThatHasEnded_leavesNoDelayBehind() {
    Hedge hedge = hedge(c -> c.maxHedges(2));
    call(hedge);
    attempts.get(0).completeExceptionally(new IllegalStateException("not hedged"));
    call(hedge).cancel(true);
    call(hedge);
    attempts.get(2).complete("first");
    time.advance(Duration.ofSeconds(1));
    assertThat(resilience.status().timer().fired()).isZero();

    call(hedge);
    time.advance(millis(53));
    attempts.get(4).complete("hedge");
    time.advance(Duration.ofSeconds(1));
    assertThat(resilience.status().timer().fired()).isEqualTo(1);
  }

  @Test
  void async_firstAttemptThatWinsAgainstItsHedge_countsWithItsLatency() {
    RetryBudget budget = resilience.retryBudget("b", c -> c.capacity(1000));
    Hedge hedge = hedge(c -> c.delayFromLatency(95, millis(5), millis(30)).budget(budget));
    for (int i = 0; i < 100; i++) {
      call(hedge);
      time.advance(millis(33));
      attempts.get(2 * i).complete("first");
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.totals().first()).isEqualTo(100);
    assertThat(hedge.totals().lost()).isEqualTo(100);
    for (int i = 0; i < 300; i++) {
      call(hedge);
      attempts.get(attempts.size() - 1).complete("first");
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(hedge.delay()).as("25 %% took 33 ms").isEqualTo(millis(30));
  }

  @Test
  void hedgeThatWins_isPublishedWithItsNumber() {
    Hedge hedge = hedge(c -> c.maxHedges(2));
    hedge.subscribe(event -> events.add(event.kind() + " " + event.number()));
    call(hedge);
    time.advance(millis(103));
    attempts.get(2).complete("hedge");
    time.runPending();
    assertThat(events).containsExactly("HEDGED 1", "HEDGED 2", "WON 2");
  }

  @Test
  void emptyBudget_isPublished() {
    RetryBudget budget = resilience.retryBudget("b", c -> c.capacity(1).ratio(0).perSecond(0));
    assertThat(budget.tryTake()).isTrue();
    Hedge hedge = hedge(c -> c.budget(budget));
    hedge.subscribe(event -> events.add(event.kind()));
    call(hedge);
    time.advance(millis(53));
    assertThat(events).containsExactly(HedgeEvent.Kind.OUT_OF_BUDGET);
  }

  @Test
  void failureAfterTheDeadline_startsNoHedge() {
    Timeout timeout = resilience.timeout("t", millis(100));
    Hedge hedge = hedge(c -> c.delay(Duration.ofSeconds(1)));
    AtomicInteger bodies = new AtomicInteger();
    assertThatThrownBy(() -> timeout.run(() -> hedge.run(() -> {
          bodies.incrementAndGet();
          time.advance(millis(100));
          throw new IOException("down");
        })))
        .isNotNull();
    assertThat(bodies).hasValue(1);
    assertThat(hedge.totals().hedges()).isZero();
  }

  @Test
  void failureThatIsNotHedged_whileAHedgeRuns_endsTheCall_andIsCounted() {
    Hedge hedge = hedge(c -> c);
    CompletableFuture<String> call = call(hedge);
    time.advance(millis(53));
    attempts.get(0).completeExceptionally(new IllegalStateException("bug"));
    time.runPending();
    assertThat(call).isCompletedExceptionally();
    assertThat(attempts.get(1)).isCancelled();
    assertThat(hedge.totals().failed()).isEqualTo(1);
  }

  @Test
  void hedgeThatCannotBeCancelled_isPassedOnAsALoser() {
    Hedge hedge = hedge(c -> c);
    CompletableFuture<String> stubborn = new CompletableFuture<>() {
      @Override
      public boolean cancel(boolean mayInterrupt) {
        return false;
      }
    };
    AtomicInteger bodies = new AtomicInteger();
    CompletableFuture<String> call =
        hedge.callAsync(() -> bodies.getAndIncrement() == 0 ? attempt() : stubborn);
    time.advance(millis(53));
    attempts.get(0).complete("first");
    time.runPending();
    assertThat(call).isCompletedWithValue("first");
    stubborn.complete("an hour later");
    time.runPending();
    assertThat(losers).containsExactly("an hour later");
    assertThat(hedge.totals().lost()).isEqualTo(1);
  }

  @Test
  void sync_resultThatIsNotAccepted_isReplacedByThatOfAHedge() {
    time.autoAdvance(true);
    Hedge hedge = hedge(c -> c.acceptResult("good"::equals));
    AtomicInteger bodies = new AtomicInteger();
    String result =
        hedge.<String, RuntimeException>call(() -> bodies.getAndIncrement() == 0 ? "bad" : "good");
    assertThat(result).isEqualTo("good");
    assertThat(losers).containsExactly("bad");
  }

  @Test
  void sync_deadlineWhileAHedgeHangs_endsTheCallWithTheFailureOfTheFirst() {
    time.autoAdvance(true);
    Timeout timeout = resilience.timeout("t", millis(100));
    Hedge hedge = hedge(c -> c);
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(timeout)
        .add(hedge)
        .build()
        .on(task -> events.add("accepted, and never run"));
    assertThatThrownBy(() -> pipeline.run(() -> {
          throw new IOException("down");
        }))
        .isNotNull();
    assertThat(events).hasSize(1);
    assertThat(hedge.totals().failed()).isEqualTo(1);
    assertThat(hedge.totals().lost()).isEqualTo(1);
  }
}
