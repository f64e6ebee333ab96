package io.aragora.resilience.core.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutEvent;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a call under a limit returns, counts and publishes, with a clock that only the body moves. */
class TimeoutNumbersTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience =
      Resilience.builder().name("r").timeSource(time).build();
  private final Timeout second = resilience.timeout("t", SECOND);
  private final List<TimeoutEvent> events = new ArrayList<>();

  @AfterEach
  void close() {
    resilience.close();
    assertThat(Thread.interrupted()).as("an interrupt that was left behind").isFalse();
  }

  private String outlast() {
    time.advance(SECOND.multipliedBy(2));
    return "late";
  }

  private static List<Long> counts(Timeout timeout) {
    return List.of(
        timeout.totals().inTime(), timeout.totals().fired(), timeout.totals().late());
  }

  @Test
  void valueInTime_isReturnedAndCounted() {
    second.subscribe(events::add);
    assertThat(second.call(() -> "value")).isEqualTo("value");
    time.runPending();
    assertThat(counts(second)).containsExactly(1L, 0L, 0L);
    assertThat(events).isEmpty();
  }

  @Test
  void limitThatEndsNotBeforeTheOneAround_neverFires_andCountsCallsInTime() {
    Timeout asLong = resilience.timeout("inner", SECOND);
    assertThat(second.call(() -> asLong.call(() -> "value"))).isEqualTo("value");
    assertThatThrownBy(() -> second.run(() -> asLong.call(this::outlast)))
        .isInstanceOfSatisfying(
            TimeoutExceededException.class, e -> assertThat(e.timeout()).isEqualTo("t"));
    assertThat(counts(second)).containsExactly(1L, 0L, 1L);
    assertThat(counts(asLong)).containsExactly(2L, 0L, 0L);
  }

  @Test
  void afterAnInnerLimit_theOuterOneHolds() {
    Timeout outer = resilience.timeout("outer", Duration.ofSeconds(10));
    Duration left = outer.call(() -> {
      assertThat(second.call(() -> CallContext.current().remaining())).contains(SECOND);
      return CallContext.current().remaining().orElseThrow();
    });
    assertThat(left).isEqualTo(Duration.ofSeconds(10));
    assertThat(CallContext.current().remaining()).isEmpty();
  }

  @Test
  void valueThatIsLate_andFailureThatIs_areCountedAndPublishedApart() {
    second.subscribe(events::add);
    assertThatThrownBy(() -> second.call(this::outlast))
        .isInstanceOf(TimeoutExceededException.class);
    assertThatThrownBy(() -> second.run(() -> {
          outlast();
          throw new IllegalStateException("late");
        }))
        .isInstanceOf(TimeoutExceededException.class)
        .hasCauseInstanceOf(IllegalStateException.class);
    time.runPending();
    assertThat(counts(second)).containsExactly(0L, 1L, 1L);
    assertThat(events)
        .containsExactly(
            TimeoutEvent.of("t", TimeoutEvent.Kind.LATE, SECOND),
            TimeoutEvent.of("t", TimeoutEvent.Kind.FIRED, SECOND));
  }

  @Test
  void receiverOfLateResultsThatThrows_isLogged() {
    Timeout timeout = resilience.timeout(
        "receiver",
        c -> c.limit(SECOND).onLateResult(result -> {
          throw new IllegalStateException("injected");
        }));
    try (RecordedLog log = RecordedLog.of(CoreTimeout.class)) {
      assertThatThrownBy(() -> timeout.call(this::outlast))
          .isInstanceOf(TimeoutExceededException.class);
      assertThat(log.messages())
          .containsExactly(
              "WARNING onLateResult of timeout 'receiver' failed; the late result is dropped");
    }
  }

  @Test
  void bodyThatSeesTheRuntimeClose_keepsItsResultAndItsFailure() {
    assertThat(second.call(() -> {
          resilience.close();
          return "value";
        }))
        .isEqualTo("value");
    assertThat(second.totals().inTime()).isEqualTo(1);
  }

  @Test
  void bodyThatFailsByItself_afterTheRuntimeClosed_keepsItsFailure() {
    assertThatThrownBy(() -> second.run(() -> {
          resilience.close();
          throw new IllegalArgumentException("own");
        }))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void bodyThatIsInterruptedByClosing_endsAsClosed() {
    assertThatThrownBy(() -> second.callInterruptibly(() -> {
          resilience.close();
          assertThat(Thread.interrupted()).as("as a wait would see it").isTrue();
          throw new InterruptedException("by closing");
        }))
        .isInstanceOf(ResilienceClosedException.class);
  }

  @Test
  void executorOfTheConfig_completesCallsThatExceedTheLimit() {
    List<Runnable> completions = new ArrayList<>();
    Timeout timeout = resilience.timeout(
        "executor",
        TimeoutConfig.builder().limit(SECOND).executor(completions::add).build());
    CompletableFuture<String> call = timeout.callAsync(CompletableFuture::new);
    time.advance(SECOND.multipliedBy(2));
    assertThat(call).isNotDone();
    assertThat(completions).hasSize(1);
    completions.get(0).run();
    assertThat(call).isCompletedExceptionally();
  }

  @Test
  void bodyThatWaitedInAnExecutorUntilTheLimit_isNamedAsTheCause() {
    CompletableFuture<String> queued = second.submit(() -> "never", task -> {});
    CompletableFuture<String> begun = second.callAsync(CompletableFuture::new);
    time.advance(SECOND.multipliedBy(2));
    assertThatThrownBy(queued::join)
        .cause()
        .isInstanceOf(TimeoutExceededException.class)
        .hasCauseInstanceOf(RejectedExecutionException.class);
    assertThatThrownBy(begun::join)
        .cause()
        .isInstanceOf(TimeoutExceededException.class)
        .hasNoCause();
  }

  @Test
  void retryAroundALimit_waitsLongerThanTheLimitBetweenItsAttempts() throws IOException {
    time.autoAdvance(true);
    AtomicInteger attempts = new AtomicInteger();
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.retry(
            "r", c -> c.backoff(Backoff.constant(SECOND.multipliedBy(5)).withJitter(Jitter.NONE))))
        .add(second)
        .build();
    assertThat(pipeline.call(() -> {
          if (attempts.incrementAndGet() == 1) {
            throw new IOException("once");
          }
          return CallContext.current().remaining();
        }))
        .contains(SECOND);
    assertThat(counts(second)).containsExactly(2L, 0L, 0L);
  }
}
