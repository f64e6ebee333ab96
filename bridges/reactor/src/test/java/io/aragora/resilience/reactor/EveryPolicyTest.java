package io.aragora.resilience.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** What holds for every kind of policy, for pipelines and for policies of the application. */
class EveryPolicyTest {
  private record Case(ManualTime time, Resilience resilience, Policy policy) {
    <T> ResilienceOperator<T> operator() {
      return ResilienceOperator.of(policy);
    }

    /** What the policy, and those of a pipeline, have counted. */
    private String counts() {
      StringBuilder all = new StringBuilder();
      new NumbersOf(all).write(policy);
      return all.toString();
    }

    /** Nothing is held, and nothing happens later. */
    void verifyNothingIsLeft() {
      String before = counts();
      time.advance(Duration.ofHours(1));
      assertThat(counts()).as("what is counted an hour later").isEqualTo(before);
      if (policy instanceof Bulkhead bulkhead) {
        assertThat(bulkhead.snapshot().inUse()).isZero();
      }
      if (policy instanceof ConcurrencyLimit limit) {
        assertThat(limit.snapshot().inUse()).isZero();
      }
    }
  }

  private static Stream<DynamicTest> forEach(Consumer<Case> test) {
    int kinds;
    try (Resilience counted = runtime(ManualTime.create())) {
      kinds = PolicyKinds.of(counted).size();
    }
    assertThat(kinds)
        .as("kinds found by reflection, a pipeline, a policy of the application")
        .isEqualTo(10);
    List<DynamicTest> tests = new ArrayList<>();
    for (int i = 0; i < kinds; i++) {
      ManualTime time = ManualTime.create();
      Resilience resilience = runtime(time);
      Policy policy = PolicyKinds.of(resilience).get(i);
      tests.add(DynamicTest.dynamicTest(policy.toString(), () -> {
        try (resilience) {
          test.accept(new Case(time, resilience, policy));
        }
      }));
    }
    return tests.stream();
  }

  private record NumbersOf(StringBuilder all) {
    void write(Policy policy) {
      if (policy instanceof Pipeline pipeline) {
        pipeline.policies().forEach(this::write);
        return;
      }
      if (policy instanceof Timeout timeout) {
        add(timeout.totals());
      } else if (policy instanceof Retry retry) {
        add(retry.totals());
      } else if (policy instanceof Hedge hedge) {
        add(hedge.totals());
      } else if (policy instanceof CircuitBreaker breaker) {
        add(breaker.snapshot().totals());
      }
    }

    private void add(Object totals) {
      all.append(totals).append('\n');
    }
  }

  private static Resilience runtime(ManualTime time) {
    return Resilience.builder().timeSource(time).build();
  }

