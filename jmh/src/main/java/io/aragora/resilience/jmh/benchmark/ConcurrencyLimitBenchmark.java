package io.aragora.resilience.jmh.benchmark;

import com.netflix.concurrency.limits.Limiter;
import com.netflix.concurrency.limits.limit.FixedLimit;
import com.netflix.concurrency.limits.limit.Gradient2Limit;
import com.netflix.concurrency.limits.limit.WindowedLimit;
import com.netflix.concurrency.limits.limiter.SimpleLimiter;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * Claim: a permit of a concurrency limit is taken and given back with a success for at most half of what Netflix's limiter needs
 * with its Gradient2 limit, with one thread and with two. Nothing is allocated, also if the call is rejected by permit. At the
 * rate of a benchmark, one call in sixteen is measured.
 */
public class ConcurrencyLimitBenchmark extends PolicyBenchmark {
  private ConcurrencyLimit limit;
  private ConcurrencyLimit full;
  private Limiter<Void> netflix;
  private Limiter<Void> fullNetflix;

  /** Creates the limits. */
  @Setup
  public void setUp() {
    limit =
        resilience.concurrencyLimit("limit", ConcurrencyLimitConfig.builder().build());
    full = resilience.concurrencyLimit(
        "full", ConcurrencyLimitConfig.builder().initial(1).least(1).most(1).build());
    full.tryAcquirePermit();
    netflix = SimpleLimiter.newBuilder()
        // else calls below 100 microseconds are no samples
        .limit(WindowedLimit.newBuilder()
            .minRttThreshold(0, TimeUnit.NANOSECONDS)
            .build(Gradient2Limit.newDefault()))
        .build();
    fullNetflix = SimpleLimiter.newBuilder().limit(FixedLimit.of(1)).build();
    fullNetflix.acquire(null);
  }

  @Benchmark
  public long floor(Floor floor) {
    return floor.limited();
  }

  @Benchmark
  @AllocationFree
  public long oursPermit() {
    long permit = limit.tryAcquirePermit();
    limit.recordSuccess(permit);
    return permit;
  }

  @Benchmark
  @AllocationFree
  public Integer oursCall() {
    return limit.call(body);
  }

  @Benchmark
  @AllocationFree
  public long oursRejected() {
    return full.tryAcquirePermit();
  }

  @Benchmark
  public boolean netflixPermit() {
    Optional<Limiter.Listener> permit = netflix.acquire(null);
    permit.ifPresent(Limiter.Listener::onSuccess);
    return permit.isPresent();
  }

  @Benchmark
  public boolean netflixRejected() {
    return fullNetflix.acquire(null).isPresent();
  }
}
