package io.aragora.resilience.core.concurrencylimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitEvent;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExceededException;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExceededException.Reason;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExplanation;
import io.aragora.resilience.concurrencylimit.LimitChange;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Calls that do not wait, and the windows in which they end. */
class ConcurrencyLimitTest {
  private static final Duration WINDOW = Duration.ofSeconds(1);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private ConcurrencyLimit limit(int least, int initial, int most) {
    return resilience.concurrencyLimit(
        "api", c -> c.least(least).initial(initial).most(most).minimumSamples(10));
  }

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  private static List<Long> take(ConcurrencyLimit limit, int places) {
    List<Long> permits = new ArrayList<>();
    for (int i = 0; i < places; i++) {
      long permit = limit.tryAcquirePermit();
      assertThat(permit).as("place %s", i + 1).isNotEqualTo(ConcurrencyLimit.REJECTED);
      permits.add(permit);
    }
    return permits;
  }

  /** Passes a window in which so many calls were under way together, each for so long. */
  private void window(ConcurrencyLimit limit, int calls, Duration latency) {
    List<Long> permits = take(limit.withPriority(Priority.CRITICAL), calls);
    time.advance(latency);
    permits.forEach(limit::recordSuccess);
    // The timer may be two ticks late.
    time.advance(WINDOW.minus(latency).plus(millis(3)));
  }

  private static ConcurrencyLimitExceededException rejectionOf(ConcurrencyLimit limit) {
    try {
      limit.run(() -> {
        throw new AssertionError("the body ran");
      });
    } catch (ConcurrencyLimitExceededException e) {
      return e;
    }
    throw new AssertionError("the call was admitted");
  }

  @Test
  @Tag("CL-01")
  void full_rejectsAtOnce_andSaysWhatAndWhom() {
    ConcurrencyLimit api = limit(1, 2, 2);
    List<Long> held = take(api, 2);

    ConcurrencyLimitExceededException full = rejectionOf(api);
    assertThat(full.reason()).isEqualTo(Reason.FULL);
    assertThat(full.limit()).isEqualTo(2);
    assertThat(full.priority()).isEqualTo(Priority.NORMAL);
    assertThat(full.policy()).isEqualTo("api");
    assertThat(full.kind()).isEqualTo("concurrencylimit");
    assertThat(full.retryAfter()).isZero();
    assertThat(full.getStackTrace()).isEmpty();
    assertThat(full)
        .hasMessage("concurrency limit 'api' has no permit for calls of priority NORMAL (limit 2)");
    assertThat(api.tryAcquirePermit()).isEqualTo(ConcurrencyLimit.REJECTED);

    held.forEach(api::releasePermit);
    assertThat(api.<String, RuntimeException>call(() -> "admitted")).isEqualTo("admitted");
    assertThat(api.snapshot().inUse()).isZero();
    assertThat(api.totals().admitted()).isEqualTo(3);
    assertThat(api.totals().rejectedFull()).isEqualTo(2);
  }

