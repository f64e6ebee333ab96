package io.aragora.resilience.resilience4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.core.exception.AcquirePermissionCancelledException;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RequestNotPermitted;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What bulkheads, rate limiters and time limiters of Resilience4j do, on theirs and on views of ours. */
class AdmissionContractTest {
  private static final String SUBJECTS = "io.aragora.resilience.resilience4j.Subject#both";

  private final List<String> events = new ArrayList<>();

  // ---- bulkheads

  private static BulkheadConfig places(int calls) {
    return BulkheadConfig.custom()
        .maxConcurrentCalls(calls)
        .maxWaitDuration(Duration.ZERO)
        .build();
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void bulkhead_admitsItsNumberOfCalls(Subject subject) {
    try (subject) {
      Bulkhead bulkhead = subject.bulkhead(places(2));
      bulkhead
          .getEventPublisher()
          .onCallPermitted(event -> events.add(event.getEventType().name()))
          .onCallRejected(event -> events.add(event.getEventType().name()))
          .onCallFinished(event -> events.add(event.getEventType().name()));
      assertThat(bulkhead.getName()).isEqualTo("prices");
      assertThat(bulkhead.getTags()).isEqualTo(Subject.TAGS);
      assertThat(bulkhead.tryAcquirePermission()).isTrue();
      bulkhead.acquirePermission();
      assertThat(bulkhead.tryAcquirePermission()).isFalse();
      assertThatExceptionOfType(BulkheadFullException.class)
          .isThrownBy(bulkhead::acquirePermission)
          .withMessageContaining("prices");
      assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isZero();

      bulkhead.onComplete();
      bulkhead.releasePermission();

      assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isEqualTo(2);
      assertThat(bulkhead.getMetrics().getMaxAllowedConcurrentCalls()).isEqualTo(2);
      assertThat(events)
          .containsExactly(
              "CALL_PERMITTED",
              "CALL_PERMITTED",
              "CALL_REJECTED",
              "CALL_REJECTED",
              "CALL_FINISHED");
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void bulkhead_afterAChangeOfItsConfig_hasTheNewLimit(Subject subject) {
    try (subject) {
      Bulkhead bulkhead = subject.bulkhead(places(1));
      bulkhead.changeConfig(places(3));
      for (int i = 0; i < 3; i++) {
        assertThat(bulkhead.tryAcquirePermission()).isTrue();
      }

      assertThat(bulkhead.tryAcquirePermission()).isFalse();
      assertThat(bulkhead.getBulkheadConfig().getMaxConcurrentCalls()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void bulkhead_withACallUnderWay_takesAnotherLimit(Subject subject) {
    try (subject) {
      Bulkhead bulkhead = subject.bulkhead(places(1));
      bulkhead.acquirePermission();

      bulkhead.changeConfig(places(2));

      assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isOne();
      assertThat(bulkhead.getMetrics().getMaxAllowedConcurrentCalls()).isEqualTo(2);
      assertThat(bulkhead.tryAcquirePermission()).isTrue();
      assertThat(bulkhead.tryAcquirePermission()).isFalse();
      bulkhead.onComplete();
      bulkhead.onComplete();
      assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void bulkhead_ofAFuture_isHeldUntilItsValueIsRead(Subject subject) throws Exception {
    try (subject) {
      Bulkhead bulkhead = subject.bulkhead(places(1));
      Future<String> call = Bulkhead.decorateFuture(
              bulkhead, () -> CompletableFuture.completedFuture("5"))
          .get();
      assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isZero();

      assertThat(call.get()).isEqualTo("5");
      assertThat(call.get()).isEqualTo("5");

      assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isOne();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void bulkhead_decorators_giveThePlaceBack(Subject subject) throws Throwable {
    try (subject) {
      Bulkhead bulkhead = subject.bulkhead(places(1));
      assertThat(bulkhead.<String>executeSupplier(() -> "5")).isEqualTo("5");
      assertThat(bulkhead.<String>executeCallable(() -> "5")).isEqualTo("5");
      bulkhead.executeRunnable(() -> {});
      assertThatThrownBy(() -> bulkhead.executeCheckedSupplier(() -> {
            throw new IOException("down");
          }))
          .hasMessage("down");
      CompletableFuture<String> body = new CompletableFuture<>();
      CompletableFuture<String> call =
          bulkhead.executeCompletionStage(() -> body).toCompletableFuture();
      assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isZero();
      body.complete("5");

      assertThat(call.join()).isEqualTo("5");
      assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isOne();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void bulkhead_thatWaits_isInterruptible(Subject subject) {
    try (subject) {
      Bulkhead bulkhead = subject.bulkhead(BulkheadConfig.custom()
          .maxConcurrentCalls(1)
          .maxWaitDuration(Duration.ofMinutes(5))
          .build());
      bulkhead.acquirePermission();
      Thread.currentThread().interrupt();

      assertThatExceptionOfType(AcquirePermissionCancelledException.class)
          .isThrownBy(bulkhead::acquirePermission);

      assertThat(Thread.interrupted()).isTrue();
      bulkhead.onComplete();
      assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isOne();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void bulkhead_thatWaits_admitsWhenAPlaceIsFree(Subject subject) throws Exception {
    try (subject) {
      Bulkhead bulkhead = subject.bulkhead(BulkheadConfig.custom()
          .maxConcurrentCalls(1)
          .maxWaitDuration(Duration.ofMinutes(5))
          .build());
      bulkhead.acquirePermission();
      CompletableFuture<Boolean> second = new CompletableFuture<>();
      Thread waiting = new Thread(() -> second.complete(bulkhead.tryAcquirePermission()));
      waiting.start();
      while (waiting.getState() != Thread.State.WAITING
          && waiting.getState() != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
      }

      bulkhead.onComplete();
      while (!second.isDone()) {
        subject.settle();
      }

      assertThat(second.join()).isTrue();
      assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isZero();
      bulkhead.onComplete();
      subject.settle();
      assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isOne();
    }
  }

  // ---- rate limiters

  private static RateLimiterConfig.Builder rate() {
    return RateLimiterConfig.custom()
        .limitForPeriod(2)
        .limitRefreshPeriod(Duration.ofSeconds(10))
        .timeoutDuration(Duration.ZERO);
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void rateLimiter_admitsItsLimit_andAgainAfterThePeriod(Subject subject) {
    try (subject) {
      RateLimiter limiter = subject.rateLimiter(rate().build());
      limiter
          .getEventPublisher()
          .onSuccess(event -> events.add(event.getEventType() + " " + event.getNumberOfPermits()))
          .onFailure(event -> events.add(event.getEventType() + " " + event.getNumberOfPermits()));
      assertThat(limiter.getName()).isEqualTo("prices");
      assertThat(limiter.getTags()).isEqualTo(Subject.TAGS);
      assertThat(limiter.getMetrics().getAvailablePermissions()).isEqualTo(2);
      assertThat(limiter.acquirePermission()).isTrue();
      assertThat(limiter.acquirePermission()).isTrue();
      assertThat(limiter.acquirePermission()).isFalse();
      assertThatExceptionOfType(RequestNotPermitted.class)
          .isThrownBy(() -> limiter.executeSupplier(() -> "never"))
          .withMessage("RateLimiter 'prices' does not permit further calls");

      subject.advance(Duration.ofSeconds(10));

      assertThat(limiter.acquirePermission(2)).isTrue();
      assertThat(limiter.getMetrics().getAvailablePermissions()).isZero();
      assertThat(limiter.getMetrics().getNumberOfWaitingThreads()).isZero();
      assertThat(events)
          .containsExactly(
              "SUCCESSFUL_ACQUIRE 1",
              "SUCCESSFUL_ACQUIRE 1",
              "FAILED_ACQUIRE 1",
              "FAILED_ACQUIRE 1",
              "SUCCESSFUL_ACQUIRE 2");
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void rateLimiter_reservation_saysHowLongToWait(Subject subject) {
    try (subject) {
      RateLimiter limiter = subject.rateLimiter(
          rate().limitForPeriod(1).timeoutDuration(Duration.ofSeconds(15)).build());
      assertThat(limiter.reservePermission()).isZero();
      assertThat(limiter.reservePermission()).isEqualTo(Duration.ofSeconds(10).toNanos());
      assertThat(limiter.reservePermission()).isEqualTo(-1);

      subject.advance(Duration.ofSeconds(10));

      // The reservation has taken the permit of this period.
      assertThat(limiter.reservePermission()).isEqualTo(Duration.ofSeconds(10).toNanos());
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void rateLimiter_withoutWait_reservesNothing(Subject subject) {
    try (subject) {
      RateLimiter limiter = subject.rateLimiter(rate().limitForPeriod(1).build());

      assertThat(limiter.reservePermission()).isZero();
      assertThat(limiter.reservePermission()).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void rateLimiter_withoutWait_rejectsMoreThanItsLimit(Subject subject) {
    try (subject) {
      RateLimiter limiter = subject.rateLimiter(rate().limitForPeriod(2).build());
      limiter
          .getEventPublisher()
          .onEvent(event -> events.add(event.getEventType().name()));

      assertThat(limiter.acquirePermission(3)).isFalse();
      assertThat(limiter.reservePermission(3)).isEqualTo(-1);

      assertThat(limiter.acquirePermission(2)).isTrue();
      assertThat(events).containsExactly("FAILED_ACQUIRE", "FAILED_ACQUIRE", "SUCCESSFUL_ACQUIRE");
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void rateLimiter_changes_areApplied(Subject subject) {
    try (subject) {
      RateLimiter limiter = subject.rateLimiter(rate().build());
      limiter.changeLimitForPeriod(5);
      limiter.changeTimeoutDuration(Duration.ofMillis(1));
      subject.advance(Duration.ofSeconds(10));

      assertThat(limiter.getMetrics().getAvailablePermissions()).isEqualTo(5);
      assertThat(limiter.getRateLimiterConfig().getLimitForPeriod()).isEqualTo(5);
      assertThat(limiter.getRateLimiterConfig().getTimeoutDuration())
          .isEqualTo(Duration.ofMillis(1));
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void rateLimiter_drained_admitsNothing(Subject subject) {
    try (subject) {
      RateLimiter limiter = subject.rateLimiter(rate().build());
      limiter
          .getEventPublisher()
          .onEvent(event -> events.add(event.getEventType().name()));
      limiter.drainPermissions();

      assertThat(limiter.acquirePermission()).isFalse();
      assertThat(events).containsExactly("DRAINED", "FAILED_ACQUIRE");
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void rateLimiter_admitsManyPermitsAtATime(Subject subject) {
    try (subject) {
      RateLimiter limiter = subject.rateLimiter(rate().limitForPeriod(10).build());
      assertThat(limiter.acquirePermission(1)).isTrue();
      assertThat(limiter.acquirePermission(5)).isTrue();
      assertThat(limiter.acquirePermission(5)).isFalse();
      assertThat(limiter.getMetrics().getAvailablePermissions()).isEqualTo(4);

      subject.advance(Duration.ofSeconds(10));

      assertThat(limiter.acquirePermission(5)).isTrue();
      assertThat(limiter.acquirePermission(5)).isTrue();
      assertThat(limiter.acquirePermission()).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void rateLimiter_drainedTwice_hasNothingTheSecondTime(Subject subject) {
    try (subject) {
      RateLimiter limiter = subject.rateLimiter(rate().limitForPeriod(10).build());
      limiter
          .getEventPublisher()
          .onEvent(event -> events.add(event.getEventType() + " " + event.getNumberOfPermits()));
      limiter.drainPermissions();
      limiter.drainPermissions();
      assertThat(limiter.acquirePermission(10)).isFalse();

      subject.advance(Duration.ofSeconds(10));

      assertThat(limiter.acquirePermission(10)).isTrue();
      // Theirs has lost the number of the first event.
      int drained = subject instanceof Subject.Theirs ? 0 : 10;
      assertThat(events)
          .containsExactly(
              "DRAINED " + drained, "DRAINED 0", "FAILED_ACQUIRE 10", "SUCCESSFUL_ACQUIRE 10");
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void rateLimiter_isDrainedByAResult(Subject subject) {
    try (subject) {
      RateLimiter limiter = subject.rateLimiter(rate()
          .drainPermissionsOnResult(end -> end.isRight() && "busy".equals(end.get()))
          .build());

      limiter.executeSupplier(() -> "busy");

      assertThat(limiter.acquirePermission()).isFalse();
    }
  }

  // ---- time limiters

  private static TimeLimiterConfig limit(Duration limit) {
    return TimeLimiterConfig.custom().timeoutDuration(limit).build();
  }

  private void listen(TimeLimiter limiter) {
    limiter
        .getEventPublisher()
        .onSuccess(event -> events.add(event.getEventType().name()))
        .onError(event ->
            events.add(event.getEventType() + " " + event.getThrowable().getMessage()))
        .onTimeout(event -> events.add(event.getEventType().name()));
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void timeLimiter_passesResultsAndFailures(Subject subject) throws Exception {
    try (subject) {
      TimeLimiter limiter = subject.timeLimiter(limit(Duration.ofMinutes(5)));
      listen(limiter);
      assertThat(limiter.getName()).isEqualTo("prices");
      assertThat(limiter.getTags()).isEqualTo(Subject.TAGS);
      assertThat(limiter.getTimeLimiterConfig().getTimeoutDuration())
          .isEqualTo(Duration.ofMinutes(5));

      assertThat(limiter.<String, CompletableFuture<String>>executeFutureSupplier(
              () -> CompletableFuture.completedFuture("5")))
          .isEqualTo("5");
      assertThatThrownBy(() -> limiter.<String, CompletableFuture<String>>executeFutureSupplier(
              () -> CompletableFuture.failedFuture(new IOException("down"))))
          .isInstanceOf(IOException.class)
          .hasMessage("down");

      assertThat(events).containsExactly("SUCCESS", "ERROR down");
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void timeLimiter_pastItsLimit_cancelsTheFuture(Subject subject) {
    try (subject) {
      TimeLimiter limiter = subject.timeLimiter(limit(Duration.ofMillis(1)));
      listen(limiter);
      CompletableFuture<String> never = new CompletableFuture<>();

      Thread driver = driver(subject);
      assertThatExceptionOfType(TimeoutException.class)
          .isThrownBy(
              () -> limiter.<String, CompletableFuture<String>>executeFutureSupplier(() -> never))
          .withMessageContaining("prices");
      driver.interrupt();

      assertThat(never).isCancelled();
      assertThat(events).containsExactly("TIMEOUT");
    }
  }

  /** Moves manual time while the caller's thread waits. */
  private static Thread driver(Subject subject) {
    Thread waiting = Thread.currentThread();
    Thread driver = new Thread(() -> {
      while (subject instanceof Subject.Ours && !Thread.currentThread().isInterrupted()) {
        if (waiting.getState() == Thread.State.WAITING
            || waiting.getState() == Thread.State.TIMED_WAITING) {
          // Again and again: it may have waited for something else.
          subject.advance(Duration.ofMillis(1));
        }
        Thread.onSpinWait();
      }
    });
    driver.setDaemon(true);
    driver.start();
    return driver;
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void timeLimiter_ofAStage_failsItPastTheLimit(Subject subject) throws Exception {
    ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    try (subject) {
      TimeLimiter limiter = subject.timeLimiter(limit(Duration.ofMillis(1)));
      listen(limiter);
      assertThat(limiter
              .<String, CompletableFuture<String>>executeCompletionStage(
                  scheduler, () -> CompletableFuture.completedFuture("5"))
              .toCompletableFuture()
              .join())
          .isEqualTo("5");

      CompletableFuture<String> call = limiter
          .<String, CompletableFuture<String>>executeCompletionStage(
              scheduler, CompletableFuture::new)
          .toCompletableFuture();
      subject.advance(Duration.ofMillis(2));
      subject.settle();

      assertThatThrownBy(call::join).hasCauseInstanceOf(TimeoutException.class);
      assertThat(events).containsExactly("SUCCESS", "TIMEOUT");
    } finally {
      scheduler.shutdownNow();
    }
  }
}
