package io.aragora.resilience.core.retry;

import io.aragora.resilience.core.quota.Quotas;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.window.StripedCount;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/** A retry budget. Lock-free. */
public final class TokenBudget implements RetryBudget, ReadablePolicy {
  private final String name;
  private final TimeSource time;
  private final @Nullable Quotas quotas;
  private final StripedCount rejected = new StripedCount();
  private volatile RetryTokens tokens;

  /**
   * Creates a full budget in a runtime without a quota store.
   *
   * @param name its name
   * @param config its config
   * @param time the time source
   */
  public TokenBudget(String name, RetryBudgetConfig config, TimeSource time) {
    this(name, config, time, null);
  }

  /**
   * Creates a full budget.
   *
   * @param name its name
   * @param config its config
   * @param time the time source
   * @param quotas leases the retries of a shared budget; null if the runtime has no quota store
   */
  public TokenBudget(
      String name, RetryBudgetConfig config, TimeSource time, @Nullable Quotas quotas) {
    this.name = name;
    this.time = time;
    this.quotas = quotas;
    this.tokens = tokens(config);
  }

  private RetryTokens tokens(RetryBudgetConfig config) {
    return config.isShared()
        ? SharedTokens.begin(name, config, time, Quotas.required("retry budget", name, quotas))
        : new OwnTokens(config, time);
  }

  /**
   * Sets the config of a budget that was looked up before it was declared, and fills it.
   *
   * @param declared the config of the declaration
   */
  public void configure(RetryBudgetConfig declared) {
    tokens = tokens(declared);
  }

  @Override
  public void read(Readings into) {
    RetryTokens present = tokens;
    into.level("level", present.level());
    into.level("capacity", present.config().capacity());
    into.count("rejected", Readings.NONE, rejected());
    if (present instanceof SharedTokens shared) {
      into.level("alone", shared.isAlone() ? 1 : 0);
      into.level("instances", shared.instances());
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public RetryBudgetConfig config() {
    return tokens.config();
  }

  @Override
  public double level() {
    return tokens.level();
  }

  @Override
  public long rejected() {
    return rejected.sum();
  }

  /** {@return whether it is shared and the quota store does not answer} */
  public boolean isAlone() {
    return tokens instanceof SharedTokens shared && shared.isAlone();
  }

  @Override
  public boolean tryTake() {
    if (tokens.tryTake()) {
      return true;
    }
    rejected.increment();
    return false;
  }

  @Override
  public void credit() {
    tokens.credit();
  }

  @Override
  public String toString() {
    return "retry budget '" + name + "' (" + config() + ")";
  }
}