  @Test
  @Tag("CL-02")
  void lastPlace_isOneCalls_howeverManyRaceForIt() throws Exception {
    ConcurrencyLimit api = limit(1, 1, 1);
    ExecutorService threads = Executors.newFixedThreadPool(10);
    try {
      CountDownLatch start = new CountDownLatch(10);
      List<Future<Long>> calls = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        calls.add(threads.submit(() -> {
          start.countDown();
          start.await();
          return api.tryAcquirePermit();
        }));
      }
      int admitted = 0;
      for (Future<Long> call : calls) {
        admitted += call.get(10, TimeUnit.SECONDS) == ConcurrencyLimit.REJECTED ? 0 : 1;
      }
      assertThat(admitted).isEqualTo(1);
      assertThat(api.snapshot().inUse()).isEqualTo(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  @Tag("CL-03")
  void limited_andFast_grows() {
    ConcurrencyLimit api = limit(4, 20, 200);
    window(api, 20, millis(10));
    assertThat(api.snapshot().limit()).isEqualTo(24);
    window(api, 24, millis(10));
    assertThat(api.snapshot().limit()).isEqualTo(29);
    assertThat(api.explain().rule()).isEqualTo(LimitChange.GROWTH);
    assertThat(api.explain().mostInFlight()).isEqualTo(24);

    window(api, 14, millis(10));
    assertThat(api.snapshot().limit()).isEqualTo(29);
    assertThat(api.explain().rule()).isEqualTo(LimitChange.HELD);
  }

  @Test
  @Tag("CL-04")
  @Tag("CL-21")
  void slow_falls_andExplains() {
    ConcurrencyLimit api = limit(4, 100, 200);
    window(api, 40, millis(10));
    assertThat(api.snapshot().limit()).isEqualTo(100);

    window(api, 100, millis(40));
    ConcurrencyLimitExplanation why = api.explain();
    assertThat(api.snapshot().limit()).isEqualTo(90);
    assertThat(why.rule()).isEqualTo(LimitChange.GRADIENT);
    assertThat(why.from()).isEqualTo(100);
    assertThat(why.to()).isEqualTo(90);
    assertThat(why.samples()).isEqualTo(100);
    assertThat(why.drops()).isZero();
    assertThat(why.mostInFlight()).isEqualTo(100);
    assertThat(why.gradient()).isEqualTo(0.5);
    assertThat(why.recent().toNanos() / 1e6).isCloseTo(40, within(5.0));
    assertThat(why.base().toNanos() / 1e6).isCloseTo(10, within(1.25));
  }

  @Test
  @Tag("CL-05")
  void manyDropsInOneWindow_lowerOnce() {
    ConcurrencyLimit api = limit(4, 100, 200);
    take(api, 30).forEach(api::recordDrop);
    time.advance(WINDOW.plus(millis(3)));
    assertThat(api.snapshot().limit()).isEqualTo(90);
    assertThat(api.explain().rule()).isEqualTo(LimitChange.DROPS);
    assertThat(api.explain().drops()).isEqualTo(30);
    assertThat(api.totals().drops()).isEqualTo(30);
  }

  @Test
  @Tag("CL-06")
  @Tag("CL-18")
  void timeoutsInside_areDrops_andTheLimitFallsToTheLeast() {
    ConcurrencyLimit api = limit(4, 20, 200);
    Timeout slow = resilience.timeout("slow", Duration.ofSeconds(5));
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(api).add(slow).build();
    for (int round = 0; round < 20; round++) {
      List<CompletableFuture<Object>> calls = new ArrayList<>();
      for (int i = 0; i < api.snapshot().limit() * 0.8; i++) {
        calls.add(pipeline.callAsync(CompletableFuture::new));
      }
      time.advance(Duration.ofSeconds(6));
      assertThat(calls)
          .allSatisfy(call -> assertThat(call)
              .failsWithin(Duration.ofSeconds(10))
              .withThrowableOfType(Exception.class)
              .withCauseInstanceOf(TimeoutExceededException.class));
      time.advance(Duration.ofSeconds(30));
    }
    assertThat(api.snapshot().limit()).isEqualTo(4);
    assertThat(api.snapshot().inUse()).isZero();
    assertThat(api.explain().rule()).isEqualTo(LimitChange.DROPS);
  }

  @Test
  @Tag("CL-18")
  void timeoutOutside_isADrop_andACancellationIsNone() {
    ConcurrencyLimit api = limit(4, 20, 200);
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.timeout("slow", Duration.ofSeconds(5)))
        .add(api)
        .build();
    CompletableFuture<Object> late = pipeline.callAsync(CompletableFuture::new);
    time.advance(Duration.ofSeconds(6));
    assertThat(late).isCompletedExceptionally();
    assertThat(api.totals().drops()).isEqualTo(1);

    CompletableFuture<Object> cancelled = pipeline.callAsync(CompletableFuture::new);
    cancelled.cancel(true);
    assertThat(api.totals().drops()).isEqualTo(1);
    assertThat(api.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("CL-18")
  void timeoutOutside_aroundAThread_isADrop_andAnInterruptIsNone() throws Exception {
    ConcurrencyLimit api = limit(4, 20, 200);
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.timeout("slow", Duration.ofSeconds(5)))
        .add(api)
        .build();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      for (boolean isInterrupted : new boolean[] {true, false}) {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        Future<?> call = threads.submit(() -> {
          try {
            pipeline.run(() -> {
              inside.countDown();
              never.await();
            });
          } finally {
            ended.countDown();
          }
          return null;
        });
        assertThat(inside.await(10, TimeUnit.SECONDS)).isTrue();
        if (isInterrupted) {
          call.cancel(true);
          assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        } else {
          time.advance(Duration.ofSeconds(6));
          assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS))
              .hasCauseInstanceOf(TimeoutExceededException.class);
        }
      }
    } finally {
      threads.shutdown();
      assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(api.totals().drops()).isEqualTo(1);
    assertThat(api.snapshot().inUse()).isZero();
    time.advance(Duration.ofMinutes(1));
    assertThat(api.explain().drops()).isEqualTo(1);
    assertThat(api.explain().samples()).isZero();
  }

