package io.aragora.resilience.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.policy.ResilienceException;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterSnapshot;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** States that a store returns, each value in its range: another version, another clock or another program may have written them. */
class RestoredStatesFuzzTest {
  /** A runtime starts, its policies work, and nothing fails, whatever was saved. */
  @FuzzTest
  void restored(byte[] input) {
    FuzzInput fields = new FuzzInput(input);
    CircuitBreakerConfig config = CircuitBreakerConfig.builder()
        .failureThreshold(1 + fields.below(5))
        .cooldown(Duration.ofSeconds(1 + fields.below(100)))
        .build();
    // With the declarations of now, so that everything is restored.
    boolean isSame = fields.below(4) != 0;
    SavedBreaker saved = SavedStates.breaker("shop", fields);
    SavedBreaker breaker = saved.toBuilder()
        .key(null)
        .declared(isSame ? config.toString() : saved.declared())
        .build();
    SavedLimiter level = SavedStates.limiter("shop", fields);
    SavedLimiter limiter = level.toBuilder()
        .declared(isSame ? "limit=10, period=PT1S, burst=10" : level.declared())
        .build();
    List<LogRecord> failures = new ArrayList<>();
    Handler handler = handler(failures);
    Logger logger = Logger.getLogger("io.aragora.resilience");
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    ManualTime time = ManualTime.create();
    try (Resilience resilience = Resilience.builder()
        .name("fuzz")
        .timeSource(time)
        .stateStore(store(breaker, limiter))
        .build()) {
      time.runPending();
      drive(resilience.circuitBreaker("shop", config), time);
      drive(
          resilience.rateLimiter(
              "shop",
              RateLimiterConfig.smooth(10, Duration.ofSeconds(1))
                  .maxPause(Duration.ofMinutes(5))
                  .keepAcrossRestart(true)
                  .build()),
          time);
    } finally {
      logger.removeHandler(handler);
    }
    assertThat(failures).extracting(LogRecord::getThrown).isEmpty();
  }

  private static Handler handler(List<LogRecord> failures) {
    return new Handler() {
      @Override
      public void publish(LogRecord line) {
        if (line.getThrown() != null) {
          failures.add(line);
        }
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  private static void drive(CircuitBreaker breaker, ManualTime time) {
    for (int call = 0; call < 8; call++) {
      check(breaker.snapshot());
      boolean fails = call % 3 == 0;
      try {
        breaker.run(() -> {
          if (fails) {
            throw new IllegalStateException("the call fails");
          }
        });
      } catch (IllegalStateException | ResilienceException e) {
        // the failure, or a rejection
      }
      time.advance(Duration.ofSeconds(40));
    }
    breaker.reset();
    breaker.run(() -> {});
    check(breaker.snapshot());
  }

  private static void check(CircuitBreakerSnapshot now) {
    assertThat(now.generation()).isNotNegative();
    assertThat(now.remainingCooldown()).isBetween(Duration.ZERO, now.cooldown());
    assertThat(now.consecutiveFailures()).isNotNegative();
    assertThat(now.consecutiveSuccesses()).isNotNegative();
    assertThat(now.probeSuccesses()).isNotNegative();
    assertThat(now.probesInFlight()).isNotNegative();
    assertThat(now.slowCalls()).isNotNegative();
    assertThat(now.totals().successes()).isNotNegative();
    assertThat(now.totals().rejected()).isNotNegative();
  }

  private static void drive(RateLimiter limiter, ManualTime time) {
    RateLimiterSnapshot now = limiter.snapshot();
    assertThat(now.level()).isBetween(-1L << 53, (long) now.burst());
    assertThat(now.pausedFor()).isBetween(Duration.ZERO, Duration.ofMinutes(5));
    time.advance(Duration.ofMinutes(6));
    assertThat(limiter.snapshot().pausedFor()).isZero();
    assertThat(limiter.tryAcquire()).isTrue();
  }

  private static StateStore store(SavedBreaker breaker, SavedLimiter limiter) {
    return new StateStore() {
      @Override
      public boolean savesLimiters() {
        return true;
      }

      @Override
      public Loaded load() {
        return new Loaded.Builder().add(breaker).add(limiter).build();
      }

      @Override
      public int save(Collection<SavedBreaker> states) {
        return states.size();
      }

      @Override
      public int purgeSavedBefore(Instant cutOff) {
        return 0;
      }

      @Override
      public void close() {}
    };
  }
}
