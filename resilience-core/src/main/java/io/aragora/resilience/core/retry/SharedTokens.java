package io.aragora.resilience.core.retry;

import io.aragora.resilience.core.quota.LeasedPermits;
import io.aragora.resilience.core.quota.QuotaRule;
import io.aragora.resilience.core.quota.Quotas;
import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The retries of a budget that the instances of a fleet share. Lock-free. */
final class SharedTokens implements RetryTokens, LeasedPermits.Owner {
  private final String name;
  private final RetryBudgetConfig config;
  private final TimeSource time;
  private final LeasedPermits leased;
  private final long credit;

  /** The tokens of this instance alone; null if it never was alone, or has none then. */
  private volatile @Nullable OwnTokens local;

  /** By how many instances the own tokens are divided. One thread at a time. */
  private int sharers;

  private SharedTokens(String name, RetryBudgetConfig config, TimeSource time, Quotas quotas) {
    this.name = name;
    this.config = config;
    this.time = time;
    this.credit = OwnTokens.creditOf(config);
    this.leased = new LeasedPermits(rule(name, config), quotas, this);
  }

  /** Creates tokens and asks for a first lease. */
  static SharedTokens begin(String name, RetryBudgetConfig config, TimeSource time, Quotas quotas) {
    SharedTokens tokens = new SharedTokens(name, config, time, quotas);
    tokens.leased.begin();
    return tokens;
  }

  private static QuotaRule rule(String name, RetryBudgetConfig config) {
    return new QuotaRule(
        "retrybudget:" + name,
        "capacity=" + config.capacity() + ", ratio=" + config.ratio() + ", perSecond="
            + config.perSecond(),
        config.perSecond(),
        Duration.ofSeconds(1),
        config.capacity(),
        true,
        Math.max(1, config.capacity() / 4),
        config.whenAlone(),
        config.assumedInstances());
  }

  boolean isAlone() {
    return leased.isAlone();
  }

  int instances() {
    return leased.instances();
  }

  @Override
  public RetryBudgetConfig config() {
    return config;
  }

  @Override
  public boolean tryTake() {
    int outcome = leased.take(1, time);
    if (outcome != LeasedPermits.ALONE) {
      return outcome == LeasedPermits.TAKEN;
    }
    OwnTokens own = local;
    return own != null && own.tryTake();
  }

  @Override
  public void credit() {
    OwnTokens own = leased.isAlone() ? local : null;
    if (own != null) {
      own.credit();
    } else {
      leased.earn(credit);
    }
  }

  @Override
  public double level() {
    OwnTokens own = leased.isAlone() ? local : null;
    return own != null ? own.level() : leased.available(time);
  }

  @Override
  public void takeAlone(QuotaRule rule, int instances, boolean isAlone) {
    if (rule.whenAlone() == WhenAlone.REJECT) {
      local = null;
    } else if (!isAlone || instances != sharers) {
      local = OwnTokens.share(config, instances, time);
    }
    sharers = instances;
  }

  @Override
  public void onAlone() {
    // The metrics say so.
  }

  @Override
  public void onRejoined() {
    // The metrics say so.
  }

  @Override
  public void onLease() {
    // No retry waits for a token.
  }

  @Override
  public String toString() {
    return "retry budget '" + name + "'";
  }
}
