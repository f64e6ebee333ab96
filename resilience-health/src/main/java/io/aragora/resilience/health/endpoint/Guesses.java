package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.health.server.Exchange;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Slows down guessing of the operator token: for a minute after a wrong token, the answer to every token is delayed.
 * The right token still passes after the delay, since waiting guesses are cut off first if room is needed. Stores one
 * number and one instant for all clients. Thread-safe.
 */
final class Guesses {
  private static final long SUSPICIOUS_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Duration delay;
  private final AtomicLong count = new AtomicLong();
  private volatile long lastNanos;

  Guesses(Duration delay) {
    this.delay = delay;
  }

  /** Returns the number of wrong tokens so far. */
  long count() {
    return count.get();
  }

  /**
   * Delays an exchange with a token, if a wrong one came within the last minute.
   *
   * @throws IOException if the client is cut off meanwhile
   */
  void slowDown(Exchange exchange, boolean right) throws IOException {
    if (!right) {
      lastNanos = System.nanoTime();
      count.incrementAndGet();
    }
    if (count.get() > 0 && System.nanoTime() - lastNanos < SUSPICIOUS_NANOS) {
      // The same delay for right and wrong tokens, so that hanging up early reveals nothing.
      exchange.hold(delay, !right);
    }
  }
}
