package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import java.time.Duration;
import java.util.Locale;

/** Formats numbers, the same in every locale. */
final class Figures {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double NANOS_PER_SECOND = 1e9;

  private Figures() {}

  /** Three significant digits: {@code 0.012 ms}, {@code 12.3 ms}, {@code 1.2 s}. */
  static String latency(Duration latency) {
    double millis = latency.toNanos() / NANOS_PER_MILLI;
    if (millis >= 1000) {
      return seconds(latency);
    }
    String format = millis >= 100 ? "%.0f ms" : millis >= 1 ? "%.1f ms" : "%.3f ms";
    return String.format(Locale.ROOT, format, millis);
  }

  static String seconds(Duration length) {
    return String.format(Locale.ROOT, "%.1f s", length.toNanos() / NANOS_PER_SECOND);
  }

  static String perSecond(long count, Duration span) {
    double seconds = span.toNanos() / NANOS_PER_SECOND;
    return Long.toString(seconds > 0 ? Math.round(count / seconds) : 0);
  }

  static String state(CircuitBreakerSnapshot breaker) {
    return breaker.state().name().replace('_', '-');
  }

  static String saved(SavedBreaker row) {
    return row.id() + ": " + row.state().text()
        + (row.openUntil() == null ? "" : " until " + row.openUntil()) + ", generation "
        + row.generation() + ", " + row.totals();
  }

  /** Why the breaker is in its state, and when that may change. */
  static String reason(CircuitBreakerSnapshot breaker) {
    String cause = breaker.cause().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return breaker.remainingCooldown().isZero()
        ? cause
        : cause + ", next probe in " + seconds(breaker.remainingCooldown());
  }
}
