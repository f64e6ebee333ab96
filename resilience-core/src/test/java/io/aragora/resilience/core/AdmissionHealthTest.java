package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The health of bulkheads and rate limiters. */
class AdmissionHealthTest {
  private static final RateLimiterConfig LIMIT =
      RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).build();

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void noBulkheadAndNoLimiter_absent() {
    assertThat(resilience.health().checkAll().checks()).doesNotContainKey(HealthRegistry.ADMISSION);
  }

  @Test
  @Tag("BH-25")
  @DisplayName("A bulkhead that rejected a call in the last 10 s is degraded, and still ready")
  void bulkhead_rejectedLately_degradedAndReady() {
    Bulkhead db = resilience.bulkhead(
        "db",
        BulkheadConfig.builder()
            .maxConcurrentCalls(1)
            .maxWait(Duration.ofSeconds(1))
            .maxWaiting(1)
            .build());
    long permit = db.tryAcquirePermit();
    CompletableFuture<String> waits = db.callAsync(() -> CompletableFuture.completedFuture("x"));
    assertThat(admission().status()).as("a call that waits").isEqualTo(HealthStatus.HEALTHY);

    assertThat(db.callAsync(() -> CompletableFuture.completedFuture("y")))
        .isCompletedExceptionally();
    assertThat(admission().status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(admission().detail())
        .isEqualTo("bulkhead 'db' rejects calls: 1 of 1 in use, 1 waiting");
    assertThat(resilience.health().check(HealthGroup.READINESS).status().isServing())
        .isTrue();

    db.releasePermit(permit);
    time.runPending();
    assertThat(waits).isCompleted();
    time.advance(Duration.ofSeconds(9));
    assertThat(admission().status()).isEqualTo(HealthStatus.DEGRADED);
    time.advance(Duration.ofSeconds(2));
    assertThat(admission().status()).isEqualTo(HealthStatus.HEALTHY);
  }

  @Test
  @Tag("CL-22")
  @DisplayName("A concurrency limit that is at its least for five overloaded windows is degraded")
  void concurrencyLimit_atItsLeast_degraded() {
    ConcurrencyLimit api =
        resilience.concurrencyLimit("api", c -> c.least(4).initial(4).minimumSamples(10));
    for (int window = 1; window <= 5; window++) {
      assertThat(admission().status()).as("window %s", window).isEqualTo(HealthStatus.HEALTHY);
      for (int call = 0; call < 10; call++) {
        api.recordDrop(api.tryAcquirePermit());
      }
      time.advance(Duration.ofMillis(1_003));
    }
    assertThat(admission().status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(admission().detail())
        .isEqualTo("concurrency limit 'api' is at its least, 4, and its calls are still overloaded:"
            + " recent 0 ms, base 0 ms, 10 drops");
    assertThat(resilience.health().check(HealthGroup.READINESS).status().isServing())
        .isTrue();
  }

  @Test
  @Tag("RL-28")
  @DisplayName("A paused rate limiter is degraded, with its name and the time that is left")
  void rateLimiter_paused_degradedWithTheTimeLeft() {
    RateLimiter github = resilience.rateLimiter("github", LIMIT);
    assertThat(admission().status()).isEqualTo(HealthStatus.HEALTHY);

    github.pauseFor(Duration.ofSeconds(20));
    resilience
        .keyedRateLimiter("tenants", KeyedRateLimiterConfig.of(LIMIT))
        .pauseFor("acme", Duration.ofSeconds(40));
    time.advance(Duration.ofMillis(5_500));

    assertThat(admission().status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(admission().detail())
        .isEqualTo("rate limiter 'github' is paused for 15 s;"
            + " rate limiter 'tenants:acme' is paused for 35 s");
    github.resume();
    time.advance(Duration.ofMinutes(1));
    assertThat(admission().status()).isEqualTo(HealthStatus.HEALTHY);
  }

  private HealthResult admission() {
    HealthResult result = resilience.health().checkAll().checks().get(HealthRegistry.ADMISSION);
    assertThat(result).isNotNull();
    return result;
  }

  @Test
  @DisplayName("Ten troubles are named, and the others are counted")
  void moreThanTen_areCounted() {
    for (int i = 1; i <= 10; i++) {
      resilience.rateLimiter("limiter " + i, LIMIT).pauseFor(Duration.ofSeconds(20));
    }
    assertThat(admission().detail().split("; ", -1)).hasSize(10).noneMatch(s -> s.contains("more"));

    resilience.rateLimiter("limiter 11", LIMIT).pauseFor(Duration.ofSeconds(20));

    assertThat(admission().detail().split("; ", -1)).hasSize(11).endsWith("and 1 more");
  }
}
