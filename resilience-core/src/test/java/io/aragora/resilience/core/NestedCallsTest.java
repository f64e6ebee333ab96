package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * A body returns the future of another call, with a continuation that blocks when this future ends. A policy around that cancels it does
 * not wait for the continuation. The kinds of calls are found by reflection.
 */
class NestedCallsTest {
  private static final Duration LIMIT = Duration.ofMillis(20);

  /** The longest wait for what must happen at once: no measurement, a wait that fails. */
  private static final long SECONDS = 30;

  private interface Call extends Function<Resilience, CompletableFuture<String>> {}

  /** Each call of a policy whose body never ends, by the name of its kind. */
  private static Map<String, Call> calls() {
    Map<String, Call> calls = new TreeMap<>();
    for (Method declare : declarations()) {
      calls.put(declare.getName(), resilience -> policy(resilience, declare).callAsync(pending()));
    }
    calls.put(
        "pipeline with a fallback",
        resilience -> resilience
            .pipeline("p", p -> p.add(resilience.circuitBreaker("inside")))
            .withFallback(Fallback.<String>builder()
                .onAsync(IOException.class, failure -> new CompletableFuture<>())
                .build())
            .callAsync(() -> CompletableFuture.failedFuture(new IOException("down"))));
    calls.put(
        "observed call",
        resilience -> resilience
            .observed(resilience.circuitBreaker("inside"), () -> new CallObserver() {})
            .callAsync(pending()));
    calls.put("future of the application", resilience -> new CompletableFuture<>());
    return calls;
  }

  /** The methods that declare a policy with a config. */
  static List<Method> declarations() {
    List<Method> found = Stream.of(Resilience.class.getMethods())
        .filter(method -> method.getParameterCount() == 2
            && method.getParameterTypes()[0] == String.class
            && method.getParameterTypes()[1].getSimpleName().endsWith("Config")
            && !method.getName().equals("retryBudget"))
        .toList();
    assertThat(found).as("kinds of policies").hasSizeGreaterThan(10);
    return found;
  }

  private static Supplier<CompletableFuture<String>> pending() {
    return CompletableFuture::new;
  }

  static Policy policy(Resilience resilience, Method declare) {
    Object config = ForeignPattern.config(declare.getParameterTypes()[1]);
    assertThat(config).as("a config for " + declare.getName()).isNotNull();
    Object declared = ForeignPattern.invoke(declare, resilience, "inside", config);
    return declared instanceof KeyedCircuitBreaker keys
        ? keys.forKey("a")
        : ForeignPattern.policy(resilience, declared);
  }

