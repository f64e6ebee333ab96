package io.aragora.resilience.health;

import java.util.Locale;

/** How well something is, from best to worst. */
public enum HealthStatus {
  /** All is well. */
  HEALTHY,
  /** Not known yet. */
  UNKNOWN,
  /** Works, but not as it should. */
  DEGRADED,
  /** Does not work. */
  UNHEALTHY,
  /** Does not work, and nothing does without it. */
  CRITICAL;

  private final String text = name().toLowerCase(Locale.ROOT);

  /**
   * Gives the worse of two.
   *
   * @param other another status
   * @return the worse one
   */
  public HealthStatus worse(HealthStatus other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /**
   * Tells whether traffic may go on: everything but {@link #UNHEALTHY} and {@link #CRITICAL}.
   *
   * @return whether it may
   */
  public boolean isServing() {
    return compareTo(UNHEALTHY) < 0;
  }

  /**
   * Gives the text that reports show.
   *
   * @return the name in lower case
   */
  public String text() {
    return text;
  }
}
