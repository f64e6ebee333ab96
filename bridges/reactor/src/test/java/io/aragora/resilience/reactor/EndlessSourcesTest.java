package io.aragora.resilience.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * Sources that emit while they are subscribed to, and never end: the policy does not have the stage of the attempt yet when the
 * call ends, so the subscription itself has to be cancelled. Each test runs on a thread of its own, which a fault would keep.
 */
class EndlessSourcesTest {
  /** How long a thread may take that ends at once if all is well. */
  private static final long PATIENCE_SECONDS = 30;

  /** What has to become true on the thread that subscribes. */
  private interface Ending {
    void run(Endless source) throws Exception;
  }

  /** A source without an end, and what it has seen. */
  private static final class Endless {
    private final AtomicInteger cancellations = new AtomicInteger();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final CountDownLatch emitted = new CountDownLatch(10);
    private final AtomicInteger subscriptions = new AtomicInteger();
    private final ResilienceOperator<Integer> operator;

    Endless(ResilienceOperator<Integer> operator) {
      this.operator = operator;
    }

    private Flux<Integer> emissions() {
      return Flux.<Integer, Integer>generate(() -> 0, (state, sink) -> {
            emitted.countDown();
            sink.next(state);
            return state + 1;
          })
          .doOnSubscribe(s -> subscriptions.incrementAndGet())
          .doOnCancel(() -> {
            cancellations.incrementAndGet();
            ended.countDown();
          });
    }

    Flux<Integer> flux() {
      return emissions().transform(operator);
    }

    Mono<Integer> mono() {
      return emissions().reduce(Integer::sum).transform(operator);
    }

    void awaitEmissions() {
      try {
        assertThat(emitted.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Ways in which a subscriber ends a call whose Flux emits. */
  private static Map<String, Ending> endingsOfAFlux() {
    Map<String, Ending> endings = new LinkedHashMap<>();
    endings.put("next", s -> assertThat(s.flux().next().block()).isZero());
    endings.put("blockFirst", s -> assertThat(s.flux().blockFirst()).isZero());
    endings.put("take", s -> assertThat(s.flux().take(3).collectList().block()).hasSize(3));
    endings.put(
        "take without a limit of the demand",
        s -> assertThat(s.flux().take(3, false).collectList().block()).hasSize(3));
    endings.put(
        "takeUntil",
        s -> assertThat(s.flux().takeUntil(i -> i == 2).blockLast()).isEqualTo(2));
    endings.put(
        "takeWhile", s -> assertThat(s.flux().takeWhile(i -> i < 3).blockLast()).isEqualTo(2));
    endings.put("takeUntilOther", s -> {
      Sinks.One<String> other = Sinks.one();
      s.flux()
          .doOnNext(i -> {
            if (i == 2) {
              other.tryEmitValue("stop");
            }
          })
          .takeUntilOther(other.asMono())
          .blockLast();
    });
    endings.put("elementAt", s -> assertThat(s.flux().elementAt(2).block()).isEqualTo(2));
    endings.put("any", s -> assertThat(s.flux().any(i -> i == 2).block()).isTrue());
    endings.put("all", s -> assertThat(s.flux().all(i -> i < 2).block()).isFalse());
    endings.put(
        "an operator that throws",
        s -> assertThat(s.flux().map(i -> 6 / (2 - i)).onErrorReturn(-1).blockLast())
            .isEqualTo(-1));
    endings.put(
        "zip with a shorter one",
        s -> assertThat(Flux.zip(Flux.just(1), s.flux()).blockLast()).isNotNull());
    endings.put("switchMap", s -> {
      Sinks.Many<Integer> outer = Sinks.unsafe().many().multicast().directBestEffort();
      AtomicInteger elements = new AtomicInteger();
      outer.asFlux().switchMap(o -> o == 0 ? s.flux() : Flux.just(-1)).subscribe(i -> {
        if (elements.incrementAndGet() == 3) {
          outer.tryEmitNext(1);
          outer.tryEmitComplete();
        }
      });
      outer.tryEmitNext(0);
    });
    endings.put(
        "cancel in onNext",
        s -> s.flux().subscribe(new BaseSubscriber<>() {
          @Override
          protected void hookOnNext(Integer element) {
            if (element == 2) {
              cancel();
            }
          }
        }));
    endings.put(
        "cancel in onNext, one by one",
        s -> s.flux().subscribe(new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            request(1);
          }

          @Override
          protected void hookOnNext(Integer element) {
            request(1);
            if (element == 2) {
              cancel();
            }
          }
        }));
    endings.put(
        "cancel and request in onNext",
        s -> s.flux().subscribe(new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            request(1);
          }

          @Override
          protected void hookOnNext(Integer element) {
            upstream().cancel();
            upstream().request(Long.MAX_VALUE);
          }
        }));
    endings.putAll(endingsOfBoth(s -> s.flux()));
    return endings;
  }

