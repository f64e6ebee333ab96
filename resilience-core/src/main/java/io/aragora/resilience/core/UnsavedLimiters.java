package io.aragora.resilience.core;

import io.aragora.resilience.core.ratelimiter.LimiterStorage;
import io.aragora.resilience.core.ratelimiter.StoredLimiter;
import io.aragora.resilience.internal.GuardedLog;
import java.util.concurrent.atomic.AtomicBoolean;

/** Stands for the storage of limiters in a runtime without a state store, and says once that there is none. */
final class UnsavedLimiters implements LimiterStorage {
  private static final GuardedLog LOG = GuardedLog.of(UnsavedLimiters.class);

  private final String runtime;
  private final AtomicBoolean said = new AtomicBoolean();

  UnsavedLimiters(String runtime) {
    this.runtime = runtime;
  }

  @Override
  public void kept(StoredLimiter limiter, boolean isNew) {
    if (said.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "rate limiter ''{0}'' has keepAcrossRestart, but runtime ''{1}'' has no state store, so it"
              + " begins anew after a restart; set stateStore (logged once)",
          limiter.name(),
          runtime);
    }
  }

  @Override
  public void limiterChanged() {}
}