  /** Starts a call, and lets its end wait. */
  @SuppressWarnings("FutureReturnValueIgnored") // it blocks
  private static CompletableFuture<String> blocked(
      Call call, Resilience resilience, CountDownLatch release) {
    CompletableFuture<String> inside = call.apply(resilience);
    assertThat(inside).isNotDone();
    inside.whenComplete((value, failure) -> {
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    return inside;
  }

  private static Stream<DynamicTest> each(Checked check) {
    return calls().entrySet().stream()
        .map(each -> dynamicTest(each.getKey(), () -> {
          CountDownLatch release = new CountDownLatch(1);
          Resilience resilience =
              Resilience.builder().property("resilience.chaos.enabled", "true").build();
          try {
            check.check(resilience, () -> blocked(each.getValue(), resilience, release));
          } finally {
            release.countDown();
            resilience.close();
          }
        }));
  }

  private interface Checked {
    void check(Resilience resilience, Supplier<CompletableFuture<String>> body) throws Exception;
  }

  @TestFactory
  Stream<DynamicTest> limitAround_endsTheCall() {
    return each(
        (resilience, body) -> assertThat(resilience.timeout("limit", LIMIT).callAsync(body))
            .failsWithin(SECONDS, TimeUnit.SECONDS)
            .withThrowableThat()
            .withCauseInstanceOf(TimeoutExceededException.class));
  }

  @TestFactory
  Stream<DynamicTest> limitAroundOtherPolicies_endsTheCall() {
    return each((resilience, body) -> assertThat(resilience
            .pipeline(
                "all",
                p -> p.add(resilience.timeout("limit", LIMIT))
                    .add(resilience.retry("retry"))
                    .add(resilience.hedge(
                        "hedge",
                        HedgeConfig.forIdempotentCalls()
                            .delay(Duration.ofHours(1))
                            .build()))
                    .add(resilience.circuitBreaker("breaker"))
                    .add(resilience.bulkhead("bulkhead")))
            .callAsync(body))
        .failsWithin(SECONDS, TimeUnit.SECONDS)
        .withThrowableThat()
        .withCauseInstanceOf(TimeoutExceededException.class));
  }

  @TestFactory
  Stream<DynamicTest> hedgeThatWins_endsTheCall() {
    return each((resilience, body) -> {
      AtomicInteger attempts = new AtomicInteger();
      assertThat(resilience
              .hedge("hedge", HedgeConfig.forIdempotentCalls().delay(LIMIT).build())
              .callAsync(() -> attempts.getAndIncrement() == 0
                  ? body.get()
                  : CompletableFuture.completedFuture("hedge")))
          .succeedsWithin(SECONDS, TimeUnit.SECONDS)
          .isEqualTo("hedge");
    });
  }

  /** A later attempt can return it; a first one does not have it yet. */
  @Test
  void bodyThatReturnsTheFutureOfItsOwnCall_fails() {
    CompletableFuture<CompletableFuture<String>> own = new CompletableFuture<>();
    try (Resilience resilience = Resilience.create()) {
      AtomicInteger attempts = new AtomicInteger();
      own.complete(resilience
          .pipeline(
              "own",
              p -> p.add(resilience.timeout("limit", Duration.ofHours(1)))
                  .add(resilience.retry(
                      "retry",
                      c -> c.maxAttempts(2).backoff(Backoff.constant(Duration.ofMillis(100))))))
          .callAsync(() -> attempts.getAndIncrement() == 0
              ? CompletableFuture.failedFuture(new IOException("down"))
              : own.join()));
      assertThat(own.join())
          .failsWithin(SECONDS, TimeUnit.SECONDS)
          .withThrowableThat()
          .havingCause()
          .isInstanceOf(IllegalStateException.class)
          .withMessage("the body returned the future of its own call");
    }
  }

  /** Else the call would wait for its hedge, and the hedge for the call. */
  @Test
  void hedgeThatReturnsTheFutureOfItsOwnCall_fails() throws Exception {
    CompletableFuture<CompletableFuture<String>> own = new CompletableFuture<>();
    CompletableFuture<String> first = new CompletableFuture<>();
    CountDownLatch hedged = new CountDownLatch(2);
    try (Resilience resilience = Resilience.create()) {
      AtomicInteger attempts = new AtomicInteger();
      own.complete(resilience
          .pipeline(
              "own",
              p -> p.add(resilience.timeout("limit", Duration.ofHours(1)))
                  .add(resilience.hedge(
                      "hedge",
                      HedgeConfig.forIdempotentCalls()
                          .delay(LIMIT)
                          .maxHedges(1)
                          .hedgeOn(failure -> true)
                          .build())))
          .callAsync(() -> {
            hedged.countDown();
            return attempts.getAndIncrement() == 0 ? first : own.join();
          }));
      assertThat(hedged.await(SECONDS, TimeUnit.SECONDS)).isTrue();
      IOException down = new IOException("down");
      first.completeExceptionally(down);
      assertThat(own.join())
          .failsWithin(SECONDS, TimeUnit.SECONDS)
          .withThrowableThat()
          .havingCause()
          .isSameAs(down);
      assertThat(down.getSuppressed())
          .singleElement(InstanceOfAssertFactories.THROWABLE)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the body returned the future of its own call");
    }
  }
}
