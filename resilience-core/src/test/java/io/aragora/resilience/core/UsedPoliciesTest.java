package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A call keeps its policy from being evicted, in whichever way it ends. */
class UsedPoliciesTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** Longer than the time after which a policy without calls is evicted. */
  private static final Duration LONG = Duration.ofDays(8);

  /**
   * A call, or two that end in different ways.
   *
   * @param what the policy and how its calls end
   * @param policy declares the policy
   * @param prune evicts unused ones
   * @param calls makes the calls
   */
  private record Use(
      String what,
      Function<Resilience, Policy> policy,
      ToIntFunction<Policies> prune,
      Calls calls) {
    @Override
    public String toString() {
      return what;
    }
  }

  private interface Calls {
    void make(Policy policy, ManualTime time);
  }

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static void succeed(Policy policy) {
    assertThat(policy.<String, RuntimeException>call(() -> "done")).isEqualTo("done");
  }

  /** Two calls at the same time: the second waits for the end of the first, or is rejected. */
  private static void callTwice(Policy policy, ManualTime time, boolean isSecondAdmitted) {
    CompletableFuture<String> body = new CompletableFuture<>();
    CompletableFuture<String> first = policy.callAsync(() -> body);
    CompletableFuture<String> second =
        policy.callAsync(() -> CompletableFuture.completedFuture("second"));
    body.complete("first");
    time.advance(SECOND.multipliedBy(2));
    assertThat(first).isCompletedWithValue("first");
    assertThat(second.isDone()).isTrue();
    assertThat(second.isCompletedExceptionally()).isEqualTo(!isSecondAdmitted);
  }

  private static Stream<Use> ofBulkheads() {
    ToIntFunction<Policies> prune = Policies::pruneBulkheads;
    BulkheadConfig.Builder one = BulkheadConfig.builder().maxConcurrentCalls(1);
    BulkheadConfig rejecting = one.build();
    BulkheadConfig waiting = one.maxWait(SECOND.multipliedBy(3)).build();
    return Stream.of(
        new Use(
            "bulkhead: admitted, rejected",
            runtime -> runtime.bulkhead("p", rejecting),
            prune,
            (policy, time) -> callTwice(policy, time, false)),
        new Use(
            "bulkhead: admitted, admitted after a wait",
            runtime -> runtime.bulkhead("p", waiting),
            prune,
            (policy, time) -> callTwice(policy, time, true)));
  }

  private static Stream<Use> ofConcurrencyLimits() {
    ToIntFunction<Policies> prune = Policies::pruneConcurrencyLimits;
    ConcurrencyLimitConfig.Builder one =
        ConcurrencyLimitConfig.builder().least(1).initial(1).most(1);
    ConcurrencyLimitConfig rejecting = one.build();
    ConcurrencyLimitConfig waiting = one.maxWait(SECOND.multipliedBy(3)).build();
    return Stream.of(
        new Use(
            "concurrency limit: admitted, rejected",
            runtime -> runtime.concurrencyLimit("p", rejecting),
            prune,
            (policy, time) -> callTwice(policy, time, false)),
        new Use(
            "concurrency limit: admitted, admitted after a wait",
            runtime -> runtime.concurrencyLimit("p", waiting),
            prune,
            (policy, time) -> callTwice(policy, time, true)));
  }

  private static Stream<Use> ofRateLimiters() {
    ToIntFunction<Policies> prune = Policies::pruneRateLimiters;
    RateLimiterConfig.Builder one = RateLimiterConfig.smooth(1, SECOND).burst(1);
    RateLimiterConfig rejecting = one.build();
    RateLimiterConfig waiting = one.maxWait(SECOND.multipliedBy(3)).build();
    return Stream.of(
        new Use(
            "rate limiter: admitted, rejected",
            runtime -> runtime.rateLimiter("p", rejecting),
            prune,
            (policy, time) -> callTwice(policy, time, false)),
        new Use(
            "rate limiter: admitted, admitted after a wait",
            runtime -> runtime.rateLimiter("p", waiting),
            prune,
            (policy, time) -> callTwice(policy, time, true)));
  }

  private static Stream<Use> ofTimeouts() {
    Function<Resilience, Policy> limit = runtime -> runtime.timeout("p", SECOND);
    ToIntFunction<Policies> prune = Policies::pruneTimeouts;
    return Stream.of(
        new Use("timeout: in time, fired", limit, prune, (policy, time) -> {
          succeed(policy);
          CompletableFuture<String> call = policy.callAsync(CompletableFuture::new);
          time.advance(SECOND.multipliedBy(2));
          assertThat(call).isCompletedExceptionally();
        }),
        new Use("timeout: in time, late", limit, prune, (policy, time) -> {
          succeed(policy);
          assertThat(catchThrowable(() -> policy.run(() -> time.advance(SECOND.plusNanos(1)))))
              .isNotNull();
        }));
  }

  private static Stream<Use> ofHedges() {
    Function<Resilience, Policy> hedge = runtime -> runtime.hedge("p", c -> c.delay(SECOND));
    ToIntFunction<Policies> prune = Policies::pruneHedges;
    return Stream.of(
        new Use("hedge: first, hedge", hedge, prune, (policy, time) -> {
          succeed(policy);
          CompletableFuture<String> call = policy.callAsync(new Slow()::next);
          time.advance(SECOND.multipliedBy(2));
          assertThat(call).isCompletedWithValue("hedge");
        }),
        new Use("hedge: first, failed", hedge, prune, (policy, time) -> {
          succeed(policy);
          CompletableFuture<String> call =
              policy.callAsync(() -> CompletableFuture.failedFuture(new IOException("down")));
          time.advance(SECOND.multipliedBy(4));
          assertThat(call).isCompletedExceptionally();
        }),
        new Use("hedge: first, cancelled", hedge, prune, (policy, time) -> {
          succeed(policy);
          assertThat(policy.callAsync(CompletableFuture::new).cancel(true)).isTrue();
        }));
  }

  /** The first body never ends, the second at once. */
  private static final class Slow {
    private boolean isSecond;

    CompletableFuture<String> next() {
      if (isSecond) {
        return CompletableFuture.completedFuture("hedge");
      }
      isSecond = true;
      return new CompletableFuture<>();
    }
  }

  static Stream<Use> uses() {
    return Stream.of(
            Stream.of(
                new Use(
                    "circuit breaker: a success",
                    runtime -> runtime.circuitBreaker("p"),
                    Policies::pruneCircuitBreakers,
                    (policy, time) -> succeed(policy)),
                new Use(
                    "retry: a call, a retry",
                    runtime ->
                        runtime.retry("p", RetryConfig.builder().maxAttempts(2).build()),
                    Policies::pruneRetries,
                    (policy, time) -> {
                      time.autoAdvance(true);
                      assertThat(catchThrowable(() -> policy.run(() -> {
                            throw new IOException("down");
                          })))
                          .isInstanceOf(IOException.class);
                    })),
            ofBulkheads(),
            ofConcurrencyLimits(),
            ofRateLimiters(),
            ofTimeouts(),
            ofHedges())
        .flatMap(Function.identity());
  }

  @ParameterizedTest
  @MethodSource("uses")
  void prune_calledMeanwhile_keepsThePolicy(Use use) {
    Policy policy = use.policy.apply(resilience);
    assertThat(use.prune.applyAsInt(resilience.policies())).isZero();
    time.advance(LONG);
    use.calls.make(policy, time);

    assertThat(use.prune.applyAsInt(resilience.policies())).as("used").isZero();

    time.advance(LONG);
    assertThat(use.prune.applyAsInt(resilience.policies())).as("unused since").isEqualTo(1);
  }

  @Test
  void prune_coalescerCalledMeanwhile_keepsIt() {
    Coalescer<String, String> coalescer = resilience.coalescer("p");
    assertThat(resilience.policies().pruneCoalescers()).isZero();
    time.advance(LONG);
    coalescer.call("key", () -> "value");

    assertThat(resilience.policies().pruneCoalescers()).as("used").isZero();

    time.advance(LONG);
    assertThat(resilience.policies().pruneCoalescers()).as("unused since").isEqualTo(1);
  }

  @Test
  void prune_limiterThatIsKeptAcrossRestarts_keepsIt() {
    resilience.rateLimiter(
        "kept", RateLimiterConfig.smooth(1, SECOND).keepAcrossRestart(true).build());
    resilience.rateLimiter("other", RateLimiterConfig.smooth(1, SECOND).build());
    resilience.policies().pruneRateLimiters();
    time.advance(LONG);

    assertThat(resilience.policies().pruneRateLimiters()).isEqualTo(1);

    assertThat(resilience.policies().rateLimiters())
        .extracting(Policy::name)
        .containsExactly("kept");
  }
}
