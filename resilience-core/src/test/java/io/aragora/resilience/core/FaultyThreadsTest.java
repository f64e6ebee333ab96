package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.MemoryQuotaStore;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fails each step of the threads of a runtime in turn. In each case, the threads serve the next
 * tasks and lose no call.
 */
class FaultyThreadsTest {
  private static final Duration LIMIT = Duration.ofMillis(100);
  private static final Duration LONG = Duration.ofSeconds(2);
  private static final String KINDS = "io.aragora.resilience.core.Faults#everyKind";

  private static Resilience open(Faults faults) {
    return Resilience.builder().name("faulty").timeSource(faults.time()).build();
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void limitsFire_andAreHeardOf(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        Timeout timeout = resilience.timeout("limit", LIMIT);
        List<TimeoutEvent> heard = new ArrayList<>();
        timeout.subscribe(event -> faults.step());
        timeout.subscribe(event -> {
          heard.add(event);
          faults.step();
        });
        timeout.subscribe(event -> faults.step());
        List<CompletableFuture<String>> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          calls.add(timeout.callAsync(CompletableFuture::new));
        }
        faults.advance(LONG);
        faults.recover(LONG);
        assertThat(calls).allMatch(CompletableFuture::isCompletedExceptionally);
        assertThat(timeout.totals().fired()).isEqualTo(3);

        heard.clear();
        CompletableFuture<String> next = timeout.callAsync(CompletableFuture::new);
        faults.recover(LONG);
        assertThat(next).isCompletedExceptionally();
        assertThat(heard).hasSize(1);
      }
    });
    assertThat(steps).isGreaterThan(15);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void retries_stepFails_continue(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        Retry retry = resilience.retry(
            "retry",
            RetryConfig.builder()
                .maxAttempts(4)
                .backoff(Backoff.constant(LIMIT))
                .retryIf(failure -> true)
                .build());
        AtomicInteger attempts = new AtomicInteger();
        CompletableFuture<String> call = retry.callAsync(() -> attempts.incrementAndGet() < 3
            ? CompletableFuture.failedFuture(new IOException("down"))
            : CompletableFuture.completedFuture("up"));
        faults.advance(LONG);
        faults.recover(LONG);
        assertThat(call).isDone();

        attempts.set(0);
        CompletableFuture<String> next = retry.callAsync(() -> attempts.incrementAndGet() < 3
            ? CompletableFuture.failedFuture(new IOException("down"))
            : CompletableFuture.completedFuture("up"));
        faults.recover(LONG);
        assertThat(next).isCompletedWithValue("up");
      }
    });
    assertThat(steps).isGreaterThan(3);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void changesOfABreaker_areReceivedOnceAndInOrder(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        CircuitBreaker breaker = resilience.circuitBreaker("db");
        List<CircuitBreakerState> own = new ArrayList<>();
        List<CircuitBreakerState> all = new ArrayList<>();
        breaker.subscribe(hearing(own, faults));
        resilience.policies().subscribe(hearing(all, faults));
        breaker.forceOpen();
        breaker.disable();
        faults.advance(LONG);
        faults.recover(LONG);
        breaker.reset();
        faults.recover(LONG);
        assertThat(own)
            .containsExactly(
                CircuitBreakerState.FORCED_OPEN,
                CircuitBreakerState.DISABLED,
                CircuitBreakerState.CLOSED);
        assertThat(all).isEqualTo(own);
      }
    });
    assertThat(steps).isGreaterThan(3);
  }

  private static CircuitBreakerListener hearing(List<CircuitBreakerState> heard, Faults faults) {
    return change -> {
      heard.add(change.to());
      faults.step();
    };
  }

  /**
   * The hand-over itself fails, on the thread that changes the state; nothing else changes
   * afterwards.
   */
  @ParameterizedTest
  @MethodSource(KINDS)
  void aChangeThatCouldNotBeHandedOver_isReceived(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        CircuitBreaker breaker = resilience.circuitBreaker("db");
        List<CircuitBreakerState> heard = new ArrayList<>();
        breaker.subscribe(hearing(heard, faults));
        faults.whileArmed(breaker::forceOpen);
        faults.recover(LONG);
        if (breaker.state() == CircuitBreakerState.FORCED_OPEN) {
          assertThat(heard).containsExactly(CircuitBreakerState.FORCED_OPEN);
        }
      }
    });
    assertThat(steps).isGreaterThan(1);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void regularChecks_stepFails_continue(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        AtomicInteger asked = new AtomicInteger();
        HealthCheckOptions options = HealthCheckOptions.defaults().withTimeToLive(Duration.ZERO);
        resilience
            .health()
            .register(
                "disk",
                () -> {
                  asked.incrementAndGet();
                  faults.step();
                  return HealthResult.healthy();
                },
                options);
        resilience.health().checkEvery(Duration.ofSeconds(1));
        faults.advance(Duration.ofMillis(2_500));
        faults.recover(LONG);
        int before = asked.get();
        faults.recover(Duration.ofSeconds(3));
        assertThat(asked.get() - before).isBetween(2, 4);
        assertThat(resilience.health().checkAll().status().isServing()).isTrue();
      }
    });
    assertThat(steps).isGreaterThan(5);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void leases_stepFails_continue(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      MemoryQuotaStore kept = MemoryQuotaStore.create(faults.time());
      QuotaStore store = new QuotaStore() {
        @Override
        public QuotaLease lease(QuotaRequest request) throws QuotaStoreException {
          faults.step();
          QuotaLease lease = kept.lease(request);
          faults.step();
          return lease;
        }

        @Override
        public void close() {
          faults.step();
        }
      };
      try (Resilience resilience = Resilience.builder()
          .name("faulty")
          .timeSource(faults.time())
          .quotaStore(store)
          .build()) {
        RateLimiter limiter = resilience.rateLimiter(
            "api",
            RateLimiterConfig.smooth(100, Duration.ofSeconds(1))
                .burst(10)
                .shared()
                .build());
        faults.whileArmed(limiter::tryAcquire);
        faults.advance(LONG);
        faults.whileArmed(limiter::tryAcquire);
        faults.advance(LONG);
        // Longer than two heartbeats.
        faults.recover(Duration.ofMinutes(2));
        long before = kept.requests();
        limiter.tryAcquire();
        faults.recover(Duration.ofMinutes(2));
        assertThat(kept.requests()).as("it still leases").isGreaterThan(before);
        assertThat(limiter.tryAcquire()).isTrue();
        assertThat(limiter.snapshot().isAlone()).isFalse();
      }
    });
    assertThat(steps).isGreaterThan(10);
  }
}
