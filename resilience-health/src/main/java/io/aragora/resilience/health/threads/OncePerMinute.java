package io.aragora.resilience.health.threads;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Admits one event per minute, so that clients cannot fill the log. Thread-safe. */
public final class OncePerMinute {
  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final AtomicLong passedNanos = new AtomicLong(System.nanoTime() - MINUTE_NANOS);

  /** Creates one that admits the first event. */
  public OncePerMinute() {}

  /**
   * Tries to admit an event.
   *
   * @return whether no event has passed within the last minute
   */
  public boolean passes() {
    long now = System.nanoTime();
    long passed = passedNanos.get();
    return now - passed >= MINUTE_NANOS && passedNanos.compareAndSet(passed, now);
  }
}
