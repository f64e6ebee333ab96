package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.CellRate;
import io.aragora.resilience.core.admission.PaddedLevel;
import io.aragora.resilience.core.admission.PermitLevel;
import io.aragora.resilience.core.quota.LeasedPermits;
import io.aragora.resilience.core.quota.QuotaRule;
import io.aragora.resilience.core.quota.Quotas;
import io.aragora.resilience.internal.Nanos;
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

  /** The level of this instance alone; null if it never was alone, or takes nothing then. */
  private volatile @Nullable Local local;

  /** A level, the share that it has of the limit, and the most permits of a call that it can hold. */
  private record Local(PaddedLevel level, QuotaRule rule, int instances, int most) {
    static CellRate rate(QuotaRule rule, int instances, int most) {
      return CellRate.share(
          (int) rule.limit(), rule.period().toNanos(), rule.burst(), instances, most);
    }

    Local changed(QuotaRule next, int sharers, int call, TimeSource time) {
      long held = level.available(time);
      level.change(rate(next, sharers, call), time);
      level.lower(held, time);
      return new Local(level, next, sharers, call);
    }
  }

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
    Local own = roomFor(permits);
    return own != null && own.level().tryTake(permits, clock);
  }

  /** Lets the own level hold the permits of the largest call, which may be more than the share of the burst. */
  private @Nullable Local roomFor(int permits) {
    Local present = local;
    if (present == null || permits <= present.most()) {
      return present;
    }
    synchronized (this) {
      present = local;
      if (present != null && permits > present.most()) {
        present = present.changed(present.rule(), present.instances(), permits, time);
        local = present;
      }
      return present;
    }
  }

  @Override
  public long readyAt(TimeSource clock, long from, long before, int permits) {
    if (!leased.isAlone()) {
      return leased.readyAt(clock, from, before + permits);
    }
    Local own = roomFor(permits);
    return own != null
        ? own.level().readyAt(clock, from, before, permits)
        : Math.max(from, Nanos.after(clock.nanoTime(), LeasedPermits.TRY_AGAIN_NANOS));
  }

  @Override
  public long available(TimeSource clock) {
    if (!leased.isAlone()) {
      return leased.available(clock);
    }
    Local own = local;
    return own == null ? 0 : own.level().available(clock);
  }

  @Override
  public boolean lower(long permits, TimeSource clock) {
    leased.lower(permits);
    Local own = local;
    if (own != null) {
      own.level().lower(permits, clock);
    }
    return true;
  }

  @Override
  public synchronized void takeAlone(QuotaRule rule, int instances, boolean isAlone) {
    Local present = local;
    if (rule.whenAlone() == WhenAlone.REJECT) {
      local = null;
    } else if (isAlone && present != null) {
      local = present.changed(rule, instances, Math.min(present.most(), rule.burst()), time);
    } else {
      CellRate rate = Local.rate(rule, instances, 1);
      // Empty: what the instance has just leased is used up.
      local = new Local(
          new PaddedLevel(rate, rate.empty(time.nanoTime())),
          rule,
          instances,
          Math.max(1, rule.burst() / instances));
    }
  }

  @Override
  public void onAlone() {
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
