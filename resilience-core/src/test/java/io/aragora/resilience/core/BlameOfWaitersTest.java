package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Calls that wait inside a breaker, at each kind of policy that makes calls wait, and end while they wait: by the closing of the
 * runtime, by an interrupt, by their cancellation. The dependency has not been asked, so the breaker counts no failure.
 */
class BlameOfWaitersTest {
  private static final Duration LONG = Duration.ofHours(1);

  private static final class Fixture {
    final ManualTime time = ManualTime.create();
    final Resilience resilience = Resilience.builder().timeSource(time).build();
    final CircuitBreaker breaker =
        resilience.circuitBreaker("b", c -> c.failureThreshold(1).successThreshold(1));

    Policy around(Function<Resilience, Policy> inside) {
      return resilience
          .unregistered()
          .pipelineBuilder("p")
          .add(breaker)
          .add(inside.apply(resilience))
          .build();
    }

    void check() {
      assertThat(breaker.snapshot().totals().failures()).as("failures").isZero();
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }

  /** Policies at which the next call waits. */
  private static Map<String, Function<Resilience, Policy>> waiting() {
    Map<String, Function<Resilience, Policy>> all = new TreeMap<>();
    all.put("bulkhead", resilience -> {
      var bulkhead = resilience.bulkhead("w", c -> c.maxConcurrentCalls(1).maxWait(LONG));
      bulkhead.tryAcquirePermit();
      return bulkhead;
    });
    all.put("concurrency limit", resilience -> {
      var limit = resilience.concurrencyLimit("w", c -> c.least(1).initial(1).maxWait(LONG));
      limit.tryAcquirePermit();
      return limit;
    });
    all.put("rate limiter", resilience -> {
      var limiter = resilience.rateLimiter(
          "w", RateLimiterConfig.smooth(1, LONG).maxWait(LONG).build());
      limiter.tryAcquire();
      return limiter;
    });
    all.put("coalescer", resilience -> {
      Coalescer<String, Object> coalescer =
          resilience.coalescer("w", CoalescerConfig.<String, Object>builder().build());
      CoalescedCalls calls = new CoalescedCalls(coalescer);
      calls.callAsync(CompletableFuture::new);
      return calls;
    });
    return all;
  }

  private interface Ending {
    void end(Fixture fixture, Policy policy) throws Exception;
  }

  private static Map<String, Ending> endings() {
    Map<String, Ending> all = new TreeMap<>();
    all.put("closing, future", (fixture, policy) -> {
      CompletableFuture<String> call =
          policy.callAsync(() -> CompletableFuture.completedFuture("never"));
      assertThat(call).isNotDone();
      fixture.resilience.close();
      fixture.time.runPending();
      assertThat(call).isCompletedExceptionally();
    });
    all.put("cancellation, future", (fixture, policy) -> {
      CompletableFuture<String> call =
          policy.callAsync(() -> CompletableFuture.completedFuture("never"));
      assertThat(call.cancel(true)).isTrue();
      fixture.time.runPending();
    });
    all.put("closing, thread", (fixture, policy) -> {
      Waiter waiter = new Waiter(fixture, policy);
      fixture.resilience.close();
      waiter.await();
    });
    all.put("interrupt, thread", (fixture, policy) -> {
      Waiter waiter = new Waiter(fixture, policy);
      waiter.thread.interrupt();
      waiter.await();
    });
    return all;
  }

  private static final class Waiter {
    final CompletableFuture<Throwable> ended = new CompletableFuture<>();
    final Thread thread;

    Waiter(Fixture fixture, Policy policy) throws InterruptedException {
      thread = new Thread(() -> {
        try {
          policy.call(() -> "never");
          ended.completeExceptionally(new AssertionError("the body ran"));
        } catch (Throwable e) {
          ended.complete(e);
        }
      });
      thread.setDaemon(true);
      thread.start();
      fixture.time.awaitSleepers(1);
    }

    void await() throws Exception {
      assertThat(ended.get(30, TimeUnit.SECONDS)).isNotNull();
    }
  }

  @TestFactory
  Stream<DynamicTest> waitingCall_endsWithoutItsBody_isNoFailure() {
    List<DynamicTest> tests = new ArrayList<>();
    waiting()
        .forEach((kind, full) -> endings().forEach((name, ending) -> {
          if (kind.equals("coalescer") && name.equals("closing, future")) {
            return; // it ends with the body that it has joined, which closing does not end
          }
          tests.add(dynamicTest(kind + ", " + name, () -> {
            Fixture fixture = new Fixture();
            try {
              ending.end(fixture, fixture.around(full));
              fixture.check();
            } finally {
              fixture.resilience.close();
            }
          }));
        }));
    return tests.stream();
  }

  /** The same policies with room: the body has begun, so its dependency is the one that took too long. */
  @TestFactory
  Stream<DynamicTest> bodyThatHasBegun_endedByALimitAround_isAFailure() {
    Map<String, Function<Resilience, Policy>> all = new TreeMap<>();
    all.put("bulkhead", resilience -> resilience.bulkhead("w", c -> c.maxConcurrentCalls(1)));
    all.put("concurrency limit", resilience -> resilience.concurrencyLimit("w", c -> {}));
    all.put(
        "rate limiter",
        resilience ->
            resilience.rateLimiter("w", RateLimiterConfig.smooth(1, LONG).build()));
    all.put("retry", resilience -> resilience.retry("w", c -> {}));
    all.put("timeout", resilience -> resilience.timeout("w", LONG));
    return all.entrySet().stream()
        .map(kind -> dynamicTest(kind.getKey(), () -> {
          Fixture fixture = new Fixture();
          try {
            Duration limit = Duration.ofSeconds(1);
            CompletableFuture<String> call = fixture
                .resilience
                .pipeline(
                    "limited",
                    p -> p.add(fixture.resilience.timeout("around", limit))
                        .add(fixture.around(kind.getValue())))
                .callAsync(CompletableFuture::new);
            fixture.time.advance(limit.multipliedBy(2));
            assertThat(call).isCompletedExceptionally();
            assertThat(fixture.breaker.snapshot().totals().failures()).isEqualTo(1);
          } finally {
            fixture.resilience.close();
          }
        }));
  }
}
