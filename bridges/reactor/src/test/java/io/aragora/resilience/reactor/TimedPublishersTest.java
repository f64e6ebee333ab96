package io.aragora.resilience.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Limits, waits, rejections, hedges, coalescers and fallbacks. */
class TimedPublishersTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static final Duration TICK = Duration.ofMillis(2);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final Timeout timeout = resilience.timeout("timeout", SECOND);
  private final AtomicInteger subscriptions = new AtomicInteger();
  private final List<Object> signals = new ArrayList<>();
  private final List<Object> discarded = new ArrayList<>();

  /** A timer fires at the tick after its deadline. */
  private void pass(Duration duration) {
    time.advance(duration.plus(TICK));
  }

  @AfterEach
  void close() {
    resilience.close();
  }

  private Disposable collect(Flux<?> flux) {
    return flux.doOnDiscard(Object.class, discarded::add)
        .subscribe(signals::add, signals::add, () -> signals.add("complete"));
  }

  private Disposable collect(Mono<?> mono) {
    return mono.doOnDiscard(Object.class, discarded::add)
        .subscribe(signals::add, signals::add, () -> signals.add("complete"));
  }

  @Test
  void mono_exceedsItsTimeout_failsAndCancelsTheSource() {
    TestPublisher<String> source = TestPublisher.create();
    collect(source.mono().transform(ResilienceOperator.of(timeout)));
    pass(SECOND);
    assertThat(signals).singleElement().isInstanceOf(TimeoutExceededException.class);
    source.assertCancelled();
  }

  @Test
  void mono_valueAfterTheTimeout_isDiscarded() {
    TestPublisher<String> source =
        TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
    collect(Mono.fromDirect(source.flux()).transform(ResilienceOperator.of(timeout)));
    pass(SECOND);
    source.next("late");
    assertThat(signals).hasSize(1);
    assertThat(discarded).containsExactly("late");
  }

  @Test
  void mono_valueAtTheTimeout_isDiscardedByTheCall() {
    Sinks.One<String> sink = Sinks.one();
    Timeout strict = resilience.timeout("strict", SECOND);
    Mono<String> source = sink.asMono().doOnNext(v -> time.advance(SECOND));
    collect(source.transform(ResilienceOperator.of(strict)));
    sink.tryEmitValue("late");
    assertThat(signals).singleElement().isInstanceOf(TimeoutExceededException.class);
    assertThat(discarded).containsExactly("late");
  }

  @Test
  void mono_errorAfterTheTimeout_isDropped() {
    TestPublisher<String> source =
        TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
    IllegalStateException late = new IllegalStateException("late");
    collect(Mono.fromDirect(source.flux()).transform(ResilienceOperator.of(timeout)));
    pass(SECOND);
    assertThat(signals).singleElement().isInstanceOf(TimeoutExceededException.class);
    List<Throwable> dropped = new ArrayList<>();
    reactor.core.publisher.Hooks.onErrorDropped(dropped::add);
    try {
      source.error(late);
    } finally {
      reactor.core.publisher.Hooks.resetOnErrorDropped();
    }
    assertThat(dropped).containsExactly(late);
  }

  @Test
  void flux_exceedsItsTimeoutWhileItEmits_failsAsAWhole() {
    TestPublisher<Integer> source = TestPublisher.create();
    collect(source.flux().transform(ResilienceOperator.of(timeout)));
    for (int i = 0; i < 4; i++) {
      source.next(i);
      pass(Duration.ofMillis(250));
    }
    assertThat(signals).hasSize(5).startsWith(0, 1, 2, 3);
    assertThat(signals.get(4)).isInstanceOf(TimeoutExceededException.class);
    source.assertCancelled();
  }

  @Test
  void flux_elementAfterTheTimeout_isDiscarded() {
    TestPublisher<Integer> source =
        TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
    collect(source.flux().transform(ResilienceOperator.of(timeout)));
    source.next(1);
    pass(SECOND);
    source.next(2);
    assertThat(discarded).containsExactly(2);
    assertThat(signals).hasSize(2);
  }

  @Test
  void reactorsTimeoutInside_isAFailureOfTheDependency() {
    VirtualTimeScheduler clock = VirtualTimeScheduler.getOrSet();
    try {
      CircuitBreaker breaker = resilience.circuitBreaker("breaker", c -> c.failureThreshold(1));
      collect(Flux.never()
          .timeout(SECOND) // between two elements
          .transform(ResilienceOperator.of(breaker)));
      clock.advanceTimeBy(SECOND);
      assertThat(signals).singleElement().isInstanceOf(java.util.concurrent.TimeoutException.class);
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    } finally {
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void call_isRejected_subscribesToNothing() {
    CircuitBreaker breaker = resilience.circuitBreaker("breaker");
    breaker.forceOpen();
    Mono<String> source = Mono.fromSupplier(() -> "value " + subscriptions.incrementAndGet());
    StepVerifier.create(source.transform(ResilienceOperator.of(breaker)))
        .verifyError(CallNotPermittedException.class);
    StepVerifier.create(source.flux().transform(ResilienceOperator.of(breaker)))
        .verifyError(CallNotPermittedException.class);
    assertThat(subscriptions).hasValue(0);
  }

  @Test
  void probe_isCancelled_freesItsPlace() {
    CircuitBreaker breaker = resilience.circuitBreaker("breaker", c -> c.halfOpenMaxCalls(1));
    breaker.halfOpen();
    Disposable probe = collect(Mono.never().transform(ResilienceOperator.of(breaker)));
    assertThat(breaker.isAvailable()).isFalse();
    probe.dispose();
    assertThat(breaker.isAvailable()).isTrue();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
  }

  @Test
  void flux_isSlowAsAWhole_countsAsSlow() {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "breaker",
        c -> c.slowCallRateThreshold(50).slowCallDuration(SECOND).minimumNumberOfCalls(1));
    TestPublisher<Integer> source = TestPublisher.create();
    collect(source.flux().transform(ResilienceOperator.of(breaker)));
    source.next(1);
    pass(SECOND);
    source.complete();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  void waitingCall_getsItsTurn_subscribesThenWithoutAThread() {
    Bulkhead bulkhead =
        resilience.bulkhead("bulkhead", c -> c.maxConcurrentCalls(1).maxWait(SECOND));
    Sinks.One<String> first = Sinks.one();
    collect(first.asMono().transform(ResilienceOperator.of(bulkhead)));
    collect(Mono.fromSupplier(() -> "second " + subscriptions.incrementAndGet())
        .transform(ResilienceOperator.of(bulkhead)));
    assertThat(bulkhead.snapshot().waiting()).isOne();
    assertThat(subscriptions).hasValue(0);
    first.tryEmitValue("first");
    time.runPending();
    assertThat(signals).containsExactly("first", "complete", "second 1", "complete");
    assertThat(bulkhead.snapshot().inUse()).isZero();
  }

  @Test
  void waitingCall_isCancelled_leavesTheQueue() {
    Bulkhead bulkhead =
        resilience.bulkhead("bulkhead", c -> c.maxConcurrentCalls(1).maxWait(SECOND));
    Disposable first = collect(Mono.never().transform(ResilienceOperator.of(bulkhead)));
    Disposable second = collect(Mono.fromSupplier(subscriptions::incrementAndGet)
        .transform(ResilienceOperator.of(bulkhead)));
    second.dispose();
    assertThat(bulkhead.snapshot().waiting()).isZero();
    first.dispose();
    pass(SECOND);
    assertThat(subscriptions).hasValue(0);
    assertThat(bulkhead.totals().cancelled()).isOne();
  }

  @Test
  void waitingCall_waitsTooLong_isRejected() {
    Bulkhead bulkhead =
        resilience.bulkhead("bulkhead", c -> c.maxConcurrentCalls(1).maxWait(SECOND));
    collect(Mono.never().transform(ResilienceOperator.of(bulkhead)));
    collect(Flux.just(1).transform(ResilienceOperator.of(bulkhead)));
    pass(SECOND);
    assertThat(signals).singleElement().isInstanceOf(BulkheadFullException.class);
  }

  @Test
  void rateLimiter_hasNoPermit_callWaitsForIt() {
    RateLimiter limiter = resilience.rateLimiter(
        "limiter", c -> c.limit(1).period(SECOND).burst(1).maxWait(Duration.ofSeconds(5)));
    for (int i = 1; i <= 3; i++) {
      collect(Flux.just(i).transform(ResilienceOperator.of(limiter)));
    }
    assertThat(signals).containsExactly(1, "complete");
    pass(SECOND);
    assertThat(signals).containsExactly(1, "complete", 2, "complete");
    pass(SECOND);
    assertThat(signals).containsExactly(1, "complete", 2, "complete", 3, "complete");
  }

  @Test
  void hedge_secondAttemptWins_firstIsCancelled() {
    Hedge hedge = resilience.hedge("hedge", c -> c.delay(SECOND));
    AtomicInteger cancellations = new AtomicInteger();
    collect(Mono.defer(() -> subscriptions.incrementAndGet() == 1
            ? Mono.never().doOnCancel(cancellations::incrementAndGet)
            : Mono.just("second"))
        .transform(ResilienceOperator.of(hedge)));
    pass(SECOND);
    assertThat(signals).containsExactly("second", "complete");
    assertThat(cancellations).hasValue(1);
  }

  @Test
  void hedgeInPipeline_aroundAFlux_isRejectedWhenItIsAssembled() {
    Hedge hedge = resilience.hedge("hedge", c -> c.delay(SECOND));
    ResilienceOperator<Integer> operator = ResilienceOperator.of(resilience
        .unregistered()
        .pipelineBuilder("outer")
        .add(resilience.unregistered().pipelineBuilder("inner").add(hedge).build())
        .build());
    assertThatThrownBy(() -> Flux.just(1).transform(operator))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "hedge 'hedge' cannot protect a Flux, because the elements of two attempts would mix;"
                + " use it for a Mono");
  }

  @Test
  void coalescer_twoSubscriptions_shareOneCall() {
    Coalescer<String, String> coalescer =
        resilience.coalescer("coalescer", CoalescerConfig.<String, String>defaults());
    ResilienceOperator<String> operator = ResilienceOperator.of(coalescer, "apples", timeout);
    Sinks.One<String> sink = Sinks.one();
    Mono<String> price =
        sink.asMono().doOnSubscribe(s -> subscriptions.incrementAndGet()).transform(operator);
    Disposable first = collect(price);
    collect(price);
    Disposable third = collect(price);
    third.dispose();
    sink.tryEmitValue("1.20");
    time.runPending();
    assertThat(subscriptions).hasValue(1);
    assertThat(signals).containsExactly("1.20", "complete", "1.20", "complete");
    assertThat(discarded).isEmpty();
    assertThat(first.isDisposed()).isTrue();
    assertThatThrownBy(() -> Flux.just("1.20").transform(operator))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("coalescer 'coalescer' cannot share a Flux");
  }

  @Test
  void fallback_ofAFailure_standsInForAMono() {
    ResilienceOperator<String> operator = ResilienceOperator.of(resilience
        .unregistered()
        .pipelineBuilder("pipeline")
        .add(timeout)
        .build()
        .withFallback(Fallback.of(failure -> failure.getMessage() + "!")));
    collect(Mono.<String>error(new IllegalStateException("broken")).transform(operator));
    assertThat(signals).containsExactly("broken!", "complete");
    assertThatThrownBy(() -> Flux.just("1.20").transform(operator))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("use onErrorResume");
  }
}
