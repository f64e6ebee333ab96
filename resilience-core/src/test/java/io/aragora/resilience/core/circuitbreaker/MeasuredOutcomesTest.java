package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall.Kind;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.fallback.Fallback;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Outcomes with a duration or a result, and rejections as another exception. */
class MeasuredOutcomesTest extends BreakerFixture {
  private static final Duration SLOW = Duration.ofSeconds(1);

  private static CircuitBreakerConfig.Builder slowRule() {
    return config()
        .noFailureThreshold()
        .slowCallRateThreshold(50)
        .slowCallDuration(SLOW)
        .minimumNumberOfCalls(10);
  }

  private List<CircuitBreakerCall> callsOf(CircuitBreaker breaker) {
    List<CircuitBreakerCall> seen = new CopyOnWriteArrayList<>();
    breaker.subscribeCalls(EnumSet.allOf(Kind.class), seen::add);
    return seen;
  }

  @Test
  @DisplayName("the duration that the caller has measured says whether a call was slow")
  void givenDuration_saysWhetherACallWasSlow() {
    CircuitBreaker breaker = breaker(slowRule());
    breaker.recordSuccess(breaker.acquirePermit(), SLOW.toNanos());
    breaker.recordFailure(breaker.acquirePermit(), new IOException(), SLOW.toNanos());
    breaker.recordSuccess(breaker.acquirePermit(), SLOW.toNanos() - 1);
    long held = breaker.acquirePermit();
    time.advance(SLOW);
    breaker.recordSuccess(held, 0);
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(4);
    assertThat(breaker.snapshot().windowSlowCalls()).isEqualTo(2);
    assertThat(breaker.snapshot().windowSlowFailures()).isEqualTo(1);
  }

