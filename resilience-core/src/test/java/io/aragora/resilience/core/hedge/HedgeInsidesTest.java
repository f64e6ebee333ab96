package io.aragora.resilience.core.hedge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What policies inside a hedge do with its attempts, as links of a pipeline and in the body, on threads and as futures. */
class HedgeInsidesTest extends HedgeFixture {
  private static final long AWAIT_SECONDS = 60;
  private static final Duration LONG = Duration.ofSeconds(10);

  private final ExecutorService callers = Executors.newCachedThreadPool();
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger bodies = new AtomicInteger();

  @AfterEach
  void endCallers() throws InterruptedException {
    release.countDown();
    callers.shutdown();
    assertThat(callers.awaitTermination(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  /** Puts a policy inside a hedge. */
  private enum Nesting {
    LINK {
      @Override
      Policy nest(Resilience resilience, Hedge hedge, Policy inner) {
        return resilience
            .unregistered()
            .pipelineBuilder("p")
            .add(hedge)
            .add(inner)
            .build();
      }
    },
    PIPELINE {
      @Override
      Policy nest(Resilience resilience, Hedge hedge, Policy inner) {
        return LINK.nest(
            resilience,
            hedge,
            resilience.unregistered().pipelineBuilder("inner").add(inner).build());
      }
    },
    BODY {
      @Override
      Policy nest(Resilience resilience, Hedge hedge, Policy inner) {
        return new BodyNesting(hedge, inner);
      }
    };

    abstract Policy nest(Resilience resilience, Hedge hedge, Policy inner);
  }

  /** A hedge whose bodies call another policy. */
  private record BodyNesting(Hedge hedge, Policy inner) implements Policy {
    @Override
    public String name() {
      return hedge.name();
    }

    @Override
    public <T extends @Nullable Object, X extends Throwable> T call(
        CheckedSupplier<? extends T, X> body) throws X {
      return hedge.<T, X>call(() -> inner.<T, X>call(body));
    }

    @Override
    public <T extends @Nullable Object> CompletableFuture<T> callAsync(
        Supplier<? extends CompletionStage<T>> body) {
      return hedge.callAsync(() -> inner.callAsync(body));
    }
  }

  static Stream<Arguments> waiting() {
    return Stream.<Function<Resilience, Policy>>of(
            r -> r.bulkhead("k", c -> c.maxConcurrentCalls(1).maxWait(LONG)),
            r -> r.concurrencyLimit("c", c -> c.least(1).initial(1).most(1).maxWait(LONG)),
            r -> r.rateLimiter(
                "l",
                RateLimiterConfig.smooth(1, Duration.ofSeconds(2))
                    .burst(1)
                    .maxWait(LONG)
                    .build()),
            r -> r.rateLimiter(
                "l",
                RateLimiterConfig.exact(1, Duration.ofSeconds(2)).maxWait(LONG).build()))
        .flatMap(HedgeInsidesTest::eachNesting);
  }

  static Stream<Arguments> breakers() {
    return Stream.<Function<Resilience, Policy>>of(
            r -> r.circuitBreaker("b", breaker().build()),
            r -> r.circuitBreaker("b", breaker().slowCallDuration(LONG).build()),
            r -> r.keyedCircuitBreaker(
                    "b", KeyedCircuitBreakerConfig.of(breaker().build()))
                .forKey("key"))
        .flatMap(HedgeInsidesTest::eachNesting);
  }

  private static CircuitBreakerConfig.Builder breaker() {
    return CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .cooldown(Duration.ofSeconds(1))
        .halfOpenMaxCalls(5)
        .successThreshold(5);
  }

  private static Stream<Arguments> eachNesting(Function<Resilience, Policy> policy) {
    return Stream.of(Nesting.values()).map(nesting -> Arguments.of(nesting, policy));
  }

  private String firstHangs() throws InterruptedException {
    if (bodies.getAndIncrement() == 0) {
      inside.countDown();
      release.await();
      return "first";
    }
    return "hedge";
  }

  private Future<String> callOnThread(Policy policy) throws InterruptedException {
    Future<String> call = callers.submit(() -> policy.<String, Exception>call(this::firstHangs));
    assertThat(inside.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    return call;
  }

  @ParameterizedTest
  @MethodSource("waiting")
  @Tag("HG-14")
  void hedge_neverWaits(Nesting nesting, Function<Resilience, Policy> policy) {
    Hedge hedge = hedge(c -> c.maxHedges(3));
    CompletableFuture<String> call =
        call(nesting.nest(resilience, hedge, policy.apply(resilience)));
    at(200);
    assertThat(attempts).hasSize(1);
    assertThat(hedge.totals().rejected()).isEqualTo(1);
    time.advance(Duration.ofSeconds(20));
    assertThat(attempts).as("none waited").hasSize(1);
    attempts.get(0).complete("first");
    assertThat(call).isCompletedWithValue("first");
  }

  @ParameterizedTest
  @MethodSource("waiting")
  @Tag("HG-14")
  @Tag("HG-21")
  void hedgeOfAThread_neverWaits(Nesting nesting, Function<Resilience, Policy> policy)
      throws Exception {
    Hedge hedge = hedge(c -> c.maxHedges(3));
    Future<String> call = callOnThread(nesting.nest(resilience, hedge, policy.apply(resilience)));
    at(200);
    assertThat(bodies).hasValue(1);
    assertThat(hedge.totals().rejected()).isEqualTo(1);
    release.countDown();
    assertThat(call.get(AWAIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("first");
    assertThat(bodies).hasValue(1);
  }

  @ParameterizedTest
  @MethodSource("breakers")
  @Tag("HG-14")
  void probe_isNotDoubled(Nesting nesting, Function<Resilience, Policy> policy) {
    CircuitBreaker breaker = halfOpen(policy);
    Hedge hedge = hedge(c -> c.maxHedges(3));
    CompletableFuture<String> call = call(nesting.nest(resilience, hedge, breaker));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    time.advance(millis(500));
    assertThat(attempts).hasSize(1);
    assertThat(hedge.totals().lost()).isZero();
    attempts.get(0).complete("first");
    assertThat(call).isCompletedWithValue("first");
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("breakers")
  @Tag("HG-14")
  @Tag("HG-21")
  void probeOfAThread_isNotDoubled(Nesting nesting, Function<Resilience, Policy> policy)
      throws Exception {
    CircuitBreaker breaker = halfOpen(policy);
    Hedge hedge = hedge(c -> c.maxHedges(3));
    Future<String> call = callOnThread(nesting.nest(resilience, hedge, breaker));
    time.advance(millis(500));
    assertThat(bodies).hasValue(1);
    release.countDown();
    assertThat(call.get(AWAIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("first");
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
  }

  @Test
  @Tag("HG-14")
  void hedgeThatTriesACall_isRejectedAndCounted() throws Exception {
    CircuitBreaker breaker = halfOpen(r -> r.circuitBreaker("b", breaker().build()));
    Hedge hedge = hedge(c -> c);
    AtomicInteger rejected = new AtomicInteger();
    Future<String> call = callers.submit(() -> hedge.<String, Exception>call(() -> {
      CallOutcome<String> outcome = breaker.<String, Exception>tryCall(this::firstHangs);
      if (outcome.isRejected()) {
        rejected.incrementAndGet();
        throw new IllegalStateException("rejected");
      }
      return outcome.value();
    }));
    assertThat(inside.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    time.advance(millis(53));
    assertThat(rejected).hasValue(1);
    assertThat(breaker.snapshot().totals().rejected()).isEqualTo(1);
    release.countDown();
    assertThat(call.get(AWAIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("first");
  }

  private CircuitBreaker halfOpen(Function<Resilience, Policy> policy) {
    CircuitBreaker breaker = (CircuitBreaker) policy.apply(resilience);
    assertThatThrownBy(() -> breaker.run(() -> {
          throw new IOException("down");
        }))
        .hasMessage("down");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    time.advance(Duration.ofSeconds(2));
    return breaker;
  }

  @Test
  @Tag("HG-12")
  @Tag("CL-07")
  void loser_isNoSampleOfAConcurrencyLimit() {
    ConcurrencyLimit limit = resilience.concurrencyLimit("c", c -> c.minimumSamples(10));
    Policy policy = Nesting.LINK.nest(resilience, hedge(c -> c), limit);
    for (int i = 0; i < 10; i++) {
      CompletableFuture<String> call = call(policy);
      time.advance(millis(53));
      assertThat(limit.snapshot().inUse()).isEqualTo(2);
      attempts.get(2 * i + (i % 2)).complete("winner");
      time.runPending();
      assertThat(call).isCompletedWithValue("winner");
      assertThat(limit.snapshot().inUse()).isZero();
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(limit.explain().samples()).as("one for each call").isEqualTo(10);
    assertThat(limit.totals().drops()).isZero();
  }

  private static String translated() {
    throw new IllegalStateException("a body that says nothing of its interrupt");
  }

  private String awaitInterrupt() {
    inside.countDown();
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      return translated();
    }
    throw new AssertionError();
  }

  @ParameterizedTest
  @EnumSource
  @Tag("HG-12")
  @Tag("HG-21")
  void firstThatTranslatesItsInterrupt_isNeutral(Nesting nesting) throws Exception {
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(1));
    ConcurrencyLimit limit =
        resilience.concurrencyLimit("c", c -> c.overloadOn(IllegalStateException.class));
    Policy policy = nesting.nest(resilience, hedge(c -> c), both(resilience, breaker, limit));
    Future<String> call = callers.submit(() -> policy.<String, Exception>call(
        () -> bodies.getAndIncrement() == 0 ? awaitInterrupt() : "hedge"));
    assertThat(inside.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    at(50);
    assertThat(call.get(AWAIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("hedge");
    assertNeutral(breaker, limit);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("HG-12")
  @Tag("HG-21")
  void hedgeThatTranslatesItsInterrupt_isNeutral(Nesting nesting) throws Exception {
    CountDownLatch hedged = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    CircuitBreaker breaker;
    ConcurrencyLimit limit;
    try (Resilience pooled =
        Resilience.builder().timeSource(time).executor(callers).build()) {
      breaker = pooled.circuitBreaker("b", c -> c.failureThreshold(1));
      limit = pooled.concurrencyLimit("c", c -> c.overloadOn(IllegalStateException.class));
      Hedge hedge = pooled.hedge("h", c -> c.delay(millis(50)));
      Policy policy = nesting.nest(pooled, hedge, both(pooled, breaker, limit));
      Future<String> call = callers.submit(() -> policy.<String, Exception>call(() -> {
        if (bodies.getAndIncrement() == 0) {
          hedged.await();
          return "first";
        }
        hedged.countDown();
        try {
          return awaitInterrupt();
        } finally {
          ended.countDown();
        }
      }));
      while (hedged.getCount() != 0) {
        time.advance(millis(1));
      }
      assertThat(call.get(AWAIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("first");
      time.runPending();
      assertThat(ended.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }
    // The hedge has left its policies when its pool is idle.
    endCallers();
    assertNeutral(breaker, limit);
  }

  @Test
  @Tag("HG-12")
  @Tag("HG-20")
  void submittedLoserThatTranslatesItsInterrupt_isNeutral() throws Exception {
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(1));
    ConcurrencyLimit limit =
        resilience.concurrencyLimit("c", c -> c.overloadOn(IllegalStateException.class));
    Policy both = both(resilience, breaker, limit);
    CompletableFuture<String> call = hedge(c -> c)
        .submit(
            () -> both.<String, Exception>call(
                () -> bodies.getAndIncrement() == 0 ? awaitInterrupt() : "hedge"),
            callers);
    assertThat(inside.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    at(50);
    assertThat(call.get(AWAIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("hedge");
    time.runPending();
    endCallers();
    assertNeutral(breaker, limit);
  }

  private static Policy both(
      Resilience resilience, CircuitBreaker breaker, ConcurrencyLimit limit) {
    return resilience
        .unregistered()
        .pipelineBuilder("both")
        .add(breaker)
        .add(limit)
        .build();
  }

  private static void assertNeutral(CircuitBreaker breaker, ConcurrencyLimit limit) {
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures()).isZero();
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(limit.totals().drops()).isZero();
    assertThat(limit.snapshot().inUse()).isZero();
  }
}
