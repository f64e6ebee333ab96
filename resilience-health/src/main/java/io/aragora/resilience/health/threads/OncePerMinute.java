package io.aragora.resilience.health.threads;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Lets one event a minute pass, so that strangers cannot fill a log. Thread-safe. */
public final class OncePerMinute {
  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final AtomicLong passedNanos = new AtomicLong(System.nanoTime() - MINUTE_NANOS);

  /**
   * Tries to pass.
   *
   * @return whether no event has passed within the last minute
   */
  public boolean passes() {
    long now = System.nanoTime();
    long passed = passedNanos.get();
    return now - passed >= MINUTE_NANOS && passedNanos.compareAndSet(passed, now);
  }
}
