package io.aragora.resilience.core.coalescing;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.coalescing.CoalescerEvent;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.spi.ContextPropagator;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Asynchronous calls, alone and beside synchronous ones. */
class CoalescedFutureTest extends CoalescerFixture {
  @Test
  @Tag("CA-01")
  void futuresOfOneKey_shareOneBody() {
    Coalescer<String, String> prices = coalescer();
    List<CompletableFuture<String>> calls = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      calls.add(async(prices));
    }
    assertThat(bodies).hasSize(1);
    String result = new String("1.20");
    bodies.get(0).complete(result);
    time.runPending();
    for (CompletableFuture<String> call : calls) {
      assertThat(call.join()).isSameAs(result);
    }
    assertThat(prices.totals().led()).isEqualTo(1);
    assertThat(prices.totals().joined()).isEqualTo(9);
    assertThat(prices.flights()).isZero();
  }

  @Test
  @Tag("CA-02")
  void differentKeysOfTheSameHash_shareNothing() {
    assertThat("Aa").hasSameHashCodeAs("BB");
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> first = prices.callAsync("Aa", this::begin);
    CompletableFuture<String> second = prices.callAsync("BB", this::begin);
    assertThat(bodies).hasSize(2);
    bodies.get(1).complete("of BB");
    bodies.get(0).complete("of Aa");
    time.runPending();
    assertThat(first).isCompletedWithValue("of Aa");
    assertThat(second).isCompletedWithValue("of BB");
  }

  @Test
  @Tag("CA-01")
  void bodyThatIsCompleteAtOnce_leavesNoFlight() {
    Coalescer<String, String> prices = coalescer();
    assertThat(prices.callAsync("apples", () -> CompletableFuture.completedFuture("1.20")))
        .isCompletedWithValue("1.20");
    assertThat(prices.flights()).isZero();
  }

  @Test
  @Tag("CA-01")
  @Tag("netpulse-69")
  void continuationThatBlocksOrThrows_holdsUpNoOtherCall() {
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> first = async(prices);
    CompletableFuture<String> second = async(prices);
    first.thenRun(() -> {
      throw new IllegalStateException("continuation");
    });
    bodies.get(0).complete("1.20");
    assertThat(leader).isCompletedWithValue("1.20");
    assertThat(first).as("completed by a thread of the runtime").isNotDone();
    time.runPending();
    assertThat(first).isCompletedWithValue("1.20");
    assertThat(second).isCompletedWithValue("1.20");
  }

  @Test
  @Tag("CA-04")
  void failure_reachesAllFutures_asTheSameObject() {
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> joiner = async(prices);
    IOException failure = new IOException("down");
    bodies.get(0).completeExceptionally(failure);
    time.runPending();
    assertThat(failureOf(leader)).isSameAs(failure);
    assertThat(failureOf(joiner)).isSameAs(failure);
    assertThat(failure).hasNoSuppressedExceptions();
    async(prices);
    assertThat(bodies).hasSize(2);
  }

  @Test
  @Tag("CA-04")
  void failuresThatAreNotShared_startOneBodyAfterTheOther() {
    Coalescer<String, String> prices = coalescer(c -> c.shareFailures(false));
    List<CompletableFuture<String>> calls = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      calls.add(async(prices));
    }
    for (int i = 0; i < 999; i++) {
      assertThat(bodies).hasSize(i + 1);
      bodies.get(i).completeExceptionally(new IOException("down " + i));
      time.runPending();
      assertThat(failureOf(calls.get(i))).hasMessage("down " + i);
    }
    bodies.get(999).complete("up");
    assertThat(calls.get(999)).isCompletedWithValue("up");
    assertThat(prices.totals().handedOver()).isEqualTo(999);
    assertThat(prices.flights()).isZero();
  }

  @Test
  @Tag("CA-05")
  @Tag("golang-41133")
  void bodyThatThrowsAnErrorOrGivesNoStage_endsAll() {
    Coalescer<String, String> prices = coalescer();
    AssertionError bug = new AssertionError("bug");
    CompletableFuture<String> failed = prices.callAsync("apples", () -> {
      throw bug;
    });
    assertThat(failureOf(failed)).isSameAs(bug);
    assertThat(failureOf(prices.callAsync("apples", () -> null)))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("the asynchronous body returned null, not a stage");
    assertThat(prices.flights()).isZero();
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> joiner = async(prices);
    bodies.get(0).completeExceptionally(bug);
    time.runPending();
    assertThat(failureOf(leader)).isSameAs(bug);
    assertThat(failureOf(joiner)).isSameAs(bug);
  }

  @Test
  @Tag("CA-06")
  @Tag("singleflight-4")
  void leaderThatIsCancelled_handsOver_andItsBodyIsCancelled() {
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> first = async(prices);
    CompletableFuture<String> second = async(prices);
    leader.cancel(true);
    assertThat(bodies.get(0)).isCancelled();
    assertThat(bodies).as("started by the executor").hasSize(1);
    time.runPending();
    assertThat(bodies).hasSize(2);
    assertThat(prices.flights()).isEqualTo(1);
    CompletableFuture<String> third = async(prices);
    assertThat(bodies).hasSize(2);
    bodies.get(1).complete("1.20");
    time.runPending();
    assertThat(first).isCompletedWithValue("1.20");
    assertThat(second).isCompletedWithValue("1.20");
    assertThat(third).isCompletedWithValue("1.20");
    assertThat(prices.totals().handedOver()).isEqualTo(1);
  }

  @Test
  @Tag("CA-06")
  void leaderThatIsCompletedFromOutside_leaves() {
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> joiner = async(prices);
    leader.complete("mine");
    time.runPending();
    bodies.get(1).complete("1.20");
    time.runPending();
    assertThat(leader).isCompletedWithValue("mine");
    assertThat(joiner).isCompletedWithValue("1.20");
  }

  @Test
  @Tag("CA-06")
  void leaderWhoseBodyCancelsItself_handsOver() {
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> joiner = async(prices);
    bodies.get(0).cancel(true);
    time.runPending();
    assertThat(leader).isCompletedExceptionally();
    bodies.get(1).complete("1.20");
    time.runPending();
    assertThat(joiner).isCompletedWithValue("1.20");
  }

  @Test
  @Tag("CA-06")
  @Tag("fak-11924")
  void leaderWhoseTimeoutFires_handsOver() {
    Coalescer<String, String> prices = coalescer();
    Timeout timeout = resilience.timeout("t", c -> c.limit(millis(100)));
    CompletableFuture<String> leader = timeout.callAsync(() -> async(prices));
    CompletableFuture<String> joiner = async(prices);
    at(100);
    assertThat(failureOf(leader)).isInstanceOf(TimeoutExceededException.class);
    assertThat(bodies.get(0)).isCancelled();
    assertThat(bodies).hasSize(2);
    bodies.get(1).complete("1.20");
    time.runPending();
    assertThat(joiner).isCompletedWithValue("1.20");
  }

  @Test
  @Tag("CA-06")
  void eventOfAHandOver_showsNoInternalCancellation() {
    Coalescer<String, String> prices = coalescer();
    List<CoalescerEvent> events = new ArrayList<>();
    prices.subscribe(events::add);
    Timeout timeout = resilience.timeout("t", c -> c.limit(millis(100)));
    timeout.callAsync(() -> async(prices));
    async(prices);
    at(100);
    time.runPending();
    assertThat(events).hasSize(1);
    assertThat(events.get(0).failure())
        .isExactlyInstanceOf(TimeoutExceededException.class)
        .hasMessageStartingWith("'prices' did not finish within 0.1");
    Hedge hedge = resilience.hedge("h", c -> c.delay(millis(10)));
    CompletableFuture<String> winner = new CompletableFuture<>();
    hedge.callAsync(
        () -> CallContext.current().isHedge() ? winner : prices.callAsync("pears", this::begin));
    prices.callAsync("pears", this::begin);
    at(120);
    winner.complete("1.20");
    time.runPending();
    assertThat(events).hasSize(2);
    assertThat(events.get(1).failure()).isExactlyInstanceOf(CancellationException.class);
  }

  @Test
  @Tag("CA-06")
  void cancellationThatBlocks_holdsUpNoOtherCall() {
    Coalescer<String, String> prices = coalescer();
    List<CompletableFuture<String>> seen = new ArrayList<>();
    CompletableFuture<String> stubborn = new CompletableFuture<>() {
      @Override
      public boolean cancel(boolean mayInterrupt) {
        // Stands for code that blocks: the key is free when it begins.
        seen.add(prices.callAsync("apples", () -> CompletableFuture.completedFuture("new")));
        throw new IllegalStateException("cancel");
      }
    };
    prices.callAsync("apples", () -> stubborn).cancel(true);
    assertThat(seen).hasSize(1);
    assertThat(seen.get(0)).isCompletedWithValue("new");
    stubborn.complete("late");
    assertThat(prices.flights()).isZero();
  }

  @Test
  @Tag("CA-07")
  @Tag("singleflight-4")
  void joinerThatIsCancelled_leavesAlone() {
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> first = async(prices);
    CompletableFuture<String> second = async(prices);
    first.cancel(true);
    assertThat(bodies.get(0)).isNotDone();
    CompletableFuture<String> third = async(prices);
    assertThat(bodies).hasSize(1);
    bodies.get(0).complete("1.20");
    time.runPending();
    assertThat(leader).isCompletedWithValue("1.20");
    assertThat(first).isCancelled();
    assertThat(second).isCompletedWithValue("1.20");
    assertThat(third).isCompletedWithValue("1.20");
  }

  @Test
  @Tag("CA-07")
  void joinerWhoseDeadlinePasses_leavesAlone() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Timeout timeout = resilience.timeout("t", c -> c.limit(millis(100)));
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> limited = timeout.callAsync(() -> async(prices));
    CompletableFuture<String> scoped = within(50, () -> async(prices));
    at(50);
    assertThat(failureOf(scoped))
        .isInstanceOf(TimeoutExceededException.class)
        .hasMessageStartingWith("'prices' did not finish within 0.05");
    assertThat(limited).isNotDone();
    at(100);
    assertThat(failureOf(limited)).isInstanceOf(TimeoutExceededException.class);
    bodies.get(0).complete("1.20");
    assertThat(leader).isCompletedWithValue("1.20");
    assertThat(bodies).hasSize(1);
    long fired = resilience.status().timer().fired();
    at(200);
    assertThat(resilience.status().timer().fired()).isEqualTo(fired);
  }

  @Test
  @Tag("CA-07")
  void deadlineOfACallThatEndedInTime_leavesNoTimerEntry() throws Exception {
    Coalescer<String, String> prices = coalescer();
    async(prices);
    CompletableFuture<String> scoped = within(50, () -> async(prices));
    bodies.get(0).complete("1.20");
    time.runPending();
    assertThat(scoped).isCompletedWithValue("1.20");
    long fired = resilience.status().timer().fired();
    at(200);
    assertThat(resilience.status().timer().fired()).isEqualTo(fired);
  }

  @Test
  @Tag("CA-08")
  @Tag("singleflight-4")
  void everybodyLeaves_andTheOldBodyDoesNotTouchTheNewOne() {
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> stubborn = new CompletableFuture<>() {
      @Override
      public boolean cancel(boolean mayInterrupt) {
        return false;
      }
    };
    CompletableFuture<String> leader = prices.callAsync("apples", () -> stubborn);
    CompletableFuture<String> joiner = async(prices);
    joiner.cancel(true);
    leader.cancel(true);
    assertThat(prices.flights()).isZero();
    CompletableFuture<String> next = async(prices);
    assertThat(bodies).hasSize(1);
    stubborn.complete("old");
    CompletableFuture<String> withNext = async(prices);
    assertThat(bodies).hasSize(1);
    bodies.get(0).complete("new");
    time.runPending();
    assertThat(next).isCompletedWithValue("new");
    assertThat(withNext).isCompletedWithValue("new");
  }

  @Test
  @Tag("CA-09")
  void longFlight_takesNoFurtherFutures() {
    Coalescer<String, String> prices = coalescer(c -> c.maxFlight(millis(100)));
    CompletableFuture<String> hanging = async(prices);
    time.advance(millis(100));
    CompletableFuture<String> next = async(prices);
    assertThat(bodies).hasSize(2);
    bodies.get(0).complete("old");
    bodies.get(1).complete("new");
    assertThat(hanging).isCompletedWithValue("old");
    assertThat(next).isCompletedWithValue("new");
  }

  @Test
  @Tag("CA-10")
  void asynchronousBodyThatCallsItsOwnKeyOnItsThread_fails() {
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> waits = prices.callAsync(
        "apples", () -> CompletableFuture.completedFuture(prices.call("apples", () -> "")));
    assertThat(failureOf(waits))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("call for key 'apples' waits for itself");
    CompletableFuture<String> returns =
        prices.callAsync("apples", () -> prices.callAsync("apples", this::begin));
    assertThat(failureOf(returns)).isInstanceOf(IllegalStateException.class);
    assertThat(prices.flights()).isZero();
    assertThat(bodies).isEmpty();
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> joiner = async(prices);
    assertThat(joiner).as("the thread has left the body").isNotDone();
    bodies.get(0).complete("1.20");
    assertThat(leader).isCompletedWithValue("1.20");
  }

  @Test
  @Tag("CA-10")
  void bodyOnAnExecutorThatCallsItsOwnKey_fails() {
    Coalescer<String, String> prices = coalescer();
    Queue<Runnable> tasks = new ArrayDeque<>();
    CompletableFuture<String> leader = prices.submit("apples", () -> nested(prices), tasks::add);
    new Call(() -> {
      tasks.remove().run();
      return "";
    });
    assertThat(failureOf(leader))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("call for key 'apples' waits for itself");
    assertThat(prices.flights()).isZero();
  }

  @Test
  @Tag("CA-10")
  void laterAttemptThatCallsItsOwnKeyOnItsThread_fails() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Retry retry =
        resilience.retry("r", c -> c.maxAttempts(2).backoff(Backoff.constant(millis(10))));
    CompletableFuture<String> leader = prices.callAsync(
        "apples",
        retry,
        () -> CallContext.current().attempt() == 1
            ? CompletableFuture.failedFuture(new IOException("down"))
            : CompletableFuture.completedFuture(nested(prices)));
    assertThat(leader).isNotDone();
    // The attempt runs on the thread that advances the time, which must not be that of the test.
    assertThat(new Call(() -> {
              at(10);
              return "";
            })
            .result())
        .isEmpty();
    assertThat(failureOf(leader))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("call for key 'apples' waits for itself");
    assertThat(prices.flights()).isZero();
  }

  private static String nested(Coalescer<String, String> prices) {
    return prices.<RuntimeException>call("apples", () -> "");
  }

  @Test
  @Tag("CA-11")
  void futuresBeyondMaxFlights_runByThemselves() {
    Coalescer<String, String> prices = coalescer(c -> c.maxFlights(1));
    async(prices);
    CompletableFuture<String> one = prices.callAsync("pears", this::begin);
    CompletableFuture<String> other = prices.callAsync("pears", this::begin);
    assertThat(bodies).hasSize(3);
    bodies.get(1).complete("one");
    bodies.get(2).complete("other");
    assertThat(one).isCompletedWithValue("one");
    assertThat(other).isCompletedWithValue("other");
    assertThat(prices.totals().alone()).isEqualTo(2);
    assertThat(prices.flights()).isEqualTo(1);
  }

  @Test
  @Tag("CA-12")
  void threadsAndFutures_shareAFlight_withEitherAsLeader() throws Exception {
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> future = async(prices);
    Call thread = joiner(prices, new Body(), 1);
    bodies.get(0).complete("of a future");
    assertThat(future).isCompletedWithValue("of a future");
    assertThat(thread.result()).isEqualTo("of a future");

    Body body = new Body();
    Call leader = leader(prices, body);
    CompletableFuture<String> joiner = async(prices);
    assertThat(bodies).hasSize(1);
    body.complete("of a thread");
    assertThat(leader.result()).isEqualTo("of a thread");
    time.runPending();
    assertThat(joiner).isCompletedWithValue("of a thread");
  }

  @Test
  @Tag("CA-06")
  @Tag("CA-12")
  void lead_passesBetweenThreadsAndFutures_inTheOrderInWhichTheyCame() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Body first = new Body();
    Body third = new Body();
    Call a = leader(prices, first);
    CompletableFuture<String> b = async(prices);
    Call c = joiner(prices, third, 1);
    CompletableFuture<String> d = async(prices);
    a.thread.interrupt();
    assertThat(a.failure()).isInstanceOf(InterruptedException.class);
    time.runPending();
    assertThat(bodies).hasSize(1);
    b.cancel(true);
    third.awaitEntered();
    c.thread.interrupt();
    assertThat(c.failure()).isInstanceOf(InterruptedException.class);
    time.runPending();
    assertThat(bodies).hasSize(2);
    bodies.get(1).complete("1.20");
    assertThat(d).isCompletedWithValue("1.20");
    assertThat(prices.totals().handedOver()).isEqualTo(3);
  }

  @Test
  @Tag("CA-06")
  void cancelBeforeTheTakenBodyBegins_passesTheLeadOn_andStartsNothing() {
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> first = async(prices);
    CompletableFuture<String> second = prices.callAsync("apples", () -> begin());
    leader.cancel(true);
    first.cancel(true);
    time.runPending();
    assertThat(bodies).hasSize(2);
    bodies.get(1).complete("1.20");
    assertThat(second).isCompletedWithValue("1.20");
  }

  @Test
  @Tag("CA-06")
  void executorThatRejectsABodyThatIsTakenOver_endsThatCallAlone() throws Exception {
    Executor broken = task -> {
      throw new RejectedExecutionException("full");
    };
    try (Resilience runtime =
        Resilience.builder().timeSource(time).executor(broken).build()) {
      Coalescer<String, String> prices = runtime.coalescer("prices", CoalescerConfig.defaults());
      CompletableFuture<String> leader = async(prices);
      CompletableFuture<String> rejected = async(prices);
      Body body = new Body();
      Call thread = joiner(prices, body, 1);
      leader.cancel(true);
      time.runPending();
      assertThat(failureOf(rejected)).isInstanceOf(RejectedExecutionException.class);
      body.complete("1.20");
      assertThat(thread.result()).isEqualTo("1.20");
    }
  }

  @Test
  @Tag("CA-06")
  @Tag("CA-07")
  void futureThatTakesOver_waitsForTheExecutorUntilItsDeadline() throws Exception {
    Queue<Runnable> tasks = new ArrayDeque<>();
    try (Resilience runtime =
        Resilience.builder().timeSource(time).executor(tasks::add).build()) {
      Coalescer<String, String> prices = runtime.coalescer("prices", CoalescerConfig.defaults());
      CompletableFuture<String> leader = async(prices);
      CompletableFuture<String> scoped = within(runtime, 50, () -> async(prices));
      Body body = new Body();
      Call thread = joiner(prices, body, 1);
      leader.cancel(true);
      time.runPending();
      assertThat(tasks).hasSize(1);
      at(50);
      assertThat(failureOf(scoped))
          .isInstanceOf(TimeoutExceededException.class)
          .hasMessageStartingWith("'prices' did not finish within 0.05");
      body.awaitEntered();
      tasks.remove().run();
      assertThat(bodies).as("begun by the leader alone").hasSize(1);
      body.complete("1.20");
      assertThat(thread.result()).isEqualTo("1.20");
    }
  }

  @Test
  @Tag("CA-06")
  void executorThatComesAtTheDeadline_beginsNoBody() throws Exception {
    Queue<Runnable> tasks = new ArrayDeque<>();
    try (Resilience runtime =
        Resilience.builder().timeSource(time).executor(tasks::add).build()) {
      Coalescer<String, String> prices = runtime.coalescer("prices", CoalescerConfig.defaults());
      CompletableFuture<String> leader = async(prices);
      CompletableFuture<String> scoped = within(runtime, 50, () -> async(prices));
      leader.cancel(true);
      time.runPending();
      time.advance(millis(50));
      tasks.remove().run();
      assertThat(failureOf(scoped)).isInstanceOf(TimeoutExceededException.class);
      assertThat(bodies).hasSize(1);
      assertThat(prices.flights()).isZero();
    }
  }

  @Test
  @Tag("CA-06")
  void bodyThatWasTakenOverInTime_runsOnAfterTheDeadline() throws Exception {
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> scoped = within(50, () -> async(prices));
    leader.cancel(true);
    time.runPending();
    assertThat(bodies).hasSize(2);
    long fired = resilience.status().timer().fired();
    at(100);
    assertThat(resilience.status().timer().fired()).isEqualTo(fired);
    bodies.get(1).complete("1.20");
    assertThat(scoped).isCompletedWithValue("1.20");
  }

  @Test
  @Tag("CA-12")
  void submittedBodies_shareWithTheOthers_andAreInterruptedByTheirCancellation() throws Exception {
    Coalescer<String, String> prices = coalescer();
    List<Thread> started = new ArrayList<>();
    Executor executor = task -> {
      Thread thread = new Thread(task);
      started.add(thread);
      thread.start();
    };
    Body body = new Body();
    CompletableFuture<String> leader = prices.submit("apples", body::call, executor);
    body.awaitEntered();
    CompletableFuture<String> joiner = async(prices);
    assertThat(bodies).isEmpty();
    leader.cancel(true);
    started.get(0).join(10_000);
    time.runPending();
    bodies.get(0).complete("1.20");
    time.runPending();
    assertThat(joiner).isCompletedWithValue("1.20");
    CompletableFuture<String> rejected = prices.submit("apples", body::call, task -> {
      throw new IllegalStateException("full");
    });
    assertThat(failureOf(rejected)).isInstanceOf(RejectedExecutionException.class);
    assertThat(prices.flights()).isZero();
  }

  @Test
  @Tag("CA-13")
  void copy_isMadeForEachFutureThatJoined() {
    AtomicInteger copies = new AtomicInteger();
    Coalescer<String, String> prices = coalescer(c -> c.copyFor(price -> {
      if (copies.incrementAndGet() == 2) {
        throw new IllegalStateException("copy");
      }
      return new String(price);
    }));
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> first = async(prices);
    CompletableFuture<String> second = async(prices);
    CompletableFuture<String> third = async(prices);
    String result = new String("1.20");
    bodies.get(0).complete(result);
    time.runPending();
    assertThat(leader.join()).isSameAs(result);
    assertThat(first.join()).isEqualTo(result).isNotSameAs(result);
    assertThat(failureOf(second)).hasMessage("copy");
    assertThat(third.join()).isEqualTo(result).isNotSameAs(first.join());
  }

  @Test
  @Tag("CA-18")
  void body_runsWithTheContextOfItsLeader() {
    ThreadLocal<String> user = new ThreadLocal<>();
    ContextPropagator propagator = () -> {
      String captured = user.get();
      return () -> {
        String before = user.get();
        user.set(captured);
        return () -> user.set(before);
      };
    };
    List<String> seen = new ArrayList<>();
    try (Resilience runtime =
        Resilience.builder().timeSource(time).contextPropagator(propagator).build()) {
      Coalescer<String, String> prices = runtime.coalescer("prices", CoalescerConfig.defaults());
      Retry retry =
          runtime.retry("r", c -> c.maxAttempts(2).backoff(Backoff.constant(Duration.ZERO)));
      List<CompletableFuture<String>> calls = new ArrayList<>();
      for (String name : List.of("ann", "bob", "eve")) {
        user.set(name);
        calls.add(prices.callAsync("apples", retry, () -> {
          seen.add(user.get() + " " + CallContext.current().attempt());
          return begin();
        }));
      }
      user.set("test");
      assertThat(seen).containsExactly("ann 1");
      bodies.get(0).completeExceptionally(new IOException("down"));
      time.advance(millis(5));
      calls.get(0).cancel(true);
      time.runPending();
      assertThat(seen).containsExactly("ann 1", "ann 2", "bob 1");
      bodies.get(2).complete("1.20");
      time.runPending();
      assertThat(calls.get(1)).isCompletedWithValue("1.20");
      assertThat(calls.get(2)).isCompletedWithValue("1.20");
      assertThat(user.get()).isEqualTo("test");
    }
  }

  @Test
  @Tag("CA-18")
  void deadlineInsideAFlight_isThatOfTheLeader_untilItIsHandedOver() {
    Coalescer<String, String> prices = coalescer();
    Timeout shorter = resilience.timeout("short", c -> c.limit(millis(100)));
    Timeout longer = resilience.timeout("long", c -> c.limit(millis(500)));
    List<Long> remaining = new ArrayList<>();
    CompletableFuture<String> leader =
        shorter.callAsync(() -> prices.callAsync("apples", () -> noting(remaining)));
    CompletableFuture<String> joiner =
        longer.callAsync(() -> prices.callAsync("apples", () -> noting(remaining)));
    time.advance(millis(200));
    assertThat(leader).isCompletedExceptionally();
    assertThat(remaining).hasSize(2);
    assertThat(remaining.get(0)).isEqualTo(100);
    assertThat(remaining.get(1)).isBetween(390L, 400L);
    bodies.get(1).complete("1.20");
    assertThat(joiner).isCompletedWithValue("1.20");
  }

  private CompletableFuture<String> noting(List<Long> remaining) {
    remaining.add(CallContext.current().remaining().orElseThrow().toMillis());
    return begin();
  }

  @Test
  @Tag("CA-20")
  void closing_endsAFlightThatWaitsForTheExecutor() throws Exception {
    Queue<Runnable> tasks = new ArrayDeque<>();
    Resilience runtime =
        Resilience.builder().timeSource(time).executor(tasks::add).build();
    Coalescer<String, String> prices = runtime.coalescer("prices", CoalescerConfig.defaults());
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> first = async(prices);
    CompletableFuture<String> second = async(prices);
    leader.cancel(true);
    time.runPending();
    assertThat(tasks).hasSize(1);
    runtime.close();
    time.runPending();
    assertThat(failureOf(first)).isInstanceOf(ResilienceClosedException.class);
    assertThat(failureOf(second)).isInstanceOf(ResilienceClosedException.class);
    tasks.forEach(Runnable::run);
    assertThat(bodies).hasSize(1);
    assertThat(prices.flights()).isZero();
  }

  @Test
  @Tag("CA-20")
  void closing_endsFuturesThatJoinedWithADeadline() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Timeout timeout = resilience.timeout("t", c -> c.limit(millis(100)));
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> scoped = within(50, () -> async(prices));
    CompletableFuture<String> limited = timeout.callAsync(() -> async(prices));
    CompletableFuture<String> joiner = async(prices);
    resilience.close();
    time.runPending();
    assertThat(failureOf(scoped)).isInstanceOf(ResilienceClosedException.class);
    assertThat(failureOf(limited)).isInstanceOf(ResilienceClosedException.class);
    assertThat(joiner).isNotDone();
    bodies.get(0).complete("1.20");
    time.runPending();
    assertThat(leader).isCompletedWithValue("1.20");
    assertThat(joiner).isCompletedWithValue("1.20");
  }

  @Test
  @Tag("CA-20")
  void closing_leavesBodiesUnderWay_andALaterHandOverEndsAll() {
    Coalescer<String, String> prices = coalescer();
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> joiner = async(prices);
    CompletableFuture<String> other = prices.callAsync("pears", this::begin);
    CompletableFuture<String> withOther = prices.callAsync("pears", this::begin);
    resilience.close();
    assertThat(joiner).isNotDone();
    bodies.get(0).complete("1.20");
    time.runPending();
    assertThat(leader).isCompletedWithValue("1.20");
    assertThat(joiner).isCompletedWithValue("1.20");
    other.cancel(true);
    time.runPending();
    assertThat(failureOf(withOther)).isInstanceOf(ResilienceClosedException.class);
    assertThat(failureOf(other)).isInstanceOf(CancellationException.class);
    assertThat(prices.flights()).isZero();
  }
}
