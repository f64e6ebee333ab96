package io.aragora.resilience.health;

import java.util.Locale;

/** The probes of an orchestrator, and what each failure means. */
public enum HealthGroup {
  /** Whether the process works at all. After a failure it is restarted. */
  LIVENESS,
  /** Whether the process can take traffic now. After a failure it receives none. */
  READINESS,
  /** Whether the process has started. After a failure the orchestrator waits. */
  STARTUP;

  private final String text = name().toLowerCase(Locale.ROOT);

  /** {@return the name in lower case, for paths and reports} */
  public String text() {
    return text;
  }
}
