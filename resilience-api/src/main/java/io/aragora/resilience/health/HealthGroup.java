package io.aragora.resilience.health;

import java.util.Locale;

/** Who asks, and what follows from the answer. */
public enum HealthGroup {
  /** Is the process beyond help? A failure means: restart it. */
  LIVENESS,
  /** Can it take traffic now? A failure means: send none. */
  READINESS,
  /** Has it come up? A failure means: wait. */
  STARTUP;

  private final String text = name().toLowerCase(Locale.ROOT);

  /**
   * Gives the text that paths and reports show.
   *
   * @return the name in lower case
   */
  public String text() {
    return text;
  }
}
