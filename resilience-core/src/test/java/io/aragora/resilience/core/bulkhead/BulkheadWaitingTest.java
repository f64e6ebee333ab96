package io.aragora.resilience.core.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadConfig.Order;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.bulkhead.BulkheadFullException.Reason;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Threads that wait, beside each other and beside futures. */
class BulkheadWaitingTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final List<String> order = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    resilience.close();
  }

  private static final class Caller extends FutureTask<String> {
    final Thread thread = new Thread(this, "caller");

    Caller(java.util.concurrent.Callable<String> call) {
      super(call);
      thread.start();
    }

    String result() throws Exception {
      return get(10, TimeUnit.SECONDS);
    }

    Throwable failure() throws Exception {
      try {
        throw new AssertionError("returned " + result());
      } catch (ExecutionException e) {
        return e.getCause();
      }
    }
  }

  /** Starts a thread that calls, and returns when it waits. */
  private Caller waiting(Bulkhead bulkhead, String name, int sleepers) {
    Caller caller = new Caller(() -> bulkhead.<String, RuntimeException>call(() -> {
      order.add(name);
      return name;
    }));
    time.awaitSleepers(sleepers);
    return caller;
  }

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  @Test
  @Tag("BH-04")
  void placeThatBecomesFree_admitsTheWaitingThread() throws Exception {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(10));
    long held = db.tryAcquirePermit();
    Caller caller = waiting(db, "a", 1);
    time.advance(millis(150));
    assertThat(db.snapshot().waiting()).isEqualTo(1);
    assertThat(db.snapshot().oldestWait()).isEqualTo(millis(150));

    db.releasePermit(held);
    assertThat(caller.result()).isEqualTo("a");
    assertThat(db.totals().admittedAfterWait()).isEqualTo(1);
    assertThat(db.totals().admitted()).isEqualTo(1);
    assertThat(db.snapshot().waiting()).isZero();
  }

  @Test
  @Tag("BH-06")
  void threadsAndFutures_areServedInTheOrderInWhichTheyCame() throws Exception {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(10));
    long held = db.tryAcquirePermit();
    Caller a = waiting(db, "a", 1);
    CompletableFuture<String> b = db.callAsync(() -> {
      order.add("b");
      return CompletableFuture.completedFuture("b");
    });
    Caller c = waiting(db, "c", 2);
    assertThat(db.snapshot().waiting()).isEqualTo(3);
    assertThat(db.tryAcquirePermit()).isEqualTo(Bulkhead.REJECTED);

    db.releasePermit(held);
    a.result();
    time.runPending();
    assertThat(b.join()).isEqualTo("b");
    c.result();
    assertThat(order).containsExactly("a", "b", "c");
  }

  @Test
  @Tag("BH-08")
  void newestFirst_servesTheNewest_andEvictsTheOldest() throws Exception {
    Bulkhead db = resilience.bulkhead(
        "db",
        c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(2).order(Order.NEWEST_FIRST));
    long held = db.tryAcquirePermit();
    Caller a = waiting(db, "a", 1);
    CompletableFuture<String> b = db.callAsync(() -> {
      order.add("b");
      return CompletableFuture.completedFuture("b");
    });
    Caller c = new Caller(() -> db.<String, RuntimeException>call(() -> {
      order.add("c");
      return "c";
    }));
    assertThat(a.failure())
        .isInstanceOfSatisfying(
            BulkheadFullException.class, e -> assertThat(e.reason()).isEqualTo(Reason.QUEUE_FULL));
    time.awaitSleepers(1);

    db.releasePermit(held);
    c.result();
    time.runPending();
    b.join();
    assertThat(order).containsExactly("c", "b");
    assertThat(db.totals().rejectedQueueFull()).isEqualTo(1);
  }

  @Test
  @Tag("BH-07")
  void waiterThatLeaves_leavesRoomInTheQueue() throws Exception {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(1));
    db.tryAcquirePermit();
    CompletableFuture<String> first = db.callAsync(() -> CompletableFuture.completedFuture("a"));
    assertThat(db.callAsync(() -> CompletableFuture.completedFuture("b")))
        .isCompletedExceptionally();

    first.cancel(true);
    assertThat(db.snapshot().waiting()).isZero();
    assertThat(db.callAsync(() -> CompletableFuture.completedFuture("c"))).isNotDone();
    assertThat(db.totals().cancelled()).isEqualTo(1);
  }

  @Test
  @Tag("BH-07")
  void waiterWhoseTimeIsUp_leavesRoomInTheQueue() {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(1));
    db.tryAcquirePermit();
    CompletableFuture<String> first = db.callAsync(() -> CompletableFuture.completedFuture("a"));
    time.advance(millis(203));
    assertThat(first).isCompletedExceptionally();
    assertThat(db.callAsync(() -> CompletableFuture.completedFuture("b"))).isNotDone();
  }

  @Test
  @Tag("BH-07")
  void waiterThatIsInterrupted_leavesRoomInTheQueue() throws Exception {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(1));
    db.tryAcquirePermit();
    Caller first = waiting(db, "a", 1);
    first.thread.interrupt();
    assertThat(first.failure()).isInstanceOf(CallInterruptedException.class);
    assertThat(db.callAsync(() -> CompletableFuture.completedFuture("b"))).isNotDone();
  }

  @Test
  @Tag("BH-13")
  @Tag("GW-05")
  void limitAround_endsTheWait_andTheBreakerBetweenCountsNeither() throws Exception {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(Duration.ofSeconds(1)).maxWaiting(10));
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(1));
    Timeout timeout = resilience.timeout("t", millis(100));
    Pipeline pipeline =
        resilience.pipeline("p", p -> p.add(timeout).add(breaker).add(db));
    db.tryAcquirePermit();
    Caller caller = new Caller(() -> pipeline.<String, RuntimeException>call(() -> "ran"));
    CompletableFuture<String> future =
        pipeline.callAsync(() -> CompletableFuture.completedFuture("ran"));
    time.awaitSleepers(1);
    time.advance(millis(110));

    assertThat(caller.failure())
        .isInstanceOf(TimeoutExceededException.class)
        .cause()
        .isInstanceOfSatisfying(
            BulkheadFullException.class, e -> assertThat(e.reason()).isEqualTo(Reason.DEADLINE));
    assertThat(future)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(TimeoutExceededException.class);
    assertThat(timeout.totals().fired()).isEqualTo(2);
    assertThat(breaker.snapshot().totals().failures()).isZero();
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(2);
    assertThat(db.totals().rejectedDeadline()).isEqualTo(2);
    assertThat(db.snapshot().waiting()).isZero();
  }

  @Test
  @Tag("BH-17")
  void higherLimit_admitsThoseThatWait() throws Exception {
    Bulkhead db = resilience.bulkhead("db", c -> c.maxConcurrentCalls(2).maxWait(millis(200)));
    db.tryAcquirePermit();
    db.tryAcquirePermit();
    Caller a = waiting(db, "a", 1);
    Caller b = waiting(db, "b", 2);
    db.reconfigure(
        BulkheadConfig.builder().maxConcurrentCalls(4).maxWait(millis(200)).build());
    a.result();
    b.result();
    assertThat(db.snapshot().inUse()).isEqualTo(2);
  }

  @Test
  @Tag("BH-21")
  @Tag("GW-07")
  void interruptedThread_leavesTheQueue_withItsFlagSet() throws Exception {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(10));
    long held = db.tryAcquirePermit();
    AtomicBoolean flag = new AtomicBoolean();
    Caller caller = new Caller(() -> {
      try {
        return db.<String, RuntimeException>call(() -> "ran");
      } finally {
        flag.set(Thread.currentThread().isInterrupted());
      }
    });
    time.awaitSleepers(1);
    caller.thread.interrupt();

    assertThat(caller.failure()).isInstanceOf(CallInterruptedException.class);
    assertThat(flag).isTrue();
    assertThat(db.totals().cancelled()).isEqualTo(1);
    assertThat(db.totals().rejected()).isZero();
    db.releasePermit(held);
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("GW-07")
  void interruptedThread_ofCallInterruptibly_hasItsFlagCleared() throws Exception {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(10));
    db.tryAcquirePermit();
    AtomicBoolean flag = new AtomicBoolean();
    Caller caller = new Caller(() -> {
      try {
        return db.<String, RuntimeException>callInterruptibly(() -> "ran");
      } finally {
        flag.set(Thread.currentThread().isInterrupted());
      }
    });
    time.awaitSleepers(1);
    caller.thread.interrupt();

    assertThat(caller.failure()).isInstanceOf(InterruptedException.class);
    assertThat(flag).isFalse();
  }

  @Test
  @Tag("BH-22")
  @Tag("GW-09")
  void closing_endsEveryWait() throws Exception {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(10));
    long held = db.tryAcquirePermit();
    Caller thread = waiting(db, "a", 1);
    CompletableFuture<String> future = db.callAsync(() -> CompletableFuture.completedFuture("b"));
    resilience.close();
    time.runPending();

    assertThat(thread.failure()).isInstanceOf(ResilienceClosedException.class);
    assertThat(future)
        .failsWithin(Duration.ofSeconds(10))
        .withThrowableThat()
        .withCauseInstanceOf(ResilienceClosedException.class);
    assertThat(db.snapshot().waiting()).isZero();
    db.releasePermit(held);
    assertThat(db.snapshot().inUse()).isZero();
    assertThat(db.totals().cancelled()).isEqualTo(2);
  }

  @Test
  @Tag("BH-09")
  void async_withoutWaiting_failsAndThrowsNothing() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    db.tryAcquirePermit();
    assertThat(db.callAsync(() -> CompletableFuture.completedFuture("ran")))
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(BulkheadFullException.class);
  }

  @Test
  @Tag("BH-09")
  void async_withWaiting_startsTheBodyOnTheExecutorForAttempts() {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(10));
    long held = db.tryAcquirePermit();
    CompletableFuture<String> future = db.callAsync(() -> CompletableFuture.completedFuture("ran"));
    time.advance(millis(150));
    db.releasePermit(held);
    assertThat(future).isNotDone();
    time.runPending();
    assertThat(future).isCompletedWithValue("ran");
    assertThat(db.totals().admittedAfterWait()).isEqualTo(1);
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("BH-05")
  void async_noPlaceInTime_isRejected() {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(10));
    long held = db.tryAcquirePermit();
    CompletableFuture<String> future = db.callAsync(() -> CompletableFuture.completedFuture("ran"));
    time.advance(millis(250));
    assertThat(future)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            BulkheadFullException.class, e -> assertThat(e.reason()).isEqualTo(Reason.WAITED));
    db.releasePermit(held);
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("BH-09")
  void async_executorThatRejects_failsTheCall_andThePlaceGoesToTheNext() {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(10));
    long held = db.tryAcquirePermit();
    java.util.concurrent.RejectedExecutionException busy =
        new java.util.concurrent.RejectedExecutionException("busy");
    CompletableFuture<String> first = resilience
        .pipeline("p", p -> p.add(db))
        .on(task -> {
          throw busy;
        })
        .callAsync(() -> CompletableFuture.completedFuture("first"));
    CompletableFuture<String> second =
        db.callAsync(() -> CompletableFuture.completedFuture("second"));
    db.releasePermit(held);
    time.runPending();

    assertThat(first)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(java.util.concurrent.RejectedExecutionException.class);
    assertThat(second).isCompletedWithValue("second");
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("BH-10")
  void async_tenThousandWaitingCalls_allRun_onAFlatStack() {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(Duration.ofMinutes(1)).maxWaiting(10_000));
    long held = db.tryAcquirePermit();
    List<Integer> depths = new ArrayList<>();
    List<CompletableFuture<Integer>> futures = new ArrayList<>();
    Pipeline inline = resilience.pipeline("p", p -> p.add(db)).on(Runnable::run);
    for (int i = 0; i < 10_000; i++) {
      int number = i;
      futures.add(inline.callAsync(() -> {
        depths.add(Thread.currentThread().getStackTrace().length);
        return CompletableFuture.completedFuture(number);
      }));
    }
    db.releasePermit(held);
    time.runPending();

    assertThat(futures).allMatch(CompletableFuture::isDone);
    assertThat(depths).hasSize(10_000);
    assertThat(Collections.max(depths) - Collections.min(depths)).isLessThan(20);
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("BH-11")
  @Tag("GW-08")
  void async_cancelledWhileItIsGranted_neverStarts_andThePlaceIsFree() {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(10));
    long held = db.tryAcquirePermit();
    CompletableFuture<String> future = db.callAsync(() -> {
      throw new AssertionError("the body ran");
    });
    // Granted, but not yet handed to the executor.
    db.releasePermit(held);
    assertThat(db.snapshot().inUse()).isEqualTo(1);

    future.cancel(true);
    assertThat(db.snapshot().inUse()).isZero();
    time.runPending();
    assertThat(db.snapshot().inUse()).isZero();
    assertThat(db.totals().strayReleases()).isZero();
    assertThat(db.totals().cancelled()).isEqualTo(1);
  }

  @Test
  @Tag("BH-11")
  void async_grantedAndItsExecutorRejects_isCountedOnce_andThePlaceIsFree() {
    Bulkhead db = resilience.bulkhead(
        "db", c -> c.maxConcurrentCalls(1).maxWait(millis(200)).maxWaiting(10));
    long held = db.tryAcquirePermit();
    CompletableFuture<String> future = resilience
        .pipeline("rejecting", p -> p.add(db))
        .on(task -> {
          throw new RejectedExecutionException("full");
        })
        .callAsync(() -> CompletableFuture.completedFuture("the body ran"));
    db.releasePermit(held);
    time.runPending();

    assertThat(future).isCompletedExceptionally();
    assertThat(db.snapshot().inUse()).isZero();
    assertThat(db.totals().cancelled()).isEqualTo(1);
  }

  @Test
  @Tag("BH-12")
  void async_placeIsHeldUntilTheStageEnds() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    CompletableFuture<String> stage = new CompletableFuture<>();
    CompletableFuture<String> future = db.callAsync(() -> stage);
    assertThat(db.snapshot().inUse()).isEqualTo(1);
    stage.complete("done");
    assertThat(future).isCompletedWithValue("done");
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("BH-12")
  void async_bodyThatThrowsOrReturnsNull_freesThePlace() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    assertThat(db.<String>callAsync(() -> {
          throw new IllegalStateException("own");
        }))
        .isCompletedExceptionally();
    assertThat(db.<String>callAsync(() -> null)).isCompletedExceptionally();
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("BH-12")
  void async_futureThatIsCompletedOutside_cancelsTheStage_andFreesThePlace() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    CompletableFuture<String> stage = new CompletableFuture<>();
    CompletableFuture<String> future = db.callAsync(() -> stage);
    future.complete("other");
    assertThat(stage).isCancelled();
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("BH-19")
  void async_callThatWaits_takesOverAPlaceThatIsHeldTooLong() {
    Bulkhead db = resilience.bulkhead(
        "db",
        c -> c.maxConcurrentCalls(1).maxHold(Duration.ofSeconds(1)).maxWait(Duration.ofSeconds(5)));
    db.tryAcquirePermit();
    CompletableFuture<String> future = db.callAsync(() -> CompletableFuture.completedFuture("ran"));
    time.advance(millis(900));
    assertThat(future).isNotDone();
    time.advance(millis(200));
    assertThat(future).isCompletedWithValue("ran");
  }

  @Test
  void manyThreads_neverExceedTheLimit_andLoseNoPlace() throws Exception {
    try (Resilience real = Resilience.create()) {
      Bulkhead db = real.bulkhead(
          "db", c -> c.maxConcurrentCalls(20).maxWait(Duration.ofMinutes(1)).maxWaiting(64));
      CountDownLatch done = new CountDownLatch(32);
      List<Throwable> wrong = Collections.synchronizedList(new ArrayList<>());
      for (int i = 0; i < 32; i++) {
        new Thread(() -> {
              try {
                for (int call = 0; call < 2_000; call++) {
                  db.run(() -> {
                    int inUse = db.snapshot().inUse();
                    if (inUse > 20) {
                      throw new AssertionError("in use: " + inUse);
                    }
                  });
                }
              } catch (Throwable e) {
                wrong.add(e);
              } finally {
                done.countDown();
              }
            })
            .start();
      }
      assertThat(done.await(1, TimeUnit.MINUTES)).isTrue();
      assertThat(wrong).isEmpty();
      assertThat(db.snapshot().inUse()).isZero();
      assertThat(db.totals().admitted() + db.totals().admittedAfterWait()).isEqualTo(64_000);
    }
  }
}
