package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.core.dispatch.ExhaustedTime;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A machine on which no thread can be started, so every hand-over fails. The timer's thread runs no code of the application, which
 * might block; it tries again, and all that was due happens once a thread can be started.
 */
class ExhaustedTimerTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Logger LOG = Logger.getLogger("io.aragora.resilience");

  private final ManualTime manual = ManualTime.create();
  private final ExhaustedTime time = new ExhaustedTime(manual);
  private final Resilience resilience = Resilience.builder()
      .timeSource(time)
      .property("resilience.chaos.enabled", "true")
      .build();

  ExhaustedTimerTest() {
    time.exhausted = false;
  }

  @BeforeAll
  static void logLess() {
    LOG.setUseParentHandlers(false);
  }

  @AfterAll
  static void logAgain() {
    LOG.setUseParentHandlers(true);
  }

  @AfterEach
  void close() {
    time.exhausted = false;
    resilience.close();
  }

  private interface Begin {
    /** Begins what the timer ends or continues after a second. */
    void with(Resilience resilience, ManualTime time, Runnable foreign);
  }

  private static void follow(CompletableFuture<?> call, Runnable foreign) {
    call.whenComplete((value, failure) -> foreign.run());
  }

  /** Everything that the timer fires and that leads to code of the application. */
  enum Fired {
    ASYNCHRONOUS_LIMIT((resilience, time, foreign) ->
        follow(resilience.timeout("t", SECOND).callAsync(CompletableFuture::new), foreign)),
    RETRY((resilience, time, foreign) -> {
      AtomicInteger attempts = new AtomicInteger();
      resilience.retry("r", c -> c.backoff(Backoff.constant(SECOND))).callAsync(() -> {
        if (attempts.getAndIncrement() == 0) {
          return CompletableFuture.failedFuture(new IOException("down"));
        }
        foreign.run();
        return CompletableFuture.completedFuture("up");
      });
    }),
    QUEUED_CALL((resilience, time, foreign) -> {
      Bulkhead bulkhead = resilience.bulkhead("b", c -> c.maxConcurrentCalls(1).maxWait(SECOND));
      bulkhead.callAsync(CompletableFuture::new);
      follow(bulkhead.callAsync(CompletableFuture::new), foreign);
    }),
    HEDGE((resilience, time, foreign) -> {
      AtomicInteger attempts = new AtomicInteger();
      resilience.hedge("h", c -> c.delay(SECOND)).callAsync(() -> {
        if (attempts.getAndIncrement() != 0) {
          foreign.run();
        }
        return new CompletableFuture<String>();
      });
    }),
    COALESCED_CALL((resilience, time, foreign) -> {
      resilience.coalescer("c").callAsync("key", CompletableFuture::new);
      try (Deadline deadline = resilience.deadline("d", SECOND)) {
        assertThat(deadline).isNotNull();
        follow(resilience.coalescer("c").callAsync("key", CompletableFuture::new), foreign);
      }
    }),
    REGULAR_CHECKS((resilience, time, foreign) -> {
      resilience
          .health()
          .register(
              "c",
              () -> {
                foreign.run();
                return HealthResult.healthy();
              },
              HealthCheckOptions.defaults().withTimeToLive(Duration.ZERO));
      resilience.health().checkEvery(SECOND);
    }),
    END_OF_CHAOS((resilience, time, foreign) -> {
      resilience.chaos("x", c -> c.fail(1, IOException::new)).subscribe(event -> {
        if (event.kind().name().equals("ENDED")) {
          foreign.run();
        }
      });
      resilience.chaos().start(SECOND);
    }),
    SLOW_CALLS((resilience, time, foreign) -> {
      CircuitBreaker breaker = resilience.circuitBreaker(
          "slow",
          c -> c.slowCallDuration(SECOND).slowCallRateThreshold(50).minimumNumberOfCalls(1));
      breaker.subscribe(change -> foreign.run());
      breaker.callAsync(CompletableFuture::new);
    });

    private final Begin begin;

    Fired(Begin begin) {
      this.begin = begin;
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("without a thread, the timer runs no code of the application, and tries again")
  void noThreadCanBeStarted_theTimerTriesAgain(Fired fired) {
    AtomicInteger called = new AtomicInteger();
    fired.begin.with(resilience, manual, called::incrementAndGet);
    manual.runPending();
    int before = called.get();
    time.exhausted = true;
    manual.advance(SECOND.multipliedBy(3));
    assertThat(called).as("on the timer's thread").hasValue(before);
    time.exhausted = false;
    manual.advance(SECOND);
    assertThat(called).as("once a thread can be started").hasValueGreaterThan(before);
  }

  @Test
  void noThreadCanBeStarted_interruptsAreSentLater() {
    Timeout timeout = resilience.timeout("t", SECOND.multipliedBy(2));
    assertThatThrownBy(() -> timeout.run(this::checkInterrupt))
        .isInstanceOf(TimeoutExceededException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThat(timeout.totals().late()).isEqualTo(1);
  }

  /** A deadline before that for which the table of limits is armed has an operation of its own. */
  @Test
  void noThreadCanBeStarted_interruptOfANearerDeadlineIsSentLater() {
    Timeout timeout = resilience.timeout("t", SECOND.multipliedBy(2));
    timeout.run(() -> {});
    try (Deadline deadline = resilience.deadline("d", SECOND)) {
      assertThat(deadline).isNotNull();
      assertThatThrownBy(() -> timeout.run(this::checkInterrupt))
          .isInstanceOf(TimeoutExceededException.class);
    }
    assertThat(Thread.interrupted()).isFalse();
    assertThat(timeout.totals().late()).isEqualTo(1);
  }

  private void checkInterrupt() {
    time.exhausted = true;
    manual.advance(SECOND.multipliedBy(3));
    assertThat(Thread.currentThread().isInterrupted())
        .as("by the timer's thread")
        .isFalse();
    time.exhausted = false;
    manual.advance(SECOND);
    assertThat(Thread.currentThread().isInterrupted()).isTrue();
  }
}
