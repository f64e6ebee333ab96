package io.aragora.resilience.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.ContextPropagator;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.publisher.TestPublisher;

class RetriedPublishersTest {
  private static final Duration DELAY = Duration.ofMillis(100);

  private final ThreadLocal<String> tenant = new ThreadLocal<>();
  private static final Duration TICK = Duration.ofMillis(2);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder()
      .timeSource(time)
      .contextPropagator(ContextPropagator.of(tenant))
      .build();
  private final Retry retry = resilience.retry(
      "retry",
      c -> c.maxAttempts(3)
          .backoff(Backoff.constant(DELAY).withJitter(Jitter.NONE))
          .retryIf(e -> true));
  private final IOException failure = new IOException("broken");
  private final AtomicInteger subscriptions = new AtomicInteger();
  private final List<Object> signals = new ArrayList<>();

  /** A timer fires at the tick after its deadline. */
  private void pass(Duration duration) {
    time.advance(duration.plus(TICK));
  }

  @AfterEach
  void close() {
    resilience.close();
  }

  private Disposable collect(Flux<?> flux) {
    return flux.subscribe(signals::add, signals::add, () -> signals.add("complete"));
  }

  private Disposable collect(Mono<?> mono) {
    return collect(mono.flux());
  }

  private <T> Mono<T> failingTwice(T value) {
    return Mono.defer(
        () -> subscriptions.incrementAndGet() < 3 ? Mono.error(failure) : Mono.just(value));
  }

  @Test
  void mono_failsTwice_isSubscribedAnewAfterEachDelay() {
    collect(failingTwice("value").transform(ResilienceOperator.of(retry)));
    assertThat(subscriptions).hasValue(1);
    pass(DELAY);
    assertThat(subscriptions).hasValue(2);
    pass(DELAY);
    assertThat(signals).containsExactly("value", "complete");
  }

  @Test
  void mono_isCancelledBetweenAttempts_isNotSubscribedAgain() {
    Disposable call = collect(failingTwice("value").transform(ResilienceOperator.of(retry)));
    call.dispose();
    pass(Duration.ofHours(1));
    assertThat(subscriptions).hasValue(1);
    assertThat(signals).isEmpty();
  }

  @Test
  void everyAttempt_ofACallWithContext_seesIt() {
    List<String> seen = new ArrayList<>();
    Mono<String> source = Mono.deferContextual(context -> {
      CallContext call = context.get(CallContext.class);
      seen.add(context.get("tenant") + " " + call.attempt() + " "
          + call.lastFailure().map(Throwable::getMessage).orElse("-") + " " + tenant.get());
      return failingTwice("value");
    });
    tenant.set("acme");
    collect(source
        .transform(ResilienceOperator.of(retry))
        .contextWrite(context -> context.put("tenant", "shop")));
    tenant.remove();
    pass(DELAY);
    pass(DELAY);
    assertThat(seen).containsExactly("shop 1 - acme", "shop 2 broken acme", "shop 3 broken acme");
  }

  @Test
  void retry_insideAnotherOnAnotherThread_standsDown() throws InterruptedException {
    Retry inner = resilience.retry("inner", c -> c.maxAttempts(5).retryIf(e -> true));
    Mono<String> source = Mono.<String>defer(() -> {
      subscriptions.incrementAndGet();
      return Mono.error(failure);
    });
    Mono<String> nested = source.transform(ResilienceOperator.of(inner));
    Mono<String> elsewhere = Mono.deferContextual(context -> Mono.create(sink -> {
      Thread thread =
          new Thread(() -> nested.contextWrite(context).subscribe(sink::success, sink::error));
      thread.start();
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }));
    collect(elsewhere.transform(ResilienceOperator.of(retry)));
    pass(Duration.ofHours(1));
    assertThat(subscriptions).as("attempts of the outer retry alone").hasValue(3);
    assertThat(signals).containsExactly(failure);
  }

