package io.aragora.resilience.core.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimitExceededException.Reason;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterEvent;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RateLimiterWaitTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** Two ticks of the timer, and the hand-over. */
  private static final Duration LATE = Duration.ofMillis(3);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();
  private final long start = time.nanoTime();
  private final List<String> ran = Collections.synchronizedList(new ArrayList<>());
  private final List<Thread> threads = new ArrayList<>();

  @AfterEach
  void close() throws InterruptedException {
    resilience.close();
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** Ten a second, none left. */
  private RateLimiter drained(long maxWaitMillis) {
    RateLimiter limiter = resilience.rateLimiter(
        "github",
        RateLimiterConfig.smooth(10, SECOND)
            .burst(3)
            .maxWait(Duration.ofMillis(maxWaitMillis))
            .build());
    limiter.tryAcquire(3);
    return limiter;
  }

  private long millis() {
    return (time.nanoTime() - start) / 1_000_000;
  }

  private CompletableFuture<Void> async(Policy limiter, String name) {
    return limiter.callAsync(() -> {
      ran.add(name);
      return CompletableFuture.completedFuture(null);
    });
  }

  private AtomicReference<Throwable> thread(Policy limiter, String name) {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread = new Thread(() -> failure.set(catchThrowable(() -> limiter.run(() -> {
      ran.add(name + "@" + millis());
    }))));
    threads.add(thread);
    thread.start();
    return failure;
  }

  private void join(int index) {
    try {
      threads.get(index).join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void advanceMillis(long millis) {
    time.advance(Duration.ofMillis(millis));
  }

  private static Reason reasonOf(CompletableFuture<?> future) {
    assertThat(future).isDone();
    Throwable failure = catchThrowable(future::join);
    assertThat(failure.getCause()).isInstanceOf(RateLimitExceededException.class);
    return ((RateLimitExceededException) failure.getCause()).reason();
  }

  @Test
  @Tag("RL-10")
  @DisplayName("calls wait for their instant; one that would wait too long is rejected at once")
  void call_thatWouldWaitTooLong_isRejectedAtOnce() {
    RateLimiter limiter = drained(250);
    CompletableFuture<Void> fourth = async(limiter, "4");
    CompletableFuture<Void> fifth = async(limiter, "5");
    CompletableFuture<Void> sixth = async(limiter, "6");
    time.runPending();
    assertThat(sixth).isDone();
    assertThat(reasonOf(sixth)).isEqualTo(Reason.LIMIT);
    assertThat(fourth).isNotDone();
    time.advance(Duration.ofMillis(100).minusNanos(1));
    assertThat(fourth).isNotDone();
    time.advance(LATE);
    assertThat(fourth).isCompleted();
    assertThat(fifth).isNotDone();
    time.advance(Duration.ofMillis(100));
    assertThat(fifth).isCompleted();
    assertThat(limiter.totals().admittedAfterWait()).isEqualTo(2);
    assertThat(limiter.totals().permits()).isEqualTo(5);
    assertThat(limiter.totals().rejectedLimit()).isEqualTo(1);
  }

  @Test
  @Tag("RL-10")
  @Tag("RL-15")
  @DisplayName("a waiting thread runs at its instant, to the nanosecond")
  void waitingThread_runsAtItsInstant() {
    RateLimiter limiter = drained(250);
    thread(limiter, "4");
    time.awaitSleepers(1);
    thread(limiter, "5");
    time.awaitSleepers(2);
    assertThat(catchThrowable(() -> limiter.run(() -> {})))
        .isInstanceOf(RateLimitExceededException.class);
    time.advance(Duration.ofMillis(100).minusNanos(1));
    assertThat(ran).isEmpty();
    time.advance(Duration.ofNanos(1));
    join(0);
    assertThat(ran).containsExactly("4@100");
    time.awaitSleepers(1);
    time.advance(Duration.ofMillis(100));
    join(1);
    assertThat(ran).containsExactly("4@100", "5@200");
  }

  @Test
  @Tag("RL-11")
  @Tag("GW-08")
  @DisplayName("threads and futures are admitted in their order, and no call overtakes")
  void waiting_isFair() {
    RateLimiter limiter = drained(5_000);
    thread(limiter, "A");
    time.awaitSleepers(1);
    async(limiter, "B");
    thread(limiter, "C");
    time.awaitSleepers(2);
    CompletableFuture<Void> large = async(limiter.withPermits(3), "D3");
    async(limiter, "E");
    assertThat(limiter.snapshot().waiting()).isEqualTo(5);
    assertThat(limiter.tryAcquire()).isFalse();
    assertThat(limiter.retryAfter()).isEqualTo(Duration.ofMillis(800));

    advanceMillis(100);
    join(0);
    assertThat(limiter.tryAcquire()).as("does not overtake").isFalse();
    advanceMillis(103);
    assertThat(ran).containsExactly("A@100", "B");
    time.awaitSleepers(1);
    advanceMillis(97);
    join(1);
    assertThat(ran).containsExactly("A@100", "B", "C@300");
    advanceMillis(299);
    assertThat(large).as("holds up the one behind it").isNotDone();
    assertThat(limiter.snapshot().level()).isEqualTo(2);
    assertThat(limiter.tryAcquire()).as("does not overtake a larger call").isFalse();
    assertThat(ran).hasSize(3);
    advanceMillis(4);
    assertThat(ran).containsExactly("A@100", "B", "C@300", "D3");
    advanceMillis(100);
    assertThat(ran).containsExactly("A@100", "B", "C@300", "D3", "E");
  }

  @Test
  @Tag("RL-12")
  @Tag("RL-13")
  @DisplayName("when the head leaves, the next one moves up to its instant")
  void headThatLeaves_losesNothing() {
    RateLimiter limiter = drained(5_000);
    CompletableFuture<Void> first = async(limiter, "A");
    CompletableFuture<Void> second = async(limiter, "B");
    advanceMillis(50);
    first.cancel(true);
    time.advance(Duration.ofMillis(50).minusNanos(1));
    assertThat(second).isNotDone();
    time.advance(LATE);
    assertThat(second).isCompleted();
    assertThat(ran).containsExactly("B");
    assertThat(limiter.totals().cancelled()).isEqualTo(1);
    assertThat(limiter.totals().permits()).isEqualTo(4);
  }

  @Test
  @Tag("RL-12")
  @Tag("RL-16")
  @Tag("GW-07")
  @DisplayName("when a waiting head is interrupted, the next thread runs at its instant")
  void headThatIsInterrupted_losesNothing() {
    RateLimiter limiter = drained(5_000);
    AtomicReference<Throwable> failure = thread(limiter, "A");
    time.awaitSleepers(1);
    thread(limiter, "B");
    time.awaitSleepers(2);
    advanceMillis(50);
    threads.get(0).interrupt();
    join(0);
    assertThat(failure.get()).isInstanceOf(CallInterruptedException.class);
    assertThat(limiter.totals().cancelled()).isEqualTo(1);
    time.awaitSleepers(1);
    advanceMillis(50);
    join(1);
    assertThat(ran).containsExactly("B@100");
  }

  @Test
  @Tag("RL-14")
  @Tag("GW-06")
  @DisplayName("a wait that would end after the deadline does not begin")
  void waitBeyondTheDeadline_doesNotBegin() {
    RateLimiter limiter = drained(250);
    async(limiter, "4");
    try (Deadline deadline = resilience.deadline("d", Duration.ofMillis(150))) {
      assertThat(deadline).isNotNull();
      assertThatThrownBy(() -> limiter.run(() -> {}))
          .isInstanceOfSatisfying(
              RateLimitExceededException.class,
              rejection -> assertThat(rejection.reason()).isEqualTo(Reason.DEADLINE))
          .hasMessage("rate limiter 'github' allows 10 per 1 s: next in 0.200 s, after the deadline"
              + " of the call");
    }
    CompletableFuture<Void> limited = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.timeout("t", Duration.ofMillis(150)))
        .add(limiter)
        .build()
        .callAsync(() -> CompletableFuture.completedFuture(null));
    assertThat(reasonOf(limited)).isEqualTo(Reason.DEADLINE);
    assertThat(limiter.totals().rejectedDeadline()).isEqualTo(2);
    assertThat(limiter.snapshot().waiting()).isEqualTo(1);
  }

  @Test
  void async_deadlineHasPassed_failsTheFuture() {
    RateLimiter limiter = drained(250);
    try (Deadline deadline = resilience.deadline("d", Duration.ofMillis(50))) {
      assertThat(deadline).isNotNull();
      time.advance(Duration.ofMillis(400));
      assertThat(reasonOf(async(limiter, "never"))).isEqualTo(Reason.DEADLINE);
    } finally {
      Thread.interrupted(); // by the deadline
    }
    assertThat(ran).isEmpty();
    assertThat(limiter.totals().rejectedDeadline()).isEqualTo(1);
    assertThat(limiter.snapshot().level()).as("no permit was taken").isEqualTo(3);
  }

  @Test
  void async_permitComesAtTheEndOfTheWait_isAdmitted() {
    RateLimiter limiter = drained(100);
    CompletableFuture<Void> call = async(limiter, "last");
    time.advance(Duration.ofMillis(100).plus(LATE));
    assertThat(call).isCompleted();
    assertThat(ran).containsExactly("last");
    assertThat(limiter.totals().admittedAfterWait()).isEqualTo(1);
  }

  @Test
  @Tag("RL-15")
  @DisplayName(
      "ten thousand waiting futures are admitted at the declared rate, though the timer ticks once a millisecond")
  void manyWaitingFutures_keepTheRate() {
    RateLimiter limiter = resilience.rateLimiter(
        "fast",
        RateLimiterConfig.smooth(5_000, SECOND)
            .burst(100)
            .maxWait(Duration.ofSeconds(10))
            .maxWaiting(10_000)
            .build());
    limiter.tryAcquire(100);
    for (int i = 0; i < 10_000; i++) {
      async(limiter, "f");
    }
    for (int i = 1; i <= 10; i++) {
      advanceMillis(200);
      assertThat(ran.size()).isBetween(1_000 * i - 25, 1_000 * i);
    }
    time.advance(LATE);
    assertThat(ran).hasSize(10_000);
  }

  @Test
  @Tag("RL-16")
  @Tag("GW-09")
  @DisplayName("closing the runtime ends every wait; admission without waiting goes on")
  void close_endsWaits() {
    RateLimiter limiter = drained(5_000);
    AtomicReference<Throwable> failure = thread(limiter, "A");
    time.awaitSleepers(1);
    CompletableFuture<Void> future = async(limiter, "B");
    resilience.close();
    join(0);
    assertThat(failure.get()).isInstanceOf(ResilienceClosedException.class);
    time.runPending();
    assertThat(future).isDone();
    assertThatThrownBy(future::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(ResilienceClosedException.class);
    assertThatThrownBy(() -> limiter.run(() -> {})).isInstanceOf(ResilienceClosedException.class);
    time.advance(SECOND);
    assertThat(limiter.tryAcquire()).isTrue();
    assertThat(ran).isEmpty();
    assertThat(limiter.totals().cancelled()).isEqualTo(2);
  }

  @Test
  @Tag("RL-16")
  @Tag("GW-05")
  @DisplayName("a timeout around a wait ends it, as soon as the permits would come too late")
  void timeout_endsAWait() {
    RateLimiter limiter = drained(5_000);
    CompletableFuture<Void> waiting = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.timeout("t", Duration.ofMillis(350)))
        .add(limiter)
        .build()
        .callAsync(() -> CompletableFuture.completedFuture(null));
    limiter.pauseFor(Duration.ofMillis(300));
    advanceMillis(50);
    assertThat(waiting).isNotDone();
    limiter.pauseFor(Duration.ofMillis(400));
    time.runPending();
    assertThat(reasonOf(waiting)).as("in vain").isEqualTo(Reason.DEADLINE);
    assertThat(limiter.snapshot().waiting()).isZero();
  }

  @Test
  @Tag("RL-17")
  @DisplayName("in a pause calls wait on, unless they would wait in vain")
  void pause_dismissesThoseWhoWaitInVain() {
    RateLimiter limiter = drained(1_000);
    AtomicReference<Throwable> failure = thread(limiter, "A");
    time.awaitSleepers(1);
    advanceMillis(50);
    CompletableFuture<Void> second = async(limiter, "B");
    limiter.pauseFor(Duration.ofMillis(980));
    join(0);
    assertThat(failure.get())
        .isInstanceOfSatisfying(
            RateLimitExceededException.class,
            rejection -> assertThat(rejection.reason()).isEqualTo(Reason.PAUSED));
    assertThat(second).isNotDone();
    assertThat(limiter.snapshot().waiting()).isEqualTo(1);
    advanceMillis(979);
    assertThat(second).isNotDone();
    advanceMillis(4);
    assertThat(second).isCompleted();

    limiter.pauseFor(Duration.ofMillis(500));
    CompletableFuture<Void> third = async(limiter, "C");
    advanceMillis(10);
    limiter.resume();
    time.runPending();
    advanceMillis(2);
    assertThat(third).isCompleted();
    assertThat(reasonOf(async(pausedForLong(limiter), "D"))).isEqualTo(Reason.PAUSED);
  }

  private static RateLimiter pausedForLong(RateLimiter limiter) {
    limiter.pauseFor(Duration.ofSeconds(5));
    return limiter;
  }

  @Test
  @Tag("RL-18")
  @DisplayName("a hint moves the instants of those who wait")
  void hint_movesInstants() {
    RateLimiter limiter = resilience.rateLimiter(
        "github",
        RateLimiterConfig.smooth(10, SECOND).maxWait(Duration.ofMillis(350)).build());
    limiter.tryAcquire(8);
    CompletableFuture<Void> large = async(limiter.withPermits(4), "A");
    CompletableFuture<Void> small = async(limiter, "B");
    limiter.observe(RateLimitHint.builder().remaining(1).build());
    time.runPending();
    assertThat(reasonOf(small)).isEqualTo(Reason.LIMIT);
    advanceMillis(299);
    assertThat(large).isNotDone();
    advanceMillis(4);
    assertThat(large).isCompleted();
  }

  @Test
  @Tag("RL-22")
  @DisplayName(
      "a new limit tells those who wait their new instants, and rejects those who wait in vain")
  void reconfigure_tellsNewInstants() {
    RateLimiter limiter = resilience.rateLimiter(
        "github",
        RateLimiterConfig.smooth(5, SECOND)
            .burst(1)
            .maxWait(Duration.ofSeconds(20))
            .build());
    limiter.tryAcquire();
    List<CompletableFuture<Void>> waiting = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      waiting.add(async(limiter, "" + i));
    }
    limiter.reconfigure(RateLimiterConfig.smooth(5, Duration.ofMinutes(1))
        .burst(1)
        .maxWait(Duration.ofSeconds(20))
        .build());
    time.runPending();
    assertThat(waiting.get(0)).isNotDone();
    assertThat(waiting.subList(1, 50))
        .allSatisfy(future -> assertThat(reasonOf(future)).isEqualTo(Reason.LIMIT));
    advanceMillis(11_999);
    assertThat(waiting.get(0)).isNotDone();
    advanceMillis(4);
    assertThat(waiting.get(0)).isCompleted();

    CompletableFuture<Void> next = async(limiter, "next");
    limiter.reconfigure(RateLimiterConfig.smooth(100, SECOND).burst(1).build());
    advanceMillis(14);
    assertThat(next).isCompleted();
  }

  @Test
  @DisplayName("a queue that is full rejects, and a call that leaves it makes room")
  void fullQueue_rejects() {
    RateLimiter limiter = resilience.rateLimiter(
        "github",
        RateLimiterConfig.smooth(10, SECOND)
            .burst(1)
            .maxWait(SECOND)
            .maxWaiting(1)
            .build());
    limiter.tryAcquire();
    CompletableFuture<Void> first = async(limiter, "A");
    assertThat(reasonOf(async(limiter, "B"))).isEqualTo(Reason.QUEUE_FULL);
    first.cancel(true);
    assertThat(first).isCancelled();
    assertThatThrownBy(first::join).isInstanceOf(CancellationException.class);
    CompletableFuture<Void> third = async(limiter, "C");
    advanceMillis(103);
    assertThat(third).isCompleted();
    assertThat(limiter.totals().rejectedQueueFull()).isEqualTo(1);
  }

  @Test
  @Tag("RL-07")
  @DisplayName("calls of an exact limiter wait for the slot of a period before")
  void exactLimiter_waits() {
    RateLimiter limiter = resilience.rateLimiter(
        "exact",
        RateLimiterConfig.exact(2, SECOND).maxWait(Duration.ofMillis(1_500)).build());
    limiter.tryAcquire();
    advanceMillis(300);
    limiter.tryAcquire();
    CompletableFuture<Void> first = async(limiter, "A");
    CompletableFuture<Void> second = async(limiter, "B");
    assertThat(reasonOf(async(limiter, "C"))).isEqualTo(Reason.LIMIT);
    advanceMillis(699);
    assertThat(first).isNotDone();
    advanceMillis(4);
    assertThat(first).isCompleted();
    advanceMillis(296);
    assertThat(second).isNotDone();
    advanceMillis(4);
    assertThat(second).isCompleted();
  }

  @Test
  @Tag("RL-28")
  @DisplayName("an admission after a wait is an event with the length of the wait")
  void admissionAfterAWait_isAnEvent() {
    List<RateLimiterEvent> events = new ArrayList<>();
    RateLimiter limiter = drained(250);
    limiter.subscribe(events::add);
    time.autoAdvance(true);
    limiter.run(() -> {});
    time.runPending();
    assertThat(events)
        .containsExactly(
            RateLimiterEvent.builder("github", RateLimiterEvent.Kind.ADMITTED_AFTER_WAIT)
                .permits(1)
                .limit(10)
                .waited(Duration.ofMillis(100))
                .build());
  }
}