  /** Ways to end a call from another thread, while the thread that subscribes is inside the source. */
  private static Map<String, Ending> endingsOfBoth(
      Function<Endless, Publisher<Integer>> publisher) {
    Map<String, Ending> endings = new LinkedHashMap<>();
    endings.put("dispose by another thread", s -> {
      AtomicReference<Subscription> subscription = new AtomicReference<>();
      inBackground(() -> {
        s.awaitEmissions();
        subscription.get().cancel();
      });
      Flux.from(publisher.apply(s)).doOnSubscribe(subscription::set).subscribe();
    });
    endings.put("timeout of Reactor", s -> {
      VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();
      inBackground(() -> {
        s.awaitEmissions();
        scheduler.advanceTimeBy(Duration.ofMinutes(1));
      });
      assertThat(Flux.from(publisher.apply(s))
              .ignoreElements()
              .timeout(Duration.ofSeconds(1), Mono.just(-1), scheduler)
              .block())
          .isEqualTo(-1);
    });
    endings.put("takeUntilOther by another thread", s -> {
      Sinks.One<String> other = Sinks.one();
      inBackground(() -> {
        s.awaitEmissions();
        other.tryEmitValue("stop");
      });
      Flux.from(publisher.apply(s)).takeUntilOther(other.asMono()).blockLast();
    });
    endings.put("switchMap by another thread", s -> {
      Scheduler scheduler = Schedulers.newSingle("source");
      Sinks.Many<Integer> outer = Sinks.many().unicast().onBackpressureBuffer();
      outer
          .asFlux()
          .switchMap(
              o -> o == 0 ? Flux.from(publisher.apply(s)).subscribeOn(scheduler) : Flux.just(-1))
          .takeUntil(i -> i == -1)
          .doOnSubscribe(subscription -> inBackground(() -> {
            outer.tryEmitNext(0);
            s.awaitEmissions();
            outer.tryEmitNext(1);
          }))
          .blockLast();
      // The thread of the source leaves the call.
      scheduler.disposeGracefully().block(Duration.ofSeconds(PATIENCE_SECONDS));
    });
    return endings;
  }

  private static void inBackground(Runnable action) {
    Thread thread = new Thread(action, "ends the call");
    thread.setDaemon(true);
    thread.start();
  }