  @Test
  void mono_tenThousandImmediateAttempts_needNoStack() {
    Retry often = resilience
        .unregistered()
        .retry(
            "often",
            RetryConfig.builder()
                .maxAttempts(10_000)
                .backoff(Backoff.constant(Duration.ZERO))
                .maxDuration(Duration.ofDays(1))
                .retryIf(e -> true)
                .build());
    collect(Mono.defer(() -> {
          subscriptions.incrementAndGet();
          return Mono.error(failure);
        })
        .transform(ResilienceOperator.of(often)));
    pass(Duration.ofHours(1));
    assertThat(subscriptions).hasValue(10_000);
    assertThat(signals).containsExactly(failure);
  }

  @Test
  void mono_resultIsRejected_isDiscardedUnlessDelivered() {
    Retry byResult = resilience
        .unregistered()
        .retry(
            "by result",
            RetryConfig.builder()
                .maxAttempts(3)
                .backoff(Backoff.constant(DELAY).withJitter(Jitter.NONE))
                .retryResultIf("not yet"::equals)
                .build());
    List<Object> discarded = new ArrayList<>();
    collect(Mono.fromSupplier(() -> subscriptions.incrementAndGet() < 3 ? "not yet" : "value")
        .transform(ResilienceOperator.of(byResult))
        .doOnDiscard(Object.class, discarded::add));
    pass(Duration.ofHours(1));
    assertThat(signals).containsExactly("value", "complete");
    assertThat(discarded).containsExactly("not yet", "not yet");
  }

  @Test
  void mono_resultIsRejected_isDiscardedBeforeTheNextAttempt() {
    Retry byResult = resilience
        .unregistered()
        .retry(
            "by result",
            RetryConfig.builder()
                .maxAttempts(3)
                .backoff(Backoff.constant(DELAY).withJitter(Jitter.NONE))
                .retryResultIf(result -> !result.equals(3))
                .build());
    List<Object> discarded = new ArrayList<>();
    List<Object> discardedBefore = new ArrayList<>();
    collect(Mono.fromSupplier(() -> {
          discardedBefore.add(List.copyOf(discarded));
          return subscriptions.incrementAndGet();
        })
        .transform(ResilienceOperator.of(byResult))
        .doOnDiscard(Integer.class, discarded::add));
    pass(DELAY);
    pass(DELAY);
    assertThat(discardedBefore).containsExactly(List.of(), List.of(1), List.of(1, 2));
    assertThat(signals).containsExactly(3, "complete");
    assertThat(discarded).containsExactly(1, 2);
  }

