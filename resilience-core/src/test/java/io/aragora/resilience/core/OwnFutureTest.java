package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * A body, or a fallback, that returns the future of its own call, which would wait for itself. It has that future only if it begins after
 * the call was returned: a later attempt, or one that waited.
 */
class OwnFutureTest {
  private static final Duration DELAY = Duration.ofMillis(50);

  private interface Later
      extends BiFunction<
          Resilience, Supplier<CompletionStage<String>>, CompletableFuture<String>> {}

  private static Policy hedge(Resilience resilience) {
    return resilience.hedge(
        "hedge", HedgeConfig.forIdempotentCalls().maxHedges(2).delay(DELAY).build());
  }

  private static Policy retry(Resilience resilience) {
    return resilience.retry("retry", c -> c.maxAttempts(3).backoff(Backoff.constant(DELAY)));
  }

  private static Policy limit(Resilience resilience) {
    return resilience.timeout("limit", Duration.ofHours(1));
  }

  private static Policy bulkhead(Resilience resilience) {
    return resilience.bulkhead(
        "bulkhead", c -> c.maxConcurrentCalls(1).maxWait(DELAY.multipliedBy(9)));
  }

  private static Policy limiter(Resilience resilience) {
    return resilience.rateLimiter(
        "limiter",
        RateLimiterConfig.smooth(1, DELAY).maxWait(DELAY.multipliedBy(9)).build());
  }

  /** The first body does not end, or fails; the next one returns the future of the call. */
  private static Supplier<CompletionStage<String>> second(
      CompletableFuture<String> first, Supplier<CompletionStage<String>> own) {
    AtomicInteger attempts = new AtomicInteger();
    return () -> attempts.getAndIncrement() == 0 ? first : own.get();
  }

  /** Fails after the hedges have begun. */
  private static CompletableFuture<String> slow(Resilience resilience) {
    return resilience.timeout("slow", DELAY.multipliedBy(6)).callAsync(CompletableFuture::new);
  }

  private static CompletableFuture<String> failed() {
    return CompletableFuture.failedFuture(new IOException("down"));
  }

  private static Map<String, Later> laterBodies() {
    Map<String, Later> all = new TreeMap<>();
    Map<String, Function<Resilience, Policy>> around = Map.of(
        "", resilience -> resilience.circuitBreaker("breaker"),
        "limit > ", OwnFutureTest::limit,
        "retry > ", OwnFutureTest::retry,
        "hedge > ", OwnFutureTest::hedge,
        "concurrency limit > ", resilience -> resilience.concurrencyLimit("c"));
    Map<String, Function<Resilience, Policy>> inside = Map.of(
        "", resilience -> resilience.circuitBreaker("inside"),
        " > limit", resilience -> resilience.timeout("inside", Duration.ofHours(1)));
    around.forEach((before, outer) -> inside.forEach((after, inner) -> {
      if (!before.startsWith("hedge")) {
        all.put(
            before + "hedge" + after,
            (resilience, own) -> pipeline(resilience, outer, OwnFutureTest::hedge, inner)
                .callAsync(second(slow(resilience), own)));
        all.put(
            before + "hedge" + after + ", observed",
            (resilience, own) -> resilience
                .observed(
                    pipeline(resilience, outer, OwnFutureTest::hedge, inner),
                    () -> new CallObserver() {})
                .callAsync(second(slow(resilience), own)));
        all.put(
            before + "hedge after a failure" + after,
            (resilience, own) -> pipeline(resilience, outer, OwnFutureTest::hedge, inner)
                .callAsync(second(failed(), own)));
      }
      if (!before.startsWith("retry")) {
        all.put(
            before + "retry" + after,
            (resilience, own) -> pipeline(resilience, outer, OwnFutureTest::retry, inner)
                .callAsync(second(failed(), own)));
      }
      all.put(before + "bulkhead" + after, (resilience, own) -> {
        CompletableFuture<String> first = new CompletableFuture<>();
        CompletableFuture<String> other = bulkhead(resilience).callAsync(() -> first);
        CompletableFuture<String> call =
            pipeline(resilience, outer, OwnFutureTest::bulkhead, inner).callAsync(own);
        new Thread(() -> first.complete("other")).start();
        other.join();
        return call;
      });
      all.put(before + "rate limiter" + after, (resilience, own) -> {
        limiter(resilience)
            .callAsync(() -> CompletableFuture.completedFuture("other"))
            .join();
        return pipeline(resilience, outer, OwnFutureTest::limiter, inner).callAsync(own);
      });
    }));
    all.put(
        "fallback",
        (resilience, own) -> pipeline(
                resilience, OwnFutureTest::limit, OwnFutureTest::retry, OwnFutureTest::limiter)
            .withFallback(Fallback.<String>ofAsync(failure -> own.get()))
            .callAsync(OwnFutureTest::failed));
    return all;
  }

  @SafeVarargs
  private static Pipeline pipeline(
      Resilience resilience, Function<Resilience, Policy>... policies) {
    return resilience.pipeline("p", p -> {
      for (Function<Resilience, Policy> each : policies) {
        p.add(each.apply(resilience));
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> bodyThatReturnsTheFutureOfItsOwnCall_failsWithTheReason() {
    return laterBodies().entrySet().stream()
        .map(each -> dynamicTest(each.getKey(), () -> {
          ManualTime time = ManualTime.create();
          try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
            CompletableFuture<CompletableFuture<String>> own = new CompletableFuture<>();
            own.complete(each.getValue().apply(resilience, own::join));
            for (int i = 0; i < 20 && !own.join().isDone(); i++) {
              time.advance(DELAY);
            }
            assertThat(own.join()).as(each.getKey()).isDone();
            assertThat(own.join().handle((value, failure) -> told(failure)).join())
                .as(each.getKey())
                .contains("IllegalStateException: the body returned the future of its own call");
          }
        }));
  }

  /** A hedge fails as its first attempt did, and keeps the failures of the others. */
  private static String told(Throwable failure) {
    return failure + Arrays.toString(failure.getSuppressed());
  }
}