  private static Stream<DynamicTest> forEachThatTakesAFlux(Consumer<Case> test) {
    return forEach(one -> {
      if (one.policy() instanceof Hedge) {
        assertThatThrownBy(() -> Flux.just(1).transform(one.operator()))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("hedge 'hedge' cannot protect a Flux");
      } else {
        test.accept(one);
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> mono_hasValue_isPassedOn() {
    return forEach(one -> {
      StepVerifier.create(Mono.just("value").transform(one.operator()))
          .expectNext("value")
          .verifyComplete();
      one.verifyNothingIsLeft();
    });
  }

  @TestFactory
  Stream<DynamicTest> mono_isEmpty_completes() {
    return forEach(one -> {
      StepVerifier.create(Mono.empty().transform(one.operator())).verifyComplete();
      one.verifyNothingIsLeft();
    });
  }

  @TestFactory
  Stream<DynamicTest> mono_isNotSubscribed_isNoCall() {
    return forEach(one -> {
      AtomicInteger subscriptions = new AtomicInteger();
      Mono<String> mono = Mono.defer(() -> {
            subscriptions.incrementAndGet();
            return Mono.just("value");
          })
          .transform(one.operator());
      assertThat(subscriptions).hasValue(0);
      mono.block();
      mono.block();
      assertThat(subscriptions).hasValue(2);
    });
  }

  @TestFactory
  Stream<DynamicTest> mono_fails_sameFailureComesOut() {
    return forEach(one -> {
      IOException failure = new IOException("broken");
      AtomicReference<Throwable> seen = new AtomicReference<>();
      Mono.error(failure).transform(one.operator()).subscribe(v -> {}, seen::set);
      one.time().advance(Duration.ofSeconds(1));
      assertThat(seen.get()).isSameAs(failure);
      one.verifyNothingIsLeft();
    });
  }

  @TestFactory
  Stream<DynamicTest> mono_isCancelled_sourceIsCancelledOnceAndNothingIsCounted() {
    return forEach(one -> {
      AtomicInteger cancellations = new AtomicInteger();
      Disposable subscription = Mono.never()
          .doOnCancel(cancellations::incrementAndGet)
          .transform(one.operator())
          .subscribe();
      subscription.dispose();
      subscription.dispose();
      assertThat(cancellations).hasValue(1);
      one.verifyNothingIsLeft();
      if (one.policy() instanceof CircuitBreaker breaker) {
        assertThat(breaker.snapshot().totals().successes()).isZero();
        assertThat(breaker.snapshot().totals().failures()).isZero();
        assertThat(breaker.snapshot().totals().ignored()).isOne();
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> mono_isCancelledBeforeItBegins_isNoCall() {
    return forEach(one -> {
      AtomicInteger subscriptions = new AtomicInteger();
      StepVerifier.create(Mono.defer(() -> {
                subscriptions.incrementAndGet();
                return Mono.just("value");
              })
              .transform(one.operator())
              .doOnSubscribe(subscription -> subscription.cancel()))
          .thenCancel()
          .verify();
      assertThat(subscriptions).hasValue(0);
      one.verifyNothingIsLeft();
    });
  }

  @TestFactory
  Stream<DynamicTest> mono_valueBeforeDemand_waitsForIt() {
    return forEach(one -> StepVerifier.create(Mono.just("value").transform(one.operator()), 0)
        .expectSubscription()
        .thenRequest(1)
        .expectNext("value")
        .verifyComplete());
  }

  @TestFactory
  Stream<DynamicTest> flux_hasElements_arePassedOnByDemand() {
    return forEachThatTakesAFlux(one -> {
      List<Long> demands = new ArrayList<>();
      StepVerifier.create(Flux.range(1, 10).doOnRequest(demands::add).transform(one.operator()), 0)
          .thenRequest(2)
          .expectNext(1, 2)
          .then(() -> assertThat(demands).containsExactly(2L))
          .thenRequest(1)
          .expectNext(3)
          .then(() -> assertThat(demands).containsExactly(2L, 1L))
          .thenRequest(Long.MAX_VALUE)
          .expectNext(4, 5, 6, 7, 8, 9, 10)
          .verifyComplete();
      one.verifyNothingIsLeft();
    });
  }

  @TestFactory
  Stream<DynamicTest> flux_failsAfterAnElement_sameFailureComesOutAndNothingIsRepeated() {
    return forEachThatTakesAFlux(one -> {
      IOException failure = new IOException("broken");
      AtomicInteger subscriptions = new AtomicInteger();
      List<Integer> elements = new ArrayList<>();
      AtomicReference<Throwable> seen = new AtomicReference<>();
      Flux.concat(Flux.just(1, 2), Flux.<Integer>error(failure))
          .doOnSubscribe(s -> subscriptions.incrementAndGet())
          .transform(one.operator())
          .subscribe(elements::add, seen::set);
      assertThat(seen.get()).isSameAs(failure);
      assertThat(elements).containsExactly(1, 2);
      assertThat(subscriptions).hasValue(1);
      one.verifyNothingIsLeft();
      if (one.policy() instanceof CircuitBreaker breaker) {
        assertThat(breaker.snapshot().totals().failures()).isOne();
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> flux_isUnderWay_permitIsHeldUntilItsEnd() {
    return forEachThatTakesAFlux(one -> {
      TestPublisher<Integer> source = TestPublisher.create();
      StepVerifier.Step<Integer> first =
          StepVerifier.create(source.flux().transform(one.operator()));
      if (one.policy() instanceof Bulkhead || one.policy() instanceof ConcurrencyLimit) {
        first
            .then(() -> source.next(1))
            .expectNext(1)
            .then(() ->
                StepVerifier.create(Flux.just(2).transform(one.operator())).verifyError())
            .then(source::complete)
            .verifyComplete();
        StepVerifier.create(Flux.just(2).transform(one.operator()))
            .expectNext(2)
            .verifyComplete();
      } else {
        first.then(() -> source.next(1)).expectNext(1).then(source::complete).verifyComplete();
      }
      one.verifyNothingIsLeft();
    });
  }

  @TestFactory
  Stream<DynamicTest> flux_isCancelledAfterAnElement_sourceIsCancelledOnceAndNothingIsCounted() {
    return forEachThatTakesAFlux(one -> {
      TestPublisher<Integer> source = TestPublisher.create();
      AtomicInteger cancellations = new AtomicInteger();
      StepVerifier.create(
              source.flux().doOnCancel(cancellations::incrementAndGet).transform(one.operator()))
          .then(() -> source.next(1))
          .expectNext(1)
          .thenCancel()
          .verify();
      source.assertCancelled();
      assertThat(cancellations).hasValue(1);
      one.verifyNothingIsLeft();
      if (one.policy() instanceof CircuitBreaker breaker) {
        assertThat(breaker.snapshot().totals().successes()).isZero();
        assertThat(breaker.snapshot().totals().failures()).isZero();
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> flux_isCancelledWhileItEmitsOnTheSubscribingThread_stops() {
    return forEachThatTakesAFlux(one -> {
      AtomicInteger emitted = new AtomicInteger();
      Flux<Integer> endless = Flux.generate(sink -> {
        assertThat(emitted.get()).as("elements after the cancellation").isLessThan(1000);
        sink.next(emitted.incrementAndGet());
      });
      StepVerifier.create(endless.transform(one.operator()).takeUntil(element -> element == 3))
          .expectNext(1, 2, 3)
          .verifyComplete();
      assertThat(emitted).hasValue(3);
      one.verifyNothingIsLeft();
      if (one.policy() instanceof CircuitBreaker breaker) {
        assertThat(breaker.snapshot().totals().ignored()).isOne();
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> mono_isCancelledWhileItSubscribes_sourceIsCancelled() {
    return forEach(one -> {
      AtomicInteger cancellations = new AtomicInteger();
      AtomicReference<Disposable> subscription = new AtomicReference<>();
      reactor.core.publisher.BaseSubscriber<Object> subscriber =
          new reactor.core.publisher.BaseSubscriber<>() {};
      subscription.set(subscriber);
      Mono.never()
          .doOnCancel(cancellations::incrementAndGet)
          .doOnSubscribe(s -> subscription.get().dispose())
          .transform(one.operator())
          .subscribe(subscriber);
      assertThat(cancellations).hasValue(1);
      one.verifyNothingIsLeft();
    });
  }

  @TestFactory
  Stream<DynamicTest> source_ofEveryPolicy_seesTheContextOfTheSubscriber() {
    return forEach(one -> {
      StepVerifier.create(Mono.deferContextual(context -> Mono.just(context.<String>get("tenant")))
              .transform(one.operator())
              .contextWrite(context -> context.put("tenant", "acme")))
          .expectNext("acme")
          .verifyComplete();
      if (!(one.policy() instanceof Hedge)) {
        StepVerifier.create(
                Flux.deferContextual(context -> Flux.just(context.<String>get("tenant")))
                    .transform(one.operator())
                    .contextWrite(context -> context.put("tenant", "acme")))
            .expectNext("acme")
            .verifyComplete();
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> source_subscribesAgainToTheSamePublisher_entersAgain() {
    return forEach(one -> {
      if (one.policy() instanceof Bulkhead || one.policy() instanceof ConcurrencyLimit) {
        return; // one permit only
      }
      ResilienceOperator<String> operator = one.operator();
      Mono<String> inner = Mono.just("inner").transform(operator);
      StepVerifier.create(
              Mono.just("outer").flatMap(v -> inner.map(w -> v + w)).transform(operator))
          .expectNext("outerinner")
          .verifyComplete();
      one.verifyNothingIsLeft();
    });
  }

  @TestFactory
  Stream<DynamicTest> source_throwsOnSubscribe_failsTheCall() {
    return forEach(one -> {
      IllegalStateException failure = new IllegalStateException("broken source");
      Mono<String> broken = new Mono<>() {
        @Override
        public void subscribe(reactor.core.CoreSubscriber<? super String> actual) {
          throw failure;
        }
      };
      AtomicReference<Throwable> seen = new AtomicReference<>();
      broken.transform(one.operator()).subscribe(v -> {}, seen::set);
      one.time().advance(Duration.ofSeconds(1));
      assertThat(seen.get()).isSameAs(failure);
      one.verifyNothingIsLeft();
    });
  }

  @TestFactory
  Stream<DynamicTest> publisher_isNeitherMonoNorFlux_isAFlux() {
    return forEachThatTakesAFlux(one -> {
      Publisher<Integer> plain = subscriber -> Flux.just(1, 2).subscribe(subscriber);
      StepVerifier.create(one.<Integer>operator().apply(plain)).expectNext(1, 2).verifyComplete();
    });
  }

  @TestFactory
  Stream<DynamicTest> runtime_isClosed_pendingCallEndsOrGoesOn() {
    return forEach(one -> {
      Sinks.One<String> sink = Sinks.one();
      AtomicLong ends = new AtomicLong();
      sink.asMono()
          .<String>transform(one.operator())
          .subscribe(v -> ends.incrementAndGet(), e -> ends.incrementAndGet());
      one.resilience().close();
      one.time().runPending();
      sink.tryEmitValue("value");
      assertThat(ends).hasValue(1);
    });
  }
}
