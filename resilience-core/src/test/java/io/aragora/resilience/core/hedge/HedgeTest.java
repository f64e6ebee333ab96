package io.aragora.resilience.core.hedge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.hedge.HedgeEvent;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.spi.ContextPropagator;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class HedgeTest extends HedgeFixture {
  @Test
  @Tag("HG-01")
  void firstAttemptThatAnswersBeforeTheDelay_isNotHedged() {
    RetryBudget budget =
        resilience.retryBudget("b", c -> c.capacity(10).ratio(0.5).perSecond(0));
    budget.tryTake();
    Hedge hedge = hedge(c -> c.budget(budget));
    CompletableFuture<String> call = call(hedge);
    at(30);
    attempts.get(0).complete("a");
    assertThat(call).isCompletedWithValue("a");
    long fired = resilience.status().timer().fired();
    at(1000);
    assertThat(attempts).hasSize(1);
    assertThat(resilience.status().timer().fired()).isEqualTo(fired);
    assertThat(areHedges).containsExactly(false);
    assertThat(budget.level()).isEqualTo(9.5);
    assertThat(hedge.totals().first()).isEqualTo(1);
    assertThat(hedge.totals().hedges()).isZero();
    assertThat(hedge.delay()).isEqualTo(millis(50));
  }

  @Test
  @Tag("HG-02")
  void slowFirstAttempt_isHedgedAndCancelled() {
    Hedge hedge = hedge(c -> c);
    CompletableFuture<String> call = call(hedge);
    at(47);
    assertThat(attempts).hasSize(1);
    at(50);
    assertThat(areHedges).containsExactly(false, true);
    at(60);
    attempts.get(1).complete("b");
    time.runPending();
    assertThat(call).isCompletedWithValue("b");
    assertThat(attempts.get(0)).isCancelled();
    assertThat(hedge.totals().won()).isEqualTo(1);
    assertThat(hedge.totals().hedge()).isEqualTo(1);
    assertThat(hedge.totals().first()).isZero();
  }

  @Test
  @Tag("HG-03")
  void resultOfALoser_isPassedOnOnce() throws Exception {
    CompletableFuture<String> stubborn = new CompletableFuture<>() {
      @Override
      public boolean cancel(boolean mayInterrupt) {
        return false;
      }
    };
    AtomicInteger bodies = new AtomicInteger();
    Hedge hedge = hedge(c -> c);
    CompletableFuture<String> call =
        hedge.callAsync(() -> bodies.getAndIncrement() == 0 ? stubborn : attempt());
    at(50);
    attempts.get(0).complete("b");
    time.runPending();
    assertThat(call).isCompletedWithValue("b");
    assertThat(losers).isEmpty();
    time.advance(Duration.ofHours(1));
    stubborn.complete("an hour later");
    assertThat(losers).containsExactly("an hour later");
  }

  @Test
  @Tag("HG-03")
  void consumerOfLosersThatThrows_changesNothing() {
    Hedge hedge = hedge(c -> c.onLoser(loser -> {
          throw new AssertionError("consumer");
        })
        .acceptResult("good"::equals));
    CompletableFuture<String> call = call(hedge);
    at(50);
    attempts.get(1).complete("bad");
    attempts.get(0).complete("good");
    assertThat(call).isCompletedWithValue("good");
  }

  @Test
  @Tag("HG-04")
  void transientFailure_startsTheHedgeAtOnce() {
    Hedge hedge = hedge(c -> c);
    CompletableFuture<String> call = call(hedge);
    at(10);
    attempts.get(0).completeExceptionally(new IOException("down"));
    time.runPending();
    assertThat(areHedges).containsExactly(false, true);
    attempts.get(1).complete("b");
    assertThat(call).isCompletedWithValue("b");
  }

  @Test
  @Tag("HG-04")
  void failureThatIsNotHedged_comesOutAtOnce() {
    IllegalStateException failure = new IllegalStateException("bug");
    CompletableFuture<String> call = call(hedge(c -> c));
    at(10);
    attempts.get(0).completeExceptionally(failure);
    assertThat(call).isCompletedExceptionally();
    assertThat(failureOf(call)).isSameAs(failure);
    at(100);
    assertThat(attempts).hasSize(1);
  }

  private static Throwable failureOf(CompletableFuture<?> call) {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    CompletableFuture<?> unused = call.handle((value, failure) -> {
      seen.set(failure);
      return null;
    });
    return seen.get() instanceof CompletionException wrapped ? wrapped.getCause() : seen.get();
  }

  @Test
  @Tag("HG-05")
  void ifAllFail_theFailureOfTheFirstComesOut() {
    Hedge hedge = hedge(c -> c.maxHedges(2));
    CompletableFuture<String> call = call(hedge);
    at(100);
    IOException first = new IOException("first");
    IOException second = new IOException("second");
    IllegalStateException third = new IllegalStateException("third");
    attempts.get(1).completeExceptionally(second);
    attempts.get(2).completeExceptionally(third);
    assertThat(call).isNotDone();
    attempts.get(0).completeExceptionally(first);
    assertThat(failureOf(call)).isSameAs(first);
    assertThat(first.getSuppressed()).containsExactly(second, third);
    assertThat(hedge.totals().failed()).isEqualTo(1);
    assertThat(hedge.totals().hedgesFailed()).isEqualTo(2);
  }

  @Test
  @Tag("HG-05")
  void oneFailureOfAllAttempts_isNotSuppressedInItself() {
    CompletableFuture<String> call = call(hedge(c -> c.maxHedges(2)));
    at(100);
    IOException same = new IOException("same");
    attempts.forEach(attempt -> attempt.completeExceptionally(same));
    assertThat(failureOf(call)).isSameAs(same);
    assertThat(same.getSuppressed()).isEmpty();
  }

  @Test
  @Tag("HG-06")
  void resultThatIsNotAccepted_isAFailure() {
    Hedge hedge = hedge(c -> c.acceptResult(value -> !"bad".equals(value)));
    CompletableFuture<String> call = call(hedge);
    attempts.get(0).complete("bad");
    time.runPending();
    assertThat(areHedges).containsExactly(false, true);
    attempts.get(1).complete("good");
    assertThat(call).isCompletedWithValue("good");
    assertThat(losers).containsExactly("bad");
  }

  /** The first value is not accepted; the seam runs before that is written down. */
  private CompletableFuture<String> callWithBadFirstValue(
      Consumer<CompletableFuture<String>> seam) {
    List<CompletableFuture<String>> calls = new ArrayList<>();
    SeamBudget budget = new SeamBudget();
    Hedge hedge =
        hedge(c -> c.acceptResult(value -> !"bad".equals(value)).maxHedges(2).budget(budget));
    calls.add(call(hedge));
    at(50);
    assertThat(areHedges).containsExactly(false, true);
    budget.seam = () -> seam.accept(calls.get(0));
    attempts.get(0).complete("bad");
    time.runPending();
    return calls.get(0);
  }

  @Test
  void firstValueThatIsNotAccepted_whileAHedgeWins_isPassedOn() {
    CompletableFuture<String> call =
        callWithBadFirstValue(future -> attempts.get(1).complete("good"));
    assertThat(call).isCompletedWithValue("good");
    assertThat(losers).containsExactly("bad");
  }

  @Test
  void firstValueThatIsNotAccepted_whileTheCallerCancels_isPassedOn() {
    assertThat(callWithBadFirstValue(future -> future.cancel(true))).isCancelled();
    assertThat(losers).containsExactly("bad");
  }

  @Test
  void firstValueThatIsNotAccepted_beforeTheCallerCancels_isPassedOn() {
    CompletableFuture<String> call = callWithBadFirstValue(future -> {});
    assertThat(losers).isEmpty();
    call.cancel(true);
    assertThat(losers).containsExactly("bad");
  }

  @Test
  void firstValueOnItsThread_whileTheCallerIsInterrupted_isPassedOn() {
    SeamBudget budget = new SeamBudget();
    budget.seam = Thread.currentThread()::interrupt;
    Hedge hedge = hedge(c -> c.acceptResult(value -> !"bad".equals(value)).budget(budget));
    assertThatThrownBy(() -> hedge.call(() -> "bad")).isInstanceOf(CallInterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(losers).containsExactly("bad");
  }

  /** Grants every hedge, after it has run the seam once. */
  private static final class SeamBudget implements RetryBudget {
    private Runnable seam = () -> {};

    @Override
    public String name() {
      return "seam";
    }

    @Override
    public RetryBudgetConfig config() {
      return RetryBudgetConfig.builder().build();
    }

    @Override
    public double level() {
      return 1;
    }

    @Override
    public long rejected() {
      return 0;
    }

    @Override
    public boolean tryTake() {
      Runnable once = seam;
      seam = () -> {};
      once.run();
      return true;
    }

    @Override
    public void credit() {}
  }

  @Test
  @Tag("HG-06")
  void ifNoResultIsAccepted_thatOfTheFirstIsReturned() {
    CompletableFuture<String> call = call(hedge(c -> c.acceptResult(value -> false)));
    at(50);
    attempts.get(1).complete("second");
    attempts.get(0).complete("first");
    assertThat(call).isCompletedWithValue("first");
    assertThat(losers).containsExactly("second");
  }

  @Test
  @Tag("HG-07")
  void emptyBudget_startsNoHedgeAndCancelsNothing() {
    RetryBudget budget = resilience.retryBudget("b", c -> c.capacity(1).ratio(0).perSecond(0));
    budget.tryTake();
    Hedge hedge = hedge(c -> c.budget(budget).maxHedges(3));
    CompletableFuture<String> call = call(hedge);
    at(1000);
    assertThat(attempts).hasSize(1);
    assertThat(attempts.get(0)).isNotDone();
    assertThat(hedge.totals().outOfBudget()).isEqualTo(1);
    IOException failure = new IOException("late");
    attempts.get(0).completeExceptionally(failure);
    assertThat(failureOf(call)).isSameAs(failure);
    assertThat(hedge.totals().outOfBudget()).isEqualTo(1);
  }

  @Test
  @Tag("HG-07")
  void ownBudget_allowsTenHedgesAndNoneWithoutSuccesses() {
    Hedge hedge = hedge(c -> c);
    List<CompletableFuture<String>> calls = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      calls.add(call(hedge));
    }
    at(50);
    assertThat(attempts).hasSize(22);
    assertThat(hedge.totals().outOfBudget()).isEqualTo(2);
    calls.forEach(call -> call.cancel(true));
    assertThat(hedge.totals().lost()).isEqualTo(10);
    assertThat(hedge.totals().cancelled()).isEqualTo(12);
  }

  @Test
  @Tag("HG-08")
  void hedges_startAfterEachDelay() {
    CompletableFuture<String> call = call(hedge(c -> c.maxHedges(3)));
    at(50);
    assertThat(attempts).hasSize(2);
    at(97);
    assertThat(attempts).hasSize(2);
    at(100);
    assertThat(attempts).hasSize(3);
    at(150);
    assertThat(attempts).hasSize(4);
    at(500);
    assertThat(attempts).hasSize(4);
    attempts.get(2).complete("c");
    time.runPending();
    assertThat(call).isCompletedWithValue("c");
    assertThat(attempts.get(0)).isCancelled();
    assertThat(attempts.get(1)).isCancelled();
    assertThat(attempts.get(3)).isCancelled();
  }

  @Test
  @Tag("HG-08")
  void failure_movesOnlyTheNextHedgeForward() {
    call(hedge(c -> c.maxHedges(3)));
    at(10);
    attempts.get(0).completeExceptionally(new IOException("down"));
    time.runPending();
    assertThat(attempts).hasSize(2);
    at(60);
    assertThat(attempts).hasSize(2);
    at(100);
    assertThat(attempts).hasSize(3);
    at(150);
    assertThat(attempts).hasSize(4);
  }

  @Test
  @Tag("HG-09")
  void delayOfZero_startsAllAttemptsTogether() {
    CompletableFuture<String> call = call(hedge(c -> c.delay(Duration.ZERO).maxHedges(2)));
    time.runPending();
    assertThat(areHedges).containsExactly(false, true, true);
    attempts.get(2).complete("c");
    assertThat(call).isCompletedWithValue("c");
  }

  @Test
  @Tag("HG-12")
  void loser_isNeitherSuccessNorFailureAndFreesItsPlace() {
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(1));
    Bulkhead bulkhead = resilience.bulkhead("k", c -> c.maxConcurrentCalls(2));
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(hedge(c -> c))
        .add(breaker)
        .add(bulkhead)
        .build();
    CompletableFuture<String> call = call(pipeline);
    at(50);
    assertThat(bulkhead.snapshot().inUse()).isEqualTo(2);
    attempts.get(1).complete("b");
    time.runPending();
    assertThat(call).isCompletedWithValue("b");
    assertThat(bulkhead.snapshot().inUse()).isZero();
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures()).isZero();
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
  }

  @Test
  @Tag("HG-13")
  void eachAttempt_runsThePoliciesInsideByItself() {
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(10));
    Timeout timeout = resilience.timeout("t", millis(70));
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(hedge(c -> c))
        .add(breaker)
        .add(timeout)
        .build();
    CompletableFuture<String> call = call(pipeline);
    at(72);
    assertThat(call).isNotDone();
    assertThat(timeout.totals().fired()).isEqualTo(1);
    at(125);
    assertThat(failureOf(call)).isInstanceOf(TimeoutExceededException.class);
    assertThat(timeout.totals().fired()).isEqualTo(2);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
  }

  @Test
  @Tag("HG-14")
  void breakerThatIsNotClosed_isNotHedged() {
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(1));
    Hedge hedge = hedge(c -> c);
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(hedge).add(breaker).build();
    CompletableFuture<String> call = call(pipeline);
    breaker.forceOpen();
    at(50);
    assertThat(attempts).hasSize(1);
    attempts.get(0).complete("a");
    assertThat(call).isCompletedWithValue("a");
    assertThat(hedge.totals().hedges()).isZero();
  }

  @Test
  @Tag("HG-14")
  void hedgeThatWouldWait_isRejectedAndTheFirstGoesOn() {
    Bulkhead bulkhead =
        resilience.bulkhead("k", c -> c.maxConcurrentCalls(1).maxWait(Duration.ofSeconds(10)));
    Hedge hedge = hedge(c -> c.maxHedges(3));
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(hedge).add(bulkhead).build();
    CompletableFuture<String> call = call(pipeline);
    at(200);
    assertThat(attempts).hasSize(1);
    assertThat(bulkhead.snapshot().waiting()).isZero();
    assertThat(hedge.totals().rejected()).isEqualTo(1);
    attempts.get(0).complete("a");
    assertThat(call).isCompletedWithValue("a");
  }

  @Test
  @Tag("HG-15")
  void rejectionOfTheFirstAttempt_isNotHedged() {
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(1));
    breaker.forceOpen();
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(hedge(c -> c))
        .add(breaker)
        .build();
    CompletableFuture<String> call = call(pipeline);
    assertThat(call).isCompletedExceptionally();
    at(100);
    assertThat(attempts).isEmpty();
  }

  @Test
  @Tag("HG-15")
  void failureThatAsksCallersToSlowDown_startsNoFurtherHedge() {
    // As for HTTP 429 and 503: hedgeOn does not match them.
    CompletableFuture<String> call = call(hedge(c -> c.maxHedges(3)));
    at(50);
    attempts.get(1).completeExceptionally(new IllegalStateException("429"));
    at(500);
    assertThat(attempts).hasSize(2);
    attempts.get(0).complete("a");
    assertThat(call).isCompletedWithValue("a");
  }

  @Test
  @Tag("HG-16")
  void hedge_doesNotStartAtOrAfterTheDeadline() {
    Timeout timeout = resilience.timeout("t", millis(50));
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(timeout)
        .add(hedge(c -> c))
        .build();
    CompletableFuture<String> call = call(pipeline);
    at(60);
    assertThat(attempts).hasSize(1);
    assertThat(failureOf(call)).isInstanceOf(TimeoutExceededException.class);
  }

  @Test
  @Tag("HG-16")
  void deadline_cancelsAllAttemptsAndBreakersCountFailures() {
    Timeout timeout = resilience.timeout("t", millis(80));
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(10));
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(timeout)
        .add(hedge(c -> c))
        .add(breaker)
        .build();
    CompletableFuture<String> call = call(pipeline);
    at(85);
    assertThat(failureOf(call)).isInstanceOf(TimeoutExceededException.class);
    assertThat(attempts).hasSize(2).allMatch(CompletableFuture::isCancelled);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
  }

  @Test
  @Tag("HG-17")
  void cancelledCall_cancelsAllAttemptsAndStartsNone() {
    Hedge hedge = hedge(c -> c.maxHedges(3));
    CompletableFuture<String> call = call(hedge);
    at(50);
    call.cancel(true);
    assertThat(attempts).hasSize(2).allMatch(CompletableFuture::isCancelled);
    at(1000);
    assertThat(attempts).hasSize(2);
    assertThat(hedge.totals().cancelled()).isEqualTo(1);
    assertThat(hedge.totals().lost()).isEqualTo(1);
  }

  @Test
  @Tag("HG-17")
  void hedgeThatAnExecutorHasNotBegun_isNotStartedAfterTheEnd() {
    Queue<Runnable> accepted = new ArrayDeque<>();
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(hedge(c -> c))
        .build()
        .on(accepted::add);
    CompletableFuture<String> call = call(pipeline);
    at(50);
    assertThat(accepted).hasSize(1);
    attempts.get(0).complete("a");
    assertThat(call).isCompletedWithValue("a");
    accepted.remove().run();
    assertThat(attempts).hasSize(1);
  }

  @Test
  @Tag("HG-18")
  void retryAroundAHedge_seesOneAttempt() {
    Retry retry = resilience.retry(
        "r", c -> c.maxAttempts(2).backoff(Backoff.constant(Duration.ofSeconds(1))));
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(retry)
        .add(hedge(c -> c))
        .build();
    List<Integer> numbers = new ArrayList<>();
    CompletableFuture<String> call = pipeline.callAsync(() -> {
      numbers.add(CallContext.current().attempt());
      return attempt();
    });
    at(50);
    attempts.get(0).completeExceptionally(new IOException("a"));
    attempts.get(1).completeExceptionally(new IOException("b"));
    time.advance(Duration.ofSeconds(2));
    assertThat(numbers).startsWith(1, 1, 2);
    attempts.get(2).complete("c");
    assertThat(call).isCompletedWithValue("c");
  }

  @Test
  @Tag("HG-18")
  void hedgeInsideAHedge_standsDown() {
    Hedge inner = resilience.hedge("inner", c -> c.delay(millis(10)));
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(hedge(c -> c))
        .add(inner)
        .build();
    call(pipeline);
    at(45);
    assertThat(attempts).hasSize(1);
    at(500);
    assertThat(attempts).hasSize(2);
  }

  @Test
  @Tag("HG-19")
  void executorThatRejects_leavesTheFirstAlone() {
    Hedge hedge = hedge(c -> c);
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(hedge)
        .build()
        .on(task -> {
          throw new RejectedExecutionException("full");
        });
    CompletableFuture<String> call = call(pipeline);
    at(50);
    assertThat(hedge.totals().rejected()).isEqualTo(1);
    attempts.get(0).complete("a");
    assertThat(call).isCompletedWithValue("a");
  }

  @Test
  @Tag("HG-20")
  void submittedLoser_isInterrupted() throws Exception {
    ExecutorService pool = Executors.newCachedThreadPool();
    try (Resilience real = Resilience.create()) {
      Hedge hedge = real.hedge("h", c -> c.delay(millis(1)).onLoser(losers::add));
      CountDownLatch interrupted = new CountDownLatch(1);
      AtomicInteger bodies = new AtomicInteger();
      CompletableFuture<String> call = hedge.submit(
          () -> {
            if (bodies.getAndIncrement() != 0) {
              return "b";
            }
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              interrupted.countDown();
            }
            return "late";
          },
          pool);
      assertThat(call.get(10, TimeUnit.SECONDS)).isEqualTo("b");
      assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
    } finally {
      pool.shutdown();
      assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(losers).containsExactly("late");
  }

  @Test
  @Tag("HG-25")
  void events_sayWhatTheHedgeDid() {
    Hedge hedge = hedge(c -> c);
    List<HedgeEvent> events = new ArrayList<>();
    hedge.subscribe(events::add);
    call(hedge);
    at(50);
    attempts.get(1).complete("b");
    time.runPending();
    assertThat(events)
        .extracting(HedgeEvent::kind)
        .containsExactly(HedgeEvent.Kind.HEDGED, HedgeEvent.Kind.WON);
    assertThat(events.get(0).number()).isEqualTo(1);
    assertThat(events.get(0).elapsed()).isBetween(millis(50), millis(53));
    events.clear();
    call(hedge);
    IOException failure = new IOException("down");
    attempts.get(2).completeExceptionally(failure);
    time.runPending();
    attempts.get(3).completeExceptionally(new IOException("down, too"));
    time.runPending();
    assertThat(events)
        .extracting(HedgeEvent::kind)
        .containsExactly(HedgeEvent.Kind.HEDGED, HedgeEvent.Kind.ALL_FAILED);
    assertThat(events.get(1).failure()).isSameAs(failure);
    assertThat(events.get(1).toString()).contains("ALL_FAILED", "down");
  }

  @Test
  @Tag("HG-27")
  void closing_endsTheDelayAndTheFirstGoesOn() {
    CompletableFuture<String> call = call(hedge(c -> c));
    at(10);
    resilience.close();
    time.advance(Duration.ofSeconds(1));
    assertThat(attempts).hasSize(1);
    attempts.get(0).complete("a");
    assertThat(call).isCompletedWithValue("a");
  }

  @Test
  @Tag("HG-24")
  void hedgeWithoutADelay_isNotDeclared() {
    assertThatThrownBy(() -> resilience.hedge("unknown"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage("hedge 'unknown' has no delay. Declare it by hedge(name, config), or set"
            + " resilience.hedge.unknown.delay");
  }

  @Test
  void settingsOutsideTheCode_turnHedgingOff() {
    try (Resilience outside = Resilience.builder()
        .timeSource(time)
        .config(Map.of("resilience.hedge.maxHedges", "0", "resilience.hedge.h.delay", "10ms"))
        .build()) {
      Hedge hedge = outside.hedge("h");
      assertThat(hedge.config().delay()).isEqualTo(millis(10));
      assertThat(hedge.config().maxHedges()).isZero();
      call(hedge);
      at(100);
      assertThat(attempts).hasSize(1);
    }
  }

  @Test
  void settingsOutsideTheCode_changeTheBoundsOfADelayFromLatencies() {
    try (Resilience outside = Resilience.builder()
        .timeSource(time)
        .config(Map.of("resilience.hedge.h.mostDelay", "300ms"))
        .build()) {
      Hedge hedge = outside.hedge(
          "h",
          HedgeConfig.forIdempotentCalls()
              .delayFromLatency(95, millis(5), Duration.ofSeconds(1))
              .build());
      assertThat(hedge.delay()).isEqualTo(millis(300));
    }
  }

  @Test
  @Tag("HG-03")
  void functionsThatThrow_areLoggedOnceEach() {
    List<String> lines;
    try (RecordedLog log = RecordedLog.of(CoreHedge.class)) {
      Hedge hedge = hedge(c -> c.hedgeOn(failure -> {
            throw new AssertionError("hedgeOn");
          })
          .acceptResult(value -> {
            throw new AssertionError("acceptResult");
          })
          .onLoser(value -> {
            throw new AssertionError("onLoser");
          }));
      for (int i = 0; i < 2; i++) {
        CompletableFuture<String> failed = call(hedge);
        attempts.get(attempts.size() - 1).completeExceptionally(new IOException("down"));
        assertThat(failed).isCompletedExceptionally();
        CompletableFuture<String> won = hedge.callAsync(this::stubborn);
        time.advance(millis(53));
        attempts.get(attempts.size() - 2).complete("first");
        time.runPending();
        assertThat(won).isCompletedWithValue("first");
        attempts.get(attempts.size() - 1).complete("loser");
        time.runPending();
      }
      lines = log.messages();
    }
    assertThat(lines)
        .containsExactlyInAnyOrder(
            "WARNING hedge 'h': hedgeOn failed; the call is not hedged (logged once)",
            "WARNING hedge 'h': acceptResult failed; the result is accepted (logged once)",
            "WARNING hedge 'h': onLoser failed; the result is dropped (logged once)");
  }

  private CompletableFuture<String> stubborn() {
    CompletableFuture<String> attempt = new CompletableFuture<>() {
      @Override
      public boolean cancel(boolean mayInterrupt) {
        return false;
      }
    };
    attempts.add(attempt);
    return attempt;
  }

  @Test
  @Tag("HG-19")
  void hedge_runsOnTheExecutorForAttempts_withTheContextOfTheCaller() throws Exception {
    ThreadLocal<@Nullable String> tenant = new ThreadLocal<>();
    ExecutorService pool = Executors.newCachedThreadPool(task -> new Thread(task, "pool"));
    List<String> seen = Collections.synchronizedList(new ArrayList<>());
    Thread caller = Thread.currentThread();
    try (Resilience carrying = Resilience.builder()
        .timeSource(time)
        .executor(pool)
        .contextPropagator(ContextPropagator.of(tenant))
        .build()) {
      Hedge hedge = carrying.hedge("h", c -> c.delay(millis(50)));
      tenant.set("shop");
      CompletableFuture<String> call = hedge.callAsync(() -> {
        boolean isCaller = Thread.currentThread() == caller;
        seen.add((isCaller ? "caller " : Thread.currentThread().getName() + " ") + tenant.get());
        tenant.set("of the body");
        return isCaller ? new CompletableFuture<>() : CompletableFuture.completedFuture("hedge");
      });
      time.advance(millis(53));
      assertThat(call.get(10, TimeUnit.SECONDS)).isEqualTo("hedge");
    } finally {
      tenant.remove();
      pool.shutdown();
      assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(seen).containsExactly("caller shop", "pool shop");
  }

  @Test
  void functionsThatThrow_changeNeitherResultNorFailure() {
    Hedge hedge = hedge(c -> c.hedgeOn(failure -> {
          throw new AssertionError("hedgeOn");
        })
        .acceptResult(value -> {
          throw new AssertionError("acceptResult");
        }));
    CompletableFuture<String> good = call(hedge);
    attempts.get(0).complete("a");
    assertThat(good).isCompletedWithValue("a");
    CompletableFuture<String> bad = call(hedge);
    IOException failure = new IOException("down");
    attempts.get(1).completeExceptionally(failure);
    assertThat(failureOf(bad)).isSameAs(failure);
  }
}
