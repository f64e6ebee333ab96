package io.aragora.resilience.core.settings;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Logs each warning once, and at most {@value #MOST} warnings: system properties may take any
 * number of values, and an application may create any number of pipelines. Thread-safe.
 */
public final class Warnings {
  static final int MOST = 1000;

  private final Consumer<String> log;
  private final Set<String> said = ConcurrentHashMap.newKeySet();

  /**
   * Creates an empty set of warnings.
   *
   * @param log receives the lines
   */
  public Warnings(Consumer<String> log) {
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
      log.accept(line);
      if (said.size() == MOST) {
        log.accept("reached " + MOST
            + " warnings of this kind; further ones are not logged (logged once)");
      }
    }
  }

  void ignored(Given<?> given, String why) {
    once(given.toString(), given + " is ignored: " + why);
  }
}
