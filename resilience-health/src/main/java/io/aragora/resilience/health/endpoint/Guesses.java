package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.health.server.Exchange;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Slows down those who guess the operator token: for a minute after a wrong one, the answer to every token is held back. The right
 * token passes after that time however many others guess, since guesses are the first to make room. Keeps one number and one
 * instant, whoever guesses. Thread-safe.
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
   * Holds an exchange with a token back, if need be.
   *
   * @throws IOException if it was cut off meanwhile
   */
  void slowDown(Exchange exchange, boolean right) throws IOException {
    if (!right) {
      lastNanos = System.nanoTime();
      count.incrementAndGet();
    }
    if (count.get() > 0 && System.nanoTime() - lastNanos < SUSPICIOUS_NANOS) {
      // The same time for both, so that nobody learns sooner by hanging up.
      exchange.hold(delay, !right);
    }
  }
}
