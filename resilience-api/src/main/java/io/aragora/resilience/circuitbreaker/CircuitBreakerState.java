package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.internal.OneLine;
import java.util.Locale;

/** The states of a circuit breaker. */
public enum CircuitBreakerState {
  /** Admits every call and counts outcomes. */
  CLOSED(0),
  /** Rejects every call until the cooldown has elapsed. */
  OPEN(1),
  /** Admits a few probes at a time, to test whether the dependency works again. */
  HALF_OPEN(2),
  /** Rejects every call until an operator or the application ends the state. */
  FORCED_OPEN(1),
  /** Admits every call, counts outcomes, and never opens. */
  METRICS_ONLY(0),
  /** Admits every call and counts nothing but totals. */
  DISABLED(0);

  private final int code;
  private final String text = name().toLowerCase(Locale.ROOT);

  CircuitBreakerState(int code) {
    this.code = code;
  }

  /** {@return the number for metrics: 0 if every call is admitted, 1 if none is, 2 for {@link #HALF_OPEN}} */
  public int code() {
    return code;
  }

  /** {@return the name in lower case, {@code half_open} for instance, for metrics and saved state} */
  public String text() {
    return text;
  }

  /**
   * Parses a text.
   *
   * @param text as {@link #text()} returns it; case is ignored, and a hyphen equals an underscore
   * @return the state
   * @throws IllegalArgumentException if {@code text} names no state
   */
  public static CircuitBreakerState parse(String text) {
    String normal = text.trim().replace('-', '_').toLowerCase(Locale.ROOT);
    for (CircuitBreakerState state : values()) {
      if (state.text.equals(normal)) {
        return state;
      }
    }
    throw new IllegalArgumentException(
        "state must be one of closed, open, half_open, forced_open, metrics_only, disabled: "
            + OneLine.of(text, 100));
  }
}
