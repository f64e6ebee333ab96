package io.aragora.resilience.health;

import java.util.Locale;

/** The health of a component, from best to worst. */
public enum HealthStatus {
  /** No fault is known. */
  HEALTHY,
  /** Not known yet. */
  UNKNOWN,
  /** Works with restrictions. */
  DEGRADED,
  /** Does not work. */
  UNHEALTHY,
  /** Does not work, and the application cannot work without it. */
  CRITICAL;

  private final String text = name().toLowerCase(Locale.ROOT);

  /**
   * Returns the worse of two statuses.
   *
   * @param other another status
   * @return the worse one
   */
  public HealthStatus worse(HealthStatus other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /** {@return whether the component may receive traffic: true for all but {@link #UNHEALTHY} and {@link #CRITICAL}} */
  public boolean isServing() {
    return compareTo(UNHEALTHY) < 0;
  }

  /** {@return the name in lower case, for reports} */
  public String text() {
    return text;
  }
}
