package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.OneLine;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Logs each warning once, and at most {@value #MOST} warnings: system properties may take any
 * number of values, and an application may create any number of pipelines. Thread-safe.
 */
public class Warnings {
  static final int MOST = 1000;

  private static final int MOST_OF_LINE = 2000;

  private final GuardedLog log;
  private final Set<String> said = ConcurrentHashMap.newKeySet();

  /**
   * Creates an empty set of warnings.
   *
   * @param log receives the lines
   */
  public Warnings(GuardedLog log) {
    this.log = log;
  }

  /**
   * Logs a warning, unless it was logged before or {@value #MOST} warnings were.
   *
   * @param warning the text that identifies the warning
   * @param line the log line
   */
  public void once(String warning, String line) {
    // The bound is approximate: threads that pass the check at the same time each log one more.
    if (said.size() < MOST && said.add(warning)) {
      log(OneLine.of(line, MOST_OF_LINE));
      if (said.size() == MOST) {
        log("reached " + MOST
            + " warnings of this kind; further ones are not logged (logged once)");
      }
    }
  }

  /** Writes a line. */
  void log(String line) {
    log.log(System.Logger.Level.WARNING, line);
  }

  void ignored(Given given, String why) {
    once(given.toString(), given + " is ignored: " + why);
  }
}
