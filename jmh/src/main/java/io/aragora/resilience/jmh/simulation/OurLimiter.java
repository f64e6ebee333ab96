package io.aragora.resilience.jmh.simulation;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitEvent;
import io.aragora.resilience.concurrencylimit.LimitChange;
import io.aragora.resilience.testing.ManualTime;
import java.util.ArrayList;
import java.util.List;

/** Our concurrency limit, with permits taken and given back in manual time. */
final class OurLimiter implements Limiter {
  private final ManualTime time;
  private final Resilience resilience;
  private final ConcurrencyLimit limit;
  private final long start;
  private final List<Long> relearnedNanos = new ArrayList<>();

  /**
   * Creates a limit in a runtime of its own.
   *
   * @param seed decides when the limit looks
   */
  OurLimiter(ConcurrencyLimitConfig config, long seed) {
    time = ManualTime.seeded(seed);
    start = time.nanoTime();
    resilience = Resilience.builder().timeSource(time).build();
    limit = resilience.concurrencyLimit("simulated", config);
    limit.subscribe(this::onEvent);
  }

  private void onEvent(ConcurrencyLimitEvent event) {
    if (event.kind() == ConcurrencyLimitEvent.Kind.RELEARNED) {
      relearnedNanos.add(time.nanoTime() - start);
    }
  }

  /** {@return the times at which the limit learned its base anew} */
  List<Long> relearnedNanos() {
    return relearnedNanos;
  }

  @Override
  public void advanceTo(long nowNanos) {
    time.advanceTo(start + nowNanos);
  }

  @Override
  public Call admit() {
    long permit = limit.tryAcquirePermit();
    if (permit == ConcurrencyLimit.REJECTED) {
      return REJECTED;
    }
    return dropped -> {
      if (dropped) {
        limit.recordDrop(permit);
      } else {
        limit.recordSuccess(permit);
      }
    };
  }

  @Override
  public double limit() {
    return limit.snapshot().limit();
  }

  @Override
  public boolean looks() {
    return limit.explain().rule() == LimitChange.LOOK;
  }

  @Override
  public double baseNanos() {
    return limit.explain().base().toNanos();
  }

  @Override
  public void close() {
    resilience.close();
  }
}
