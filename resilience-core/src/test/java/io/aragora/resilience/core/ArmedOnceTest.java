package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.MemoryQuotaStore;
import io.aragora.resilience.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Everything that one thread arms for all, while the clock or the arming fails once. The call at hand may fail; those that follow
 * are watched as any other.
 */
class ArmedOnceTest {
  private static final String KINDS = "io.aragora.resilience.core.Faults#everyKind";
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static Resilience open(Faults faults) {
    return Resilience.builder().name("faulty").timeSource(faults.time()).build();
  }

  private static void quietly(Runnable task) {
    catchThrowable(task::run);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void timeouts_fire(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        Timeout timeout = resilience.timeout("t", SECOND);
        faults.whileArmed(() -> timeout.run(() -> {}));
        quietly(() -> timeout.run(() -> {
          faults.recover(SECOND.plusMillis(10));
          assertThat(Thread.currentThread().isInterrupted()).isTrue();
        }));
        assertThat(Thread.interrupted()).isFalse();
        assertThat(timeout.totals().late()).isEqualTo(1);
      }
    });
    assertThat(steps).isGreaterThan(1);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void timeouts_fireAfterAPatrolThatFails(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        Timeout timeout = resilience.timeout("t", SECOND);
        timeout.run(() -> {});
        faults.recover(SECOND.dividedBy(2));
        quietly(() -> timeout.run(() -> {
          // The patrol of the first call, which arms that of the second.
          faults.advance(SECOND.dividedBy(2).plusMillis(10));
          faults.recover(SECOND.dividedBy(2).plusMillis(10));
          assertThat(Thread.currentThread().isInterrupted()).isTrue();
        }));
        assertThat(Thread.interrupted()).isFalse();
        assertThat(timeout.totals().late()).isEqualTo(1);
      }
    });
    assertThat(steps).isGreaterThan(0);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void slowCalls_areJudgedWhileAllHang(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        CircuitBreaker breaker = resilience.circuitBreaker(
            "b", c -> c.slowCallDuration(SECOND).slowCallRateThreshold(50).minimumNumberOfCalls(2));
        faults.whileArmed(() -> breaker.run(() -> {}));
        faults.whileArmed(() -> breaker.callAsync(() -> CompletableFuture.completedFuture("x")));
        faults.recover(Duration.ofMinutes(5));
        assertThat(breaker.state()).as("no call hangs").isEqualTo(CircuitBreakerState.CLOSED);
        for (int i = 0; i < 3; i++) {
          breaker.callAsync(CompletableFuture::new);
        }
        faults.recover(SECOND.multipliedBy(2));
        assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
      }
    });
    assertThat(steps).isGreaterThan(1);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void concurrencyLimit_losesNoPlaceAndLooksOn(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        ConcurrencyLimit limit = resilience.concurrencyLimit("l");
        CompletableFuture<String> body = new CompletableFuture<>();
        faults.whileArmed(() -> limit.run(() -> {}));
        faults.whileArmed(() -> limit.callAsync(() -> CompletableFuture.completedFuture("x")));
        faults.whileArmed(() -> {
          limit.callAsync(() -> body);
          body.complete("x");
        });
        body.complete("x");
        faults.whileArmed(() -> limit.recordSuccess(limit.tryAcquirePermit()));
        faults.whileArmed(() -> limit.recordDrop(limit.tryAcquirePermit()));
        faults.recover(SECOND);
        assertThat(limit.snapshot().inUse()).isZero();

        long before = limit.snapshot().limit();
        for (int window = 0; window < 20; window++) {
          for (int i = 0; i < 30; i++) {
            limit.recordDrop(limit.tryAcquirePermit());
          }
          faults.recover(SECOND);
        }
        assertThat((long) limit.snapshot().limit()).as("windows are cut").isLessThan(before);
      }
    });
    assertThat(steps).isGreaterThan(4);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void delayOfAHedge_isLearnt(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        Hedge hedge = resilience.hedge(
            "h",
            HedgeConfig.forIdempotentCalls()
                .delayFromLatency(95, Duration.ofMillis(1), SECOND)
                .build());
        faults.whileArmed(() -> hedge.run(() -> {}));
        for (int i = 0; i < 200; i++) {
          hedge.run(() -> faults.recover(Duration.ofMillis(5)));
        }
        faults.recover(Duration.ofSeconds(2));
        assertThat(hedge.delay()).isLessThan(Duration.ofMillis(500));
      }
    });
    assertThat(steps).isGreaterThan(1);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void healthCheck_isStartedAgain(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        resilience
            .health()
            .register(
                "c",
                HealthResult::healthy,
                HealthCheckOptions.defaults().withTimeToLive(Duration.ofMillis(1)));
        quietly(() -> faults.whileArmed(() -> resilience.health().checkAll()));
        faults.recover(SECOND);
        assertThat(resilience.health().checkAll().status()).isEqualTo(HealthStatus.HEALTHY);
      }
    });
    assertThat(steps).isGreaterThan(1);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void coarseClock_ticksOrSleeps(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        CircuitBreaker breaker = resilience.circuitBreaker(
            "b",
            c ->
                c.failureRateThreshold(50).minimumNumberOfCalls(10).window(Duration.ofSeconds(10)));
        for (int i = 0; i < 4; i++) {
          faults.whileArmed(() -> breaker.run(() -> {}));
        }
        faults.recover(Duration.ofMinutes(1));
        for (int i = 0; i < 4; i++) {
          breaker.run(() -> {});
        }
        assertThat(breaker.snapshot().windowCalls())
            .as("those of the last ten seconds")
            .isEqualTo(4);
      }
    });
    assertThat(steps).isGreaterThan(1);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void hedgedCall_returnsTheResultOfItsBody(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        Hedge hedge = resilience.hedge(
            "h",
            HedgeConfig.forIdempotentCalls()
                .delayFromLatency(95, Duration.ofMillis(1), SECOND)
                .build());
        List<String> bodies = new ArrayList<>();
        List<String> results = new ArrayList<>();
        faults.whileArmed(() -> results.add(hedge.call(() -> {
          bodies.add("well");
          return "well";
        })));
        assertThat(results).isEqualTo(bodies);
        List<CompletableFuture<String>> calls = new ArrayList<>();
        faults.whileArmed(() -> calls.add(hedge.callAsync(() -> {
          bodies.add("again");
          return CompletableFuture.completedFuture("again");
        })));
        if (bodies.contains("again")) {
          assertThat(calls).allMatch(call -> call.join().equals("again"));
        }
      }
    });
    assertThat(steps).isGreaterThan(1);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void queuedCall_failsToWait_leavesTheQueue(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      try (Resilience resilience = open(faults)) {
        Bulkhead bulkhead =
            resilience.bulkhead("b", c -> c.maxConcurrentCalls(1).maxWait(SECOND.multipliedBy(10)));
        long held = bulkhead.tryAcquirePermit();
        List<String> bodies = new ArrayList<>();
        List<CompletableFuture<String>> calls = new ArrayList<>();
        faults.whileArmed(() -> calls.add(bulkhead.callAsync(() -> {
          bodies.add("body");
          return CompletableFuture.completedFuture("well");
        })));
        boolean isOver = calls.stream().allMatch(CompletableFuture::isDone);
        assertThat(bulkhead.snapshot().waiting()).isEqualTo(isOver ? 0 : 1);
        bulkhead.releasePermit(held);
        faults.recover(SECOND);
        assertThat(bodies).hasSize(isOver ? 0 : 1);
        assertThat(bulkhead.snapshot().inUse()).isZero();
      }
    });
    assertThat(steps).isGreaterThan(1);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void sharedLimit_isLeasedAgain(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      ForwardingTime time = faults.time();
      MemoryQuotaStore kept = MemoryQuotaStore.create(time);
      AtomicInteger asked = new AtomicInteger();
      QuotaStore store = new QuotaStore() {
        @Override
        public QuotaLease lease(QuotaRequest request) throws QuotaStoreException {
          if (asked.getAndIncrement() == 0) {
            throw new QuotaStoreException("down", null);
          }
          return kept.lease(request);
        }

        @Override
        public void close() {
          kept.close();
        }
      };
      try (Resilience resilience =
          Resilience.builder().name("faulty").timeSource(time).quotaStore(store).build()) {
        RateLimiter limiter = resilience.rateLimiter(
            "l", RateLimiterConfig.smooth(100, SECOND).shared().build());
        faults.whileArmed(limiter::tryAcquire);
        faults.advance(SECOND.dividedBy(10));
        for (int i = 0; i < 50; i++) {
          limiter.tryAcquire();
          faults.recover(SECOND.dividedBy(10));
        }
        assertThat(limiter.snapshot().isAlone()).isFalse();
      }
    });
    assertThat(steps).isGreaterThan(3);
  }
}