  /** Runs on a thread that may be kept for ever. */
  private static void onOwnThread(Endless source, Ending ending) throws Exception {
    CompletableFuture<String> end = new CompletableFuture<>();
    inBackground(() -> {
      try {
        ending.run(source);
        end.complete("ended");
      } catch (Throwable e) {
        end.completeExceptionally(e);
      }
    });
    try {
      assertThat(end.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("ended");
    } catch (TimeoutException e) {
      throw new AssertionError("the source is still emitting", e);
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }

  private record Kind(ManualTime time, Resilience resilience, Policy policy)
      implements AutoCloseable {
    @Override
    public void close() {
      resilience.close();
    }

    static List<Kind> all() {
      int kinds;
      try (Resilience counted = Resilience.create()) {
        kinds = PolicyKinds.of(counted).size();
      }
      List<Kind> all = new ArrayList<>();
      for (int i = 0; i < kinds; i++) {
        ManualTime time = ManualTime.create();
        Resilience resilience = Resilience.builder().timeSource(time).build();
        all.add(new Kind(time, resilience, PolicyKinds.of(resilience).get(i)));
      }
      return all;
    }

    void verifyCancelled(Endless source) {
      assertThat(source.subscriptions).hasValue(1);
      assertThat(source.cancellations).hasValue(1);
      time.advance(Duration.ofHours(1));
      assertThat(source.subscriptions).as("an hour later").hasValue(1);
      if (policy instanceof CircuitBreaker breaker) {
        assertThat(breaker.snapshot().totals().successes()).isZero();
        assertThat(breaker.snapshot().totals().failures()).isZero();
        assertThat(breaker.snapshot().totals().ignored()).isOne();
      } else if (policy instanceof Bulkhead bulkhead) {
        assertThat(bulkhead.snapshot().inUse()).isZero();
      } else if (policy instanceof ConcurrencyLimit limit) {
        assertThat(limit.snapshot().inUse()).isZero();
      }
    }
  }

  private static Stream<DynamicTest> tests(Map<String, Ending> endings, boolean isFlux) {
    return endings.entrySet().stream()
        .flatMap(ending -> Kind.all().stream()
            .filter(kind -> !(isFlux && kind.policy() instanceof Hedge))
            .map(kind -> DynamicTest.dynamicTest(ending.getKey() + ", " + kind.policy(), () -> {
              Endless source = new Endless(ResilienceOperator.of(kind.policy()));
              try (kind) {
                onOwnThread(source, ending.getValue());
                kind.verifyCancelled(source);
              }
            })));
  }

  @TestFactory
  Stream<DynamicTest> flux_subscriberEndsTheCall_sourceIsCancelledAndNothingIsCounted() {
    return tests(endingsOfAFlux(), true);
  }

  @TestFactory
  Stream<DynamicTest> mono_subscriberEndsTheCall_sourceIsCancelledAndNothingIsCounted() {
    return tests(endingsOfBoth(s -> s.mono().flux()), false);
  }

  @TestFactory
  Stream<DynamicTest> coalescer_subscriberEndsTheCall_sourceIsCancelled() {
    return endingsOfBoth(s -> s.mono().flux()).entrySet().stream()
        .map(ending -> DynamicTest.dynamicTest(ending.getKey(), () -> {
          try (Resilience resilience = Resilience.create()) {
            Endless source = new Endless(ResilienceOperator.of(
                resilience.coalescer("c", CoalescerConfig.<String, Integer>defaults()),
                "key",
                new Plain()));
            onOwnThread(source, ending.getValue());
            assertThat(source.cancellations).hasValue(1);
          }
        }));
  }

  @Test
  void flux_isFiniteAndTakenInPart_isNoSuccess() {
    try (Resilience resilience = Resilience.create()) {
      CircuitBreaker breaker = resilience.circuitBreaker("breaker");
      AtomicInteger emitted = new AtomicInteger();
      Flux.range(1, 1_000_000)
          .doOnNext(i -> emitted.incrementAndGet())
          .transform(ResilienceOperator.of(breaker))
          .takeUntil(i -> i == 3)
          .blockLast();
      assertThat(emitted).hasValue(3);
      assertThat(breaker.snapshot().totals().successes()).isZero();
      assertThat(breaker.snapshot().totals().ignored()).isOne();
    }
  }

  @Test
  void flux_completesOrFailsAlthoughCancelled_isNotCounted() {
    for (Throwable failure : new Throwable[] {null, new IOException("broken")}) {
      try (Resilience resilience = Resilience.create()) {
        CircuitBreaker breaker = resilience.circuitBreaker("breaker");
        Flux.<Integer>from(subscriber -> subscriber.onSubscribe(new Subscription() {
              @Override
              public void request(long n) {
                subscriber.onNext(1);
                if (failure == null) {
                  subscriber.onComplete();
                } else {
                  subscriber.onError(failure);
                }
              }

              @Override
              public void cancel() {}
            }))
            .transform(ResilienceOperator.of(breaker))
            .next()
            .block();
        assertThat(breaker.snapshot().totals().successes()).isZero();
        assertThat(breaker.snapshot().totals().failures()).isZero();
        assertThat(breaker.snapshot().totals().ignored()).isOne();
      }
    }
  }

  /** The second attempt runs on the executor for attempts, and the future of the call is known. */
  private void secondAttempt(boolean isFlux, boolean isCancelled) throws Exception {
    ManualTime time = ManualTime.create();
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      Retry retry = resilience
          .unregistered()
          .retry(
              "retry",
              RetryConfig.builder()
                  .backoff(Backoff.constant(Duration.ofMillis(100)))
                  .retryIf(e -> true)
                  .build());
      Policy policy = resilience
          .unregistered()
          .pipelineBuilder("p")
          .add(resilience
              .unregistered()
              .timeout("timeout", TimeoutConfig.of(Duration.ofMinutes(30))))
          .add(retry)
          .build()
          .on(EndlessSourcesTest::inBackground);
      Endless source = new Endless(ResilienceOperator.of(new Plain()));
      AtomicInteger attempts = new AtomicInteger();
      Flux<Integer> failingFirst = Flux.defer(() -> attempts.incrementAndGet() == 1
          ? Flux.error(new IOException("broken"))
          : source.emissions());
      Flux<Integer> protectedOne = isFlux
          ? failingFirst.transform(ResilienceOperator.of(policy))
          : failingFirst
              .reduce(Integer::sum)
              .transform(ResilienceOperator.<Integer>of(policy))
              .flux();
      Disposable call = protectedOne.ignoreElements().subscribe(v -> {}, e -> {});
      for (int i = 0; attempts.get() < 2 && i < 10_000; i++) {
        time.advance(Duration.ofMillis(150));
        Thread.yield();
      }
      source.awaitEmissions();
      if (isCancelled) {
        call.dispose();
      } else {
        time.advance(Duration.ofHours(1));
      }
      assertThat(source.ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(source.cancellations).hasValue(1);
    }
  }

  @Test
  void flux_subscriberCancelsASecondAttempt_sourceIsCancelled() throws Exception {
    secondAttempt(true, true);
  }

  @Test
  void mono_subscriberCancelsASecondAttempt_sourceIsCancelled() throws Exception {
    secondAttempt(false, true);
  }

  @Test
  void flux_secondAttemptExceedsTheTimeout_sourceIsCancelled() throws Exception {
    secondAttempt(true, false);
  }

  @Test
  void mono_secondAttemptExceedsTheTimeout_sourceIsCancelled() throws Exception {
    secondAttempt(false, false);
  }
}
