package io.aragora.resilience.jmh.benchmark;

import com.google.common.util.concurrent.RateLimiter;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.MemoryQuotaStore;
import io.github.bucket4j.Bucket;
import io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: a permit of a smooth limiter costs at most a reading of the clock and two additions to a shared word, one of an exact
 * limiter two more, and a rejection at most a reading of the clock and one addition. Nothing is allocated, except for the
 * exception of a rejection.
 */
public class RateLimiterBenchmark extends PolicyBenchmark {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration YEAR = Duration.ofDays(365);

  private final AtomicLong word = new AtomicLong();
  private final AtomicLong other = new AtomicLong();
  private io.aragora.resilience.ratelimiter.RateLimiter smooth;
  private io.aragora.resilience.ratelimiter.RateLimiter exact;
  private io.aragora.resilience.ratelimiter.RateLimiter empty;
  private Resilience fleet;
  private io.aragora.resilience.ratelimiter.RateLimiter shared;
  private KeyedRateLimiter keyed;
  private AtomicRateLimiter resilience4j;
  private AtomicRateLimiter emptyResilience4j;
  private Bucket bucket4j;
  private Bucket emptyBucket4j;
  private RateLimiter guava;
  private dev.failsafe.RateLimiter<Integer> failsafe;
  private dev.failsafe.RateLimiter<Integer> emptyFailsafe;

  /** Creates limiters that admit every call, and some that reject every call. */
  @Setup
  public void setUp() {
    RateLimiterConfig fast = RateLimiterConfig.smooth(1_000_000_000, SECOND).build();
    smooth = resilience.rateLimiter("smooth", fast);
    // More than the threads of this benchmark can take.
    exact = resilience.rateLimiter(
        "exact", RateLimiterConfig.exact(1_000, Duration.ofNanos(1_000)).build());
    empty = resilience.rateLimiter("empty", RateLimiterConfig.smooth(1, YEAR).build());
    empty.tryAcquire();
    fleet = Resilience.builder()
        .quotaStore(MemoryQuotaStore.create(SystemTimeSource.INSTANCE))
        .build();
    shared = fleet.rateLimiter("shared", fast.toBuilder().shared().build());
    keyed = resilience.keyedRateLimiter("keyed", KeyedRateLimiterConfig.of(fast));
    resilience4j = resilience4j(1_000_000_000, SECOND);
    emptyResilience4j = resilience4j(1, YEAR);
    emptyResilience4j.acquirePermission();
    bucket4j = Bucket.builder()
        .addLimit(limit -> limit.capacity(1_000_000_000).refillGreedy(1_000_000_000, SECOND))
        .build();
    emptyBucket4j = Bucket.builder()
        .addLimit(limit -> limit.capacity(1).refillGreedy(1, YEAR))
        .build();
    emptyBucket4j.tryConsume(1);
    guava = RateLimiter.create(1e9);
    failsafe =
        dev.failsafe.RateLimiter.<Integer>smoothBuilder(1_000_000_000, SECOND).build();
    emptyFailsafe = dev.failsafe.RateLimiter.<Integer>smoothBuilder(1, YEAR).build();
    emptyFailsafe.tryAcquirePermit();
  }

  @TearDown
  public void closeFleet() {
    fleet.close();
  }

  private static AtomicRateLimiter resilience4j(int limit, Duration period) {
    return new AtomicRateLimiter(
        "peer",
        io.github.resilience4j.ratelimiter.RateLimiterConfig.custom()
            .limitForPeriod(limit)
            .limitRefreshPeriod(period)
            .timeoutDuration(Duration.ZERO)
            .build());
  }

  @Benchmark
  public long floor() {
    return System.nanoTime() + word.getAndIncrement() + other.getAndIncrement();
  }

  @Benchmark
  @AllocationFree
  public boolean oursSmooth() {
    return smooth.tryAcquire();
  }

  /** A limit that a fleet shares: a permit of the present lease. */
  @Benchmark
  @AllocationFree
  public boolean oursShared() {
    return shared.tryAcquire();
  }

  @Benchmark
  @AllocationFree
  public boolean oursExact() {
    return exact.tryAcquire();
  }

  @Benchmark
  @AllocationFree
  public Integer oursCall() {
    return smooth.call(body);
  }

  @Benchmark
  @AllocationFree
  public boolean oursKeyed() {
    return keyed.tryAcquire("tenant-7");
  }

  @Benchmark
  @AllocationFree
  public boolean oursRejected() {
    return empty.tryAcquire();
  }

  @Benchmark
  @AllocationFree
  public boolean oursSeveral() {
    return smooth.tryAcquire(5);
  }

  @Benchmark
  public Object oursException() {
    try {
      return empty.call(body);
    } catch (RateLimitExceededException e) {
      return e;
    }
  }

  @Benchmark
  public boolean resilience4j() {
    return resilience4j.acquirePermission();
  }

  @Benchmark
  public boolean resilience4jRejected() {
    return emptyResilience4j.acquirePermission();
  }

  @Benchmark
  public boolean bucket4j() {
    return bucket4j.tryConsume(1);
  }

  @Benchmark
  public boolean bucket4jRejected() {
    return emptyBucket4j.tryConsume(1);
  }

  @Benchmark
  public boolean guava() {
    return guava.tryAcquire();
  }

  @Benchmark
  public boolean sentinel(SentinelPeer.Rate peer) {
    return peer.isAdmitted();
  }

  @Benchmark
  public boolean sentinelRejected(SentinelPeer.Rate peer) {
    return peer.isNeverAdmitted();
  }

  @Benchmark
  public boolean failsafe() {
    return failsafe.tryAcquirePermit();
  }

  @Benchmark
  public boolean failsafeRejected() {
    return emptyFailsafe.tryAcquirePermit();
  }
}
