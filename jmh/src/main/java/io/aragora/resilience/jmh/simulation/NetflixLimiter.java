package io.aragora.resilience.jmh.simulation;

import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.AIMDLimit;
import com.netflix.concurrency.limits.limit.Gradient2Limit;
import com.netflix.concurrency.limits.limit.VegasLimit;
import com.netflix.concurrency.limits.limit.WindowedLimit;
import com.netflix.concurrency.limits.limiter.SimpleLimiter;

/** A limit of Netflix's library, with its defaults but for the first, the least and the most calls. */
final class NetflixLimiter implements Limiter {
  private final Limit limit;
  private final SimpleLimiter<Void> limiter;
  private long now;

  private NetflixLimiter(Limit limit) {
    this.limit = limit;
    this.limiter = SimpleLimiter.newBuilder().limit(limit).nanoClock(() -> now).build();
  }

  static Limiter gradient2(int initial, int least, int most) {
    return new NetflixLimiter(WindowedLimit.newBuilder()
        .build(Gradient2Limit.newBuilder()
            .initialLimit(initial)
            .minLimit(least)
            .maxConcurrency(most)
            .build()));
  }

  /** A Vegas limit has no least; it draws numbers that cannot be seeded, so its runs differ a little. */
  static Limiter vegas(int initial, int most) {
    return new NetflixLimiter(WindowedLimit.newBuilder()
        .build(
            VegasLimit.newBuilder().initialLimit(initial).maxConcurrency(most).build()));
  }

  static Limiter aimd(int initial, int least, int most) {
    return new NetflixLimiter(AIMDLimit.newBuilder()
        .initialLimit(initial)
        .minLimit(least)
        .maxLimit(most)
        .build());
  }

  @Override
  public void advanceTo(long nowNanos) {
    now = nowNanos;
  }

  @Override
  public Call admit() {
    return limiter
        .acquire(null)
        .<Call>map(listener -> dropped -> {
          if (dropped) {
            listener.onDropped();
          } else {
            listener.onSuccess();
          }
        })
        .orElse(REJECTED);
  }

  @Override
  public double limit() {
    return limit.getLimit();
  }
}
