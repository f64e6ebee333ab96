package io.aragora.resilience.redis;

import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/** Polls for a condition, with a bound. */
final class Await {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private Await() {}

  /** Opens a store with the default bounds, which a busy machine may miss at first. */
  static QuotaStore opened(String location) throws Exception {
    AtomicReference<QuotaStore> opened = new AtomicReference<>();
    until("it is opened", () -> {
      try {
        opened.set(new RedisQuotaStoreProvider().open(location));
        return true;
      } catch (QuotaStoreException e) {
        return false;
      }
    });
    return opened.get();
  }

  static void until(String what, Callable<Boolean> condition) throws Exception {
    long begun = System.nanoTime();
    while (!condition.call()) {
      if (System.nanoTime() - begun > LIMIT.toNanos()) {
        throw new AssertionError("not within " + LIMIT.toSeconds() + " s: " + what);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }
}
