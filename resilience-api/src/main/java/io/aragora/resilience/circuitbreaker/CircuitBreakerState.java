package io.aragora.resilience.circuitbreaker;

import java.util.Locale;

/** What a circuit breaker does with a call. */
public enum CircuitBreakerState {
  /** Admits every call and counts outcomes. */
  CLOSED(0),
  /** Refuses every call until the cooldown is over. */
  OPEN(1),
  /** Admits a few calls at a time, to find out whether the dependency is back. */
  HALF_OPEN(2),
  /** Refuses every call until somebody changes that. */
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

  /**
   * Gives the number that metrics show: 0 where every call is admitted, 1 where none is, 2 for {@link #HALF_OPEN}.
   *
   * @return 0, 1 or 2
   */
  public int code() {
    return code;
  }

  /**
   * Gives the text that metrics and saved rows show, {@code half_open} for instance.
   *
   * @return the name in lower case
   */
  public String text() {
    return text;
  }

  /**
   * Reads a text.
   *
   * @param text as {@link #text()} gives it; case and the choice of hyphen or underscore do not matter
   * @return the state
   * @throws IllegalArgumentException if there is no such state
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
            + text);
  }
}
