package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.CellRate;
import io.aragora.resilience.core.admission.PaddedLevel;
import io.aragora.resilience.core.admission.PermitLevel;
import io.aragora.resilience.core.quota.LeasedPermits;
import io.aragora.resilience.core.quota.QuotaRule;
import io.aragora.resilience.core.quota.Quotas;
import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterEvent;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The permits of a limit that the instances of a fleet share. Lock-free. */
final class SharedLevel implements PermitLevel, LeasedPermits.Owner {
  private final LimiterShare share;
  private final Runnable changed;
  private final TimeSource time;
  private final LeasedPermits leased;

  /** What this instance takes when it is alone; null if it never was, or takes nothing. */
  private volatile @Nullable PermitLevel local;

  /**
   * Creates a level and asks for a first lease.
   *
   * @param share the config, counts and events of the limiter
   * @param quotas leases
   * @param changed lets waiting calls try again
   */
  SharedLevel(LimiterShare share, Quotas quotas, Runnable changed) {
    this.share = share;
    this.changed = changed;
    this.time = share.runtime().time();
    this.leased = new LeasedPermits(rule(share), quotas, this);
  }

  /** Asks for a first lease, when the limiter is complete. */
  void begin() {
    leased.begin();
  }

  private static QuotaRule rule(LimiterShare share) {
    RateLimiterConfig config = share.config();
    return new QuotaRule(
        "ratelimiter:" + share.name(),
        "limit=" + config.limit() + ", period=" + config.period() + ", burst=" + config.burst(),
        config.limit(),
        config.period(),
        config.burst(),
        config.startsFull(),
        QuotaRule.largestLease(config.limit(), config.period(), config.burst()),
        config.whenAlone(),
        config.assumedInstances());
  }

  /** Follows the present config. One thread at a time. */
  void change() {
    leased.change(rule(share));
  }

  boolean isAlone() {
    return leased.isAlone();
  }

  int instances() {
    return leased.instances();
  }

  @Override
  public boolean tryTake(int permits, TimeSource clock) {
    int outcome = leased.take(permits, clock);
    if (outcome != LeasedPermits.ALONE) {
      return outcome == LeasedPermits.TAKEN;
    }
    PermitLevel own = local;
    return own != null && own.tryTake(permits, clock);
  }

  @Override
  public long readyAt(TimeSource clock, long from, long before, int permits) {
    PermitLevel own = leased.isAlone() ? local : null;
    return own != null
        ? own.readyAt(clock, from, before, permits)
        : leased.readyAt(clock, from, before + permits);
  }

  @Override
  public long available(TimeSource clock) {
    if (!leased.isAlone()) {
      return leased.available(clock);
    }
    PermitLevel own = local;
    return own == null ? 0 : own.available(clock);
  }

  @Override
  public void lower(long permits, TimeSource clock) {
    leased.lower(permits);
    PermitLevel own = local;
    if (own != null) {
      own.lower(permits, clock);
    }
  }

  @Override
  public void onAlone(QuotaRule rule, int instances) {
    if (rule.whenAlone() == WhenAlone.REJECT) {
      local = null;
    } else {
      CellRate rate =
          CellRate.share((int) rule.limit(), rule.period().toNanos(), rule.burst(), instances);
      // Empty: what the instance has just leased is used up.
      local = new PaddedLevel(rate, rate.empty(time.nanoTime()));
    }
    share.publish(share.name(), RateLimiterEvent.Kind.ALONE, Duration.ZERO);
  }

  @Override
  public void onRejoined() {
    share.publish(share.name(), RateLimiterEvent.Kind.REJOINED, Duration.ZERO);
  }

  @Override
  public void onLease() {
    changed.run();
  }

  @Override
  public String toString() {
    return "rate limiter '" + Objects.requireNonNull(share.name()) + "'";
  }
}