  @Test
  void flux_failsBeforeItsFirstElement_isRepeatedWithTheWholeDemand() {
    List<Long> demands = new ArrayList<>();
    Flux<Integer> source = Flux.defer(
        () -> subscriptions.incrementAndGet() < 2 ? Flux.error(failure) : Flux.just(1, 2, 3, 4));
    List<Integer> elements = new ArrayList<>();
    source
        .doOnRequest(demands::add)
        .transform(ResilienceOperator.of(retry))
        .subscribe(new reactor.core.publisher.BaseSubscriber<Integer>() {
          @Override
          protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
            subscription.request(1);
            subscription.request(2);
          }

          @Override
          protected void hookOnNext(Integer element) {
            elements.add(element);
          }
        });
    pass(DELAY);
    assertThat(elements).containsExactly(1, 2, 3);
    assertThat(demands).containsExactly(3L, 3L);
  }

  @Test
  void flux_failsAfterAnElement_everyPolicyCountsTheFailureOnce() {
    CircuitBreaker outer = resilience.circuitBreaker("outer");
    CircuitBreaker inner = resilience.circuitBreaker("inside");
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(outer)
        .add(retry)
        .add(inner)
        .build();
    collect(Flux.concat(Flux.just(1), Flux.error(failure))
        .doOnSubscribe(s -> subscriptions.incrementAndGet())
        .transform(ResilienceOperator.of(pipeline)));
    pass(Duration.ofHours(1));
    assertThat(signals).containsExactly(1, failure);
    assertThat(subscriptions).hasValue(1);
    for (CircuitBreaker breaker : List.of(outer, inner)) {
      CircuitBreakerTotals totals = breaker.snapshot().totals();
      assertThat(totals.failures()).isOne();
      assertThat(totals.successes()).isZero();
      assertThat(totals.ignored()).isZero();
    }
    assertThat(retry.totals().retries()).isZero();
  }

  @Test
  void flux_failsLaterOnAnotherSignal_isNotRepeated() {
    TestPublisher<Integer> source = TestPublisher.create();
    collect(source.flux().transform(ResilienceOperator.of(retry)));
    source.next(1);
    source.error(failure);
    pass(Duration.ofHours(1));
    assertThat(signals).containsExactly(1, failure);
    assertThat(source.subscribeCount()).isOne();
    assertThat(source.wasCancelled()).as("it had ended").isFalse();
  }

  @Test
  void flux_exceedsInnerTimeoutAfterAnElement_endsWithTheTimeoutAndIsNotRepeated() {
    CircuitBreaker outer = resilience.circuitBreaker("outer");
    CircuitBreaker inner = resilience.circuitBreaker("inside");
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(outer)
        .add(retry)
        .add(inner)
        .add(resilience.timeout("timeout", Duration.ofSeconds(1)))
        .build();
    TestPublisher<Integer> source = TestPublisher.create();
    collect(source.flux().transform(ResilienceOperator.of(pipeline)));
    source.next(1);
    pass(Duration.ofHours(1));
    assertThat(signals).hasSize(2).first().isEqualTo(1);
    assertThat(signals.get(1)).isInstanceOf(TimeoutExceededException.class);
    assertThat(source.subscribeCount()).isOne();
    source.assertCancelled();
    assertThat(outer.snapshot().totals().failures()).isOne();
    assertThat(inner.snapshot().totals().failures()).isOne();
  }

  @Test
  void flux_exceedsInnerTimeoutBeforeAnElement_isRepeated() {
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(retry)
        .add(resilience.timeout("timeout", Duration.ofSeconds(1)))
        .build();
    collect(Flux.defer(() -> subscriptions.incrementAndGet() < 3 ? Flux.never() : Flux.just(1, 2))
        .transform(ResilienceOperator.of(pipeline)));
    pass(Duration.ofSeconds(3));
    assertThat(signals).containsExactly(1, 2, "complete");
  }

  @Test
  void flux_emptyResultIsRejected_isRepeatedUntilItHasAnElement() {
    Retry byResult = resilience
        .unregistered()
        .retry(
            "by result",
            RetryConfig.builder()
                .maxAttempts(5)
                .backoff(Backoff.constant(DELAY).withJitter(Jitter.NONE))
                .retryResultIf(result -> true)
                .build());
    collect(Flux.defer(() -> subscriptions.incrementAndGet() < 3 ? Flux.empty() : Flux.just(1, 2))
        .transform(ResilienceOperator.of(byResult)));
    pass(Duration.ofHours(1));
    assertThat(signals).containsExactly(1, 2, "complete");
    assertThat(subscriptions).hasValue(3);
  }

  @Test
  void flux_isStartedTwiceAtOnceByAPolicyOfTheApplication_onlyOneIsPassedOn() {
    List<Object> discarded = new ArrayList<>();
    List<TestPublisher<Integer>> sources = new ArrayList<>();
    collect(Flux.<Integer>defer(() -> {
          // It emits after its cancellation, too.
          TestPublisher<Integer> source =
              TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
          sources.add(source);
          return source;
        })
        .transform(ResilienceOperator.of(new Twice()))
        .doOnDiscard(Integer.class, discarded::add));
    assertThat(sources).hasSize(2);
    sources.get(0).assertCancelled();
    sources.get(1).assertNotCancelled();
    sources.get(0).next(-1);
    sources.get(1).next(1, 2);
    sources.get(1).complete();
    assertThat(signals).containsExactly(1, 2, "complete");
    assertThat(discarded).containsExactly(-1);
  }

  /** Starts the body twice, and waits for the second. */
  private static final class Twice implements io.aragora.resilience.policy.Policy {
    @Override
    public String name() {
      return "twice";
    }

    @Override
    public <T, X extends Throwable> T call(
        io.aragora.resilience.policy.CheckedSupplier<? extends T, X> body) throws X {
      return body.get();
    }

    @Override
    public <T> java.util.concurrent.CompletableFuture<T> callAsync(
        java.util.function.Supplier<? extends java.util.concurrent.CompletionStage<T>> body) {
      body.get();
      return body.get().toCompletableFuture();
    }
  }
}