  @Test
  @Tag("CL-07")
  void otherFailures_areNoSamples() {
    ConcurrencyLimit api = limit(4, 20, 200);
    window(api, 10, millis(10));
    Duration base = api.explain().base();
    Bulkhead full = resilience.bulkhead("full", c -> c.maxConcurrentCalls(1));
    full.tryAcquirePermit();
    Pipeline rejecting =
        resilience.unregistered().pipelineBuilder("p").add(api).add(full).build();
    for (int i = 0; i < 50; i++) {
      assertThatThrownBy(() -> api.run(() -> {
            throw new IOException("connection refused");
          }))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> rejecting.run(() -> {})).isNotNull();
      assertThatThrownBy(() -> api.run(() -> {
            throw new CancellationException();
          }))
          .isInstanceOf(CancellationException.class);
      assertThat(api.callAsync(() -> CompletableFuture.failedFuture(new IOException())))
          .isCompletedExceptionally();
    }
    time.advance(Duration.ofMinutes(2));
    assertThat(api.explain().samples()).isEqualTo(10);
    assertThat(api.explain().base()).isEqualTo(base);
    assertThat(api.totals().drops()).isZero();
    assertThat(api.snapshot().inUse()).isZero();
  }

  @Test
  @Tag("CL-11")
  void slowerForGood_isLearnedAtTheLeastLimit() {
    ConcurrencyLimit api = limit(4, 4, 200);
    List<ConcurrencyLimitEvent.Kind> heard = new ArrayList<>();
    api.subscribe(event -> heard.add(event.kind()));
    for (int i = 0; i < 4; i++) {
      window(api, 4, millis(10));
    }
    // Too few samples for the shortest window.
    time.advance(Duration.ofSeconds(30));
    Duration base = api.explain().base();
    int windows = 0;
    while (api.explain().rule() != LimitChange.RELEARNED && windows++ < 60) {
      List<Long> permits =
          take(api.withPriority(Priority.CRITICAL), api.snapshot().limit());
      time.advance(millis(60));
      permits.forEach(api::recordSuccess);
      time.advance(Duration.ofSeconds(31));
    }
    assertThat(api.explain().rule()).isEqualTo(LimitChange.RELEARNED);
    assertThat(api.explain().base()).isGreaterThan(base.multipliedBy(4));
    assertThat(api.explain().from()).isEqualTo(4);
    assertThat(api.explain().to()).isGreaterThan(4);
    assertThat(heard)
        .contains(ConcurrencyLimitEvent.Kind.RELEARNED, ConcurrencyLimitEvent.Kind.CHANGED);
  }

  @Test
  @Tag("CL-12")
  void look_countsOnlyCallsThatBeganInIt() {
    ConcurrencyLimit api = limit(4, 20, 20);
    int windows = 0;
    while (api.explain().rule() != LimitChange.LOOK && windows++ < 40) {
      window(api, 20, millis(10));
    }
    assertThat(windows).isBetween(26, 34);
    assertThat(api.snapshot().limit()).isEqualTo(8);
    Duration base = api.explain().base();

    for (int round = 0; round < 12; round++) {
      List<Long> inLook = take(api.withPriority(Priority.CRITICAL), 5);
      time.advance(millis(5));
      inLook.forEach(api::recordSuccess);
    }
    time.advance(WINDOW);
    assertThat(api.explain().rule()).isEqualTo(LimitChange.LOOK_ENDED);
    assertThat(api.snapshot().limit()).isEqualTo(20);
    assertThat(api.explain().samples()).isEqualTo(60);
    assertThat(api.explain().base()).isLessThan(base);
  }

  @Test
  @Tag("CL-12")
  void look_leavesOutCallsThatBeganBefore() {
    ConcurrencyLimit api = limit(4, 20, 20);
    long early = 0;
    int windows = 0;
    while (api.explain().rule() != LimitChange.LOOK && windows++ < 40) {
      List<Long> permits = take(api.withPriority(Priority.CRITICAL), 20);
      time.advance(millis(10));
      if (early != 0) {
        api.releasePermit(early);
      }
      early = permits.remove(0);
      permits.forEach(api::recordSuccess);
      time.advance(WINDOW.minus(millis(7)));
      // Makes room for the next window.
      if (api.explain().rule() != LimitChange.LOOK) {
        api.releasePermit(early);
        early = 0;
      }
    }
    assertThat(api.explain().rule()).isEqualTo(LimitChange.LOOK);
    api.recordSuccess(early);
    for (int i = 0; i < 60; i++) {
      api.recordSuccess(take(api, 1).get(0));
    }
    time.advance(WINDOW.plus(millis(3)));
    assertThat(api.explain().rule()).isEqualTo(LimitChange.LOOK_ENDED);
    assertThat(api.explain().samples()).isEqualTo(60);
  }

  /** Passes windows, in each of which a full limit of calls begins, until the limit looks. */
  private void untilLook(ConcurrencyLimit api, Duration latency) {
    int windows = 0;
    while (api.explain().rule() != LimitChange.LOOK) {
      assertThat(windows++).isLessThan(100);
      List<Long> permits = take(api.withPriority(Priority.CRITICAL), 20);
      time.advance(latency);
      permits.forEach(api::recordSuccess);
      time.advance(WINDOW.plus(millis(3)));
    }
  }

  @Test
  @Tag("CL-12")
  void lookWhoseCallsTakeLongerThanAnyWindow_ends() {
    ConcurrencyLimit api = resilience.concurrencyLimit(
        "api",
        c -> c.least(4).initial(20).most(20).minimumSamples(10).maxWindow(Duration.ofSeconds(2)));
    untilLook(api, Duration.ofSeconds(9));
    assertThat(api.snapshot().limit()).isEqualTo(8);
    Duration base = api.explain().base();

    List<Long> inLook = take(api.withPriority(Priority.CRITICAL), 8);
    time.advance(Duration.ofSeconds(4));
    assertThat(api.explain().rule()).isEqualTo(LimitChange.LOOK_ENDED);
    assertThat(api.snapshot().limit()).isEqualTo(20);
    assertThat(api.explain().base()).isEqualTo(base);
    inLook.forEach(api::recordSuccess);
  }

  @Test
  @Tag("CL-12")
  void firstWindow_waitsForCallsThatTakeLong() {
    ConcurrencyLimit api = limit(4, 20, 20);
    for (int second = 0; second < 2; second++) {
      List<Long> permits = take(api, 10);
      time.advance(millis(900));
      permits.forEach(api::recordSuccess);
      time.advance(millis(103));
      assertThat(api.explain().samples())
          .as("a window of 1 s shows no latency of 900 ms")
          .isEqualTo(second < 1 ? 0 : 20);
    }
    assertThat(api.explain().base().toMillis()).isBetween(800L, 1000L);
  }

  @Test
  @Tag("CL-13")
  void pause_changesNothing() {
    ConcurrencyLimit api = limit(4, 20, 200);
    window(api, 20, millis(10));
    ConcurrencyLimitExplanation before = api.explain();

    time.advance(Duration.ofHours(1));
    assertThat(api.explain()).isEqualTo(before);
    long fired = resilience.status().timer().fired();
    time.advance(Duration.ofHours(1));
    assertThat(resilience.status().timer().fired()).as("the timer is at rest").isEqualTo(fired);

    window(api, 24, millis(10));
    assertThat(api.snapshot().limit()).isEqualTo(29);
    assertThat(api.explain().base()).isEqualTo(before.base());
  }

  @Test
  @Tag("CL-14")
  void reconfigure_clampsAtOnce_andKeepsCallsUnderWay() {
    ConcurrencyLimit api = limit(4, 300, 500);
    window(api, 100, millis(10));
    List<ConcurrencyLimitEvent.Kind> heard = new ArrayList<>();
    api.subscribe(event -> heard.add(event.kind()));
    List<Long> held = take(api, 80);

    api.reconfigure(api.config().toBuilder().initial(20).most(50).build());
    assertThat(api.snapshot().limit()).isEqualTo(50);
    assertThat(api.snapshot().inUse()).isEqualTo(80);
    assertThat(api.tryAcquirePermit()).isEqualTo(ConcurrencyLimit.REJECTED);
    held.subList(0, 40).forEach(api::releasePermit);
    assertThat(api.tryAcquirePermit()).isNotEqualTo(ConcurrencyLimit.REJECTED);
    time.advance(millis(1));
    assertThat(heard).contains(ConcurrencyLimitEvent.Kind.RECONFIGURED);
  }

  @Test
  @Tag("CL-14")
  @Tag("CL-21")
  void reconfigure_keepsTheNumbersOfTheLastWindow() {
    ConcurrencyLimit api = limit(4, 100, 200);
    window(api, 40, millis(10));
    window(api, 100, millis(40));
    ConcurrencyLimitExplanation before = api.explain();
    assertThat(before.rule()).isEqualTo(LimitChange.GRADIENT);

    api.reconfigure(api.config().toBuilder().initial(20).most(50).build());
    ConcurrencyLimitExplanation after = api.explain();
    assertThat(after.rule()).isEqualTo(LimitChange.RECONFIGURED);
    assertThat(after.from()).isEqualTo(90);
    assertThat(after.to()).isEqualTo(50);
    assertThat(after.recent()).isEqualTo(before.recent()).isPositive();
    assertThat(after.base()).isEqualTo(before.base()).isPositive();
    assertThat(after.gradient()).isEqualTo(before.gradient());
    assertThat(after.samples()).isEqualTo(before.samples());
    assertThat(after.mostInFlight()).isEqualTo(before.mostInFlight());
  }

  @Test
  @Tag("CL-13")
  void closedRuntime_admitsByTheLastLimit() {
    ConcurrencyLimit api = limit(1, 2, 2);
    resilience.close();
    List<Long> held = take(api, 2);
    assertThat(rejectionOf(api).reason()).isEqualTo(Reason.FULL);
    api.recordDrop(held.get(0));
    api.recordSuccess(held.get(1));
    time.advance(Duration.ofMinutes(2));
    assertThat(api.<String, RuntimeException>call(() -> "admitted")).isEqualTo("admitted");
    assertThat(api.callAsync(() -> CompletableFuture.completedFuture("admitted")))
        .isCompletedWithValue("admitted");
    assertThat(api.snapshot().limit()).isEqualTo(2);
    assertThat(api.snapshot().inUse()).isZero();
  }

  @Test
  void declaredAfterALookUp_beginsWithTheDeclaredLimit() {
    ConcurrencyLimit api = resilience.concurrencyLimit("api");
    assertThat(api.snapshot().limit()).isEqualTo(20);
    assertThat(resilience.concurrencyLimit("api", c -> c.initial(40))).isSameAs(api);
    assertThat(api.snapshot().limit()).isEqualTo(40);
  }

  @Test
  @Tag("CL-15")
  void priorities_haveShares() {
    ConcurrencyLimit api = limit(1, 10, 10);
    ConcurrencyLimit critical = api.withPriority(Priority.CRITICAL);
    ConcurrencyLimit sheddable = api.withPriority(Priority.SHEDDABLE);
    take(sheddable, 6);
    assertThat(rejectionOf(sheddable).priority()).isEqualTo(Priority.SHEDDABLE);
    take(api, 3);
    assertThat(rejectionOf(api).priority()).isEqualTo(Priority.NORMAL);
    take(critical, 1);
    assertThat(rejectionOf(critical).priority()).isEqualTo(Priority.CRITICAL);

    assertThat(api.totals(Priority.SHEDDABLE).admitted()).isEqualTo(6);
    assertThat(api.totals(Priority.NORMAL).admitted()).isEqualTo(3);
    assertThat(api.totals(Priority.CRITICAL).rejected()).isEqualTo(1);
    assertThat(api.totals().admitted()).isEqualTo(10);
    assertThat(api.withPriority(Priority.NORMAL)).isSameAs(api);
    assertThat(sheddable.withPriority(Priority.CRITICAL)).isSameAs(critical);
  }

  @Test
  @Tag("CL-15")
  void oneFreePlace_isThereForEachPriority() {
    ConcurrencyLimit api = limit(1, 1, 1);
    for (Priority each : Priority.values()) {
      long permit = api.withPriority(each).tryAcquirePermit();
      assertThat(permit).as("%s", each).isNotEqualTo(ConcurrencyLimit.REJECTED);
      api.releasePermit(permit);
    }
  }

  @Test
  @Tag("CL-17")
  void bodyThatThrows_givesItsPlaceBack_andAnErrorIsADropOnlyIfItIsASignOfOverload() {
    ConcurrencyLimit api =
        resilience.concurrencyLimit("api", c -> c.overloadOn(OutOfMemoryError.class));
    Error error = new AssertionError("own");
    Error overload = new OutOfMemoryError("unable to create native thread");
    assertThatThrownBy(() -> api.run(() -> {
          throw error;
        }))
        .isSameAs(error);
    assertThat(api.totals().drops()).isZero();
    assertThatThrownBy(() -> api.run(() -> {
          throw overload;
        }))
        .isSameAs(overload);
    assertThat(api.callAsync(() -> {
          throw overload;
        }))
        .isCompletedExceptionally();
    assertThat(api.totals().drops()).isEqualTo(2);
    assertThat(api.snapshot().inUse()).isZero();
  }

  @Test
  void overloadFailures_areTimeoutsAndRejectionsByExecutors() {
    ConcurrencyLimit api = limit(4, 20, 200);
    for (Exception failure : List.of(
        new java.util.concurrent.TimeoutException(),
        new java.net.SocketTimeoutException(),
        new RejectedExecutionException())) {
      assertThatThrownBy(() -> api.run(() -> {
            throw failure;
          }))
          .isSameAs(failure);
    }
    assertThat(api.totals().drops()).isEqualTo(3);
    assertThat(ConcurrencyLimitConfig.overloadFailures()).rejects(new IOException());
  }

  @Test
  void predicateThatThrows_changesNoOutcome() {
    ConcurrencyLimit api = resilience.concurrencyLimit(
        "api",
        c -> c.overloadIf(failure -> {
          throw new NoClassDefFoundError("own");
        }));
    IOException own = new IOException("own");
    assertThatThrownBy(() -> api.run(() -> {
          throw own;
        }))
        .isSameAs(own);
    assertThat(api.callAsync(() -> CompletableFuture.failedFuture(own))).isCompletedExceptionally();
    assertThat(api.snapshot().inUse()).isZero();
    assertThat(api.totals().drops()).isZero();
  }

  @Test
  @Tag("CL-19")
  void latencyThatDoesNotDependOnLoad_lowersTheLimit_untilItEnds() {
    ConcurrencyLimit api = limit(10, 40, 40);
    for (int i = 0; i < 5; i++) {
      window(api, 40, millis(10));
    }
    int windows = 0;
    while (api.snapshot().limit() > 10 && windows++ < 30) {
      window(api, api.snapshot().limit(), millis(200));
    }
    assertThat(api.snapshot().limit()).isEqualTo(10);
    windows = 0;
    while (api.snapshot().limit() < 40 && windows++ < 30) {
      window(api, api.snapshot().limit(), millis(10));
    }
    assertThat(api.snapshot().limit()).isEqualTo(40);
  }

  @Test
  @Tag("CL-19")
  void chaosInside_lowersTheLimit_untilItEnds() {
    try (Resilience enabled = Resilience.builder()
        .timeSource(time)
        .property("resilience.chaos.enabled", "true")
        .build()) {
      ConcurrencyLimit api =
          enabled.concurrencyLimit("api", c -> c.least(10).initial(40).most(40).minimumSamples(10));
      Pipeline pipeline = enabled
          .unregistered()
          .pipelineBuilder("p")
          .add(api)
          .add(enabled.chaos("slow", c -> c.delay(100, millis(190), millis(190))))
          .build();
      int windows = 0;
      while (windows++ < 5) {
        calls(pipeline, api);
      }
      assertThat(api.snapshot().limit()).isEqualTo(40);
      enabled.chaos().start(Duration.ofMinutes(1));
      while (api.snapshot().limit() > 10 && windows++ < 40) {
        calls(pipeline, api);
      }
      assertThat(api.snapshot().limit()).isEqualTo(10);
      enabled.chaos().stop();
      while (api.snapshot().limit() < 40 && windows++ < 80) {
        calls(pipeline, api);
      }
      assertThat(api.snapshot().limit()).isEqualTo(40);
    }
  }

  /** Passes a window in which the limit is used up by calls whose bodies take 10 ms. */
  private void calls(Pipeline pipeline, ConcurrencyLimit api) {
    List<CompletableFuture<String>> bodies = new ArrayList<>();
    List<CompletableFuture<String>> calls = new ArrayList<>();
    for (int i = api.snapshot().limit(); i > 0; i--) {
      calls.add(pipeline.callAsync(() -> {
        CompletableFuture<String> body = new CompletableFuture<>();
        bodies.add(body);
        return body;
      }));
    }
    long delay = bodies.isEmpty() ? 192 : 0;
    time.advance(millis(delay));
    time.advance(millis(10));
    bodies.forEach(body -> body.complete("a"));
    assertThat(calls).allMatch(CompletableFuture::isDone);
    time.advance(WINDOW.minus(millis(delay + 10)).plus(millis(3)));
  }

  @Test
  @Tag("CL-20")
  void rawPermits_areGivenBackOnce() {
    ConcurrencyLimit api = limit(1, 2, 2);
    long permit = api.tryAcquirePermit();
    api.recordSuccess(permit);
    api.releasePermit(permit);
    assertThat(api.snapshot().inUse()).isZero();
    assertThat(api.totals().strayReleases()).isEqualTo(1);
    List<Long> both = take(api.withPriority(Priority.CRITICAL), 2);
    assertThat(api.withPriority(Priority.CRITICAL).tryAcquirePermit())
        .isEqualTo(ConcurrencyLimit.REJECTED);
    both.forEach(api::recordDrop);
    assertThat(api.totals().drops()).isEqualTo(2);
    for (long wrong : new long[] {ConcurrencyLimit.REJECTED, 1, -1, Long.MIN_VALUE}) {
      assertThatThrownBy(() -> api.releasePermit(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("permit must be one of concurrency limit 'api': " + wrong);
      assertThatThrownBy(() -> api.recordSuccess(wrong))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> api.recordDrop(wrong)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  @Tag("CL-20")
  void permitThatIsRecordedTwice_isNoSample() {
    ConcurrencyLimit api = limit(4, 20, 200);
    List<Long> permits = take(api, 15);
    time.advance(millis(10));
    permits.forEach(api::recordSuccess);
    permits.forEach(api::recordSuccess);
    permits.forEach(api::recordDrop);
    time.advance(WINDOW);
    assertThat(api.totals().strayReleases()).isEqualTo(30);
    assertThat(api.totals().drops()).isZero();
    assertThat(api.explain().samples()).isEqualTo(15);
    assertThat(api.explain().rule()).isEqualTo(LimitChange.GROWTH);
  }

  @Test
  @Tag("CL-22")
  void events_tellOfChangesOnceAWindow() {
    ConcurrencyLimit api = limit(4, 20, 200);
    List<ConcurrencyLimitEvent> heard = new ArrayList<>();
    api.subscribe(heard::add);
    window(api, 20, millis(10));
    window(api, 10, millis(10));
    window(api, 24, millis(10));
    assertThat(heard)
        .extracting(ConcurrencyLimitEvent::kind)
        .containsExactly(ConcurrencyLimitEvent.Kind.CHANGED, ConcurrencyLimitEvent.Kind.CHANGED);
    ConcurrencyLimitExplanation first = heard.get(0).explanation();
    assertThat(first.from()).isEqualTo(20);
    assertThat(first.to()).isEqualTo(24);
    assertThat(first.rule()).isEqualTo(LimitChange.GROWTH);
    assertThat(heard.get(0).concurrencyLimit()).isEqualTo("api");
  }

  @Test
  void rejection_isNeutralForABreakerAround() {
    CircuitBreaker breaker = resilience.circuitBreaker("api", c -> c.failureThreshold(1));
    ConcurrencyLimit api = limit(1, 1, 1);
    api.tryAcquirePermit();
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(breaker).add(api).build();
    assertThatThrownBy(() -> pipeline.run(() -> {}))
        .isInstanceOf(ConcurrencyLimitExceededException.class);
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures()).isZero();
  }

  @Test
  void deadlineThatHasPassed_rejects() {
    ConcurrencyLimit api = limit(1, 2, 2);
    try (Deadline deadline = resilience.deadline("block", millis(10))) {
      time.advance(millis(20));
      assertThat(deadline.remaining()).isZero();
      assertThat(rejectionOf(api).reason()).isEqualTo(Reason.DEADLINE);
    }
    assertThat(api.totals().rejectedDeadline()).isEqualTo(1);
  }

  @Test
  @Tag("CL-25")
  void badValues_nameSettingRuleAndValue() {
    assertThatThrownBy(
            () -> ConcurrencyLimitConfig.builder().least(30).initial(20).build())
        .hasMessage("least must be at most initial: 30, 20");
    assertThatThrownBy(() -> ConcurrencyLimitConfig.builder().initial(300).build())
        .hasMessage("initial must be at most most: 300, 200");
    assertThatThrownBy(() -> ConcurrencyLimitConfig.builder().percentile(100))
        .hasMessage("percentile must be in [50.0, 99.0]: 100.0");
    assertThatThrownBy(() -> ConcurrencyLimitConfig.builder().tolerance(0.9))
        .hasMessage("tolerance must be in [1.0, 10.0]: 0.9");
    assertThatThrownBy(() -> ConcurrencyLimitConfig.builder().share(Priority.SHEDDABLE, 0))
        .hasMessage("share of SHEDDABLE must be in (0, 1]: 0.0");
    assertThatThrownBy(() -> ConcurrencyLimitConfig.builder().share(Priority.CRITICAL, 0.5))
        .hasMessage("share of CRITICAL must be 1: 0.5");
    assertThatThrownBy(() ->
            ConcurrencyLimitConfig.builder().share(Priority.SHEDDABLE, 0.95).build())
        .hasMessage("share of SHEDDABLE must be at most share of NORMAL: 0.95, 0.9");
    assertThatThrownBy(() -> ConcurrencyLimitConfig.builder().window(Duration.ofMillis(99)))
        .hasMessage("window must be in [100 ms, 1 min]: PT0.099S");
    assertThatThrownBy(() ->
            ConcurrencyLimitConfig.builder().window(Duration.ofSeconds(31)).build())
        .hasMessage("window must be at most maxWindow: PT31S, PT30S");
    assertThatThrownBy(() -> ConcurrencyLimitConfig.builder().minimumSamples(9))
        .hasMessage("minimumSamples must be in [10, 10000]: 9");
    assertThatThrownBy(() -> ConcurrencyLimitConfig.builder().healthyLatency(Duration.ZERO))
        .hasMessage("healthyLatency must be positive and at most 106,751 days: PT0S");
    assertThatThrownBy(() -> ConcurrencyLimitConfig.builder().percentile(Double.NaN))
        .hasMessage("percentile must be in [50.0, 99.0]: NaN");
    assertThatThrownBy(() -> ConcurrencyLimitConfig.builder().tolerance(Double.NaN))
        .hasMessage("tolerance must be in [1.0, 10.0]: NaN");
    assertThatThrownBy(() -> ConcurrencyLimitConfig.builder().share(Priority.NORMAL, Double.NaN))
        .hasMessage("share of NORMAL must be in (0, 1]: NaN");
    assertThatThrownBy(() -> ConcurrencyLimitConfig.builder().maxWaiting(1).build())
        .hasMessage("maxWaiting must be 0 if maxWait is 0: 1");
  }

  @Test
  void manyCalls_areMeasuredOneInSixteen_andOverloadIsStillSeen() {
    ConcurrencyLimit api = limit(4, 200, 200);
    for (int i = 0; i < 20_000; i++) {
      api.run(() -> {});
    }
    time.advance(WINDOW.plus(millis(3)));
    assertThat(api.explain().samples()).isEqualTo(20_000);
    for (int i = 0; i < 20_000; i++) {
      api.run(() -> {});
    }
    time.advance(WINDOW);
    assertThat(api.explain().samples()).isEqualTo(20_000 / 16);
    window(api, 40, millis(40));
    window(api, 200, millis(40));
    assertThat(api.explain().rule()).isEqualTo(LimitChange.GRADIENT);
  }
}