  @Test
  void givenDuration_ofAProbe_saysWhetherItWasSlow() {
    CircuitBreaker breaker = halfOpen(slowRule());
    breaker.recordSuccess(breaker.acquirePermit(), SLOW.toNanos());
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.PROBE_SLOW);
  }

  @Test
  void negativeDuration_isAnError() {
    CircuitBreaker breaker = opensAfter(1);
    long permit = breaker.acquirePermit();
    assertThatThrownBy(() -> breaker.recordSuccess(permit, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("durationNanos must not be negative: -1");
    assertThatThrownBy(() -> breaker.recordFailure(permit, null, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @DisplayName("an event has the duration where one was measured or given, and else none")
  void events_haveTheDurationThatWasMeasured() {
    CircuitBreaker timed = resilience.circuitBreaker("timed", slowRule().build());
    List<CircuitBreakerCall> seen = callsOf(timed);
    timed.run(() -> time.advance(Duration.ofMillis(300)));
    timed.recordFailure(timed.acquirePermit(), null, 5);
    time.runPending();
    assertThat(seen)
        .extracting(CircuitBreakerCall::duration)
        .containsExactly(Duration.ofMillis(300), Duration.ofNanos(5));
    CircuitBreaker plain = resilience.circuitBreaker("plain", config().build());
    List<CircuitBreakerCall> others = callsOf(plain);
    succeed(plain);
    plain.recordSuccess(plain.acquirePermit(), 7);
    time.runPending();
    assertThat(others)
        .extracting(CircuitBreakerCall::duration)
        .containsExactly(null, Duration.ofNanos(7));
  }

  @Test
  @DisplayName("recordResult counts a result as recordResultIf says")
  void recordResult_asksThePredicate() {
    CircuitBreaker breaker = breaker(config().recordResultIf("bad"::equals).failureThreshold(1));
    breaker.recordResult(breaker.acquirePermit(), "good");
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
    breaker.recordResult(breaker.acquirePermit(), "bad");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @DisplayName("rejections of the present state are counted, and none of the state before")
  void rejections_ofThePresentState() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    times(3, breaker::tryAcquirePermit);
    assertThat(breaker.snapshot().rejectedInState()).isEqualTo(3);
    breaker.forceOpen();
    assertThat(breaker.snapshot().rejectedInState()).isZero();
    breaker.tryAcquirePermit();
    assertThat(breaker.snapshot().rejectedInState()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().rejected()).isEqualTo(4);
  }

  @Test
  @DisplayName("a rejection is what mapException makes of it, but a value of tryCall stays itself")
  void mapException_replacesRejections() {
    CircuitBreaker breaker = breaker(config()
        .initialState(CircuitBreakerState.FORCED_OPEN)
        .mapException(rejection -> new IllegalStateException("mine", rejection)));
    assertThatThrownBy(breaker::acquirePermit)
        .isInstanceOf(IllegalStateException.class)
        .hasCauseInstanceOf(CallNotPermittedException.class);
    assertThatThrownBy(() -> breaker.call(() -> "never")).hasMessage("mine");
    assertThatThrownBy(() ->
            breaker.callAsync(() -> CompletableFuture.completedFuture("never")).join())
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(IllegalStateException.class);
    assertThat(breaker.tryCall(() -> "never").isRejected()).isTrue();
    assertThat(breaker.tryCallAsync(() -> CompletableFuture.completedFuture("never")))
        .isCompletedWithValueMatching(CallOutcome::isRejected);
  }

  @Test
  @DisplayName("tryCallAsync gives the value, a rejection as a value, and a failure as it is")
  void tryCallAsync_givesARejectionAsAValue() {
    CircuitBreaker breaker = opensAfter(1);
    assertThat(breaker
            .tryCallAsync(() -> CompletableFuture.completedFuture("v"))
            .join()
            .value())
        .isEqualTo("v");
    IOException down = new IOException("down");
    assertThat(breaker.tryCallAsync(() -> CompletableFuture.failedFuture(down)))
        .isCompletedExceptionally()
        .satisfies(call -> assertThatThrownBy(call::join).hasCause(down));
    assertThat(breaker.tryCallAsync(() -> CompletableFuture.completedFuture("never")))
        .isCompletedWithValueMatching(CallOutcome::isRejected);
  }

  @Test
  @DisplayName("whatever completes the outcome from outside cancels the call")
  void outcomeCompletedFromOutside_cancelsTheCall() {
    CircuitBreaker breaker = opensAfter(1);
    List<Consumer<CompletableFuture<CallOutcome<String>>>> ends = List.of(
        outcome -> outcome.cancel(true),
        outcome -> outcome.complete(CallOutcome.of("mine")),
        outcome -> outcome.completeExceptionally(new CancellationException()));
    ends.forEach(end -> {
      CompletableFuture<String> work = new CompletableFuture<>();
      CompletableFuture<CallOutcome<String>> outcome = breaker.tryCallAsync(() -> work);
      end.accept(outcome);
      assertThat(work).isCancelled();
    });
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(3);
  }

  @Test
  @DisplayName("tryCall of a pipeline gives a rejection as a value, unless its fallback has a rule")
  void pipeline_tryCall_givesARejectionAsAValue() {
    CircuitBreaker breaker = opensAfter(1);
    breaker.forceOpen();
    Pipeline pipeline = resilience.pipeline("p", p -> p.add(breaker));
    ResultPipeline<String> without = pipeline.withFallback(
        Fallback.<String>builder().on(IOException.class, failure -> "none").build());
    assertThat(without.tryCall(() -> "never").isRejected()).isTrue();
    assertThat(without.tryCallAsync(() -> CompletableFuture.completedFuture("never")))
        .isCompletedWithValueMatching(CallOutcome::isRejected);
    ResultPipeline<String> with = pipeline.withFallback(Fallback.value("spare"));
    assertThat(with.tryCall(() -> "never").value()).isEqualTo("spare");
  }

  @Test
  @DisplayName(
      "a mapException that throws or returns null leaves the rejection, with its own failure suppressed")
  void brokenMapException_leavesTheRejection() {
    CircuitBreaker throwing = resilience.circuitBreaker(
        "throwing",
        config()
            .initialState(CircuitBreakerState.FORCED_OPEN)
            .mapException(rejection -> {
              throw new AssertionError("broken");
            })
            .build());
    assertThatThrownBy(throwing::acquirePermit)
        .isInstanceOf(CallNotPermittedException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    CircuitBreaker none = resilience.circuitBreaker(
        "none",
        config()
            .initialState(CircuitBreakerState.FORCED_OPEN)
            .mapException(rejection -> null)
            .build());
    assertThatThrownBy(none::acquirePermit).isInstanceOf(CallNotPermittedException.class);
  }
}
