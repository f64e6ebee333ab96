package io.aragora.resilience.core.settings;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Logs each warning once, and at most {@value #MOST} of them: system properties take any number of values, and an application
 * makes any number of pipelines. Thread-safe.
 */
public final class Warnings {
  static final int MOST = 1000;

  private final Consumer<String> log;
  private final Set<String> said = ConcurrentHashMap.newKeySet();

  /**
   * Remembers nothing yet.
   *
   * @param log takes the lines
   */
  public Warnings(Consumer<String> log) {
    this.log = log;
  }

  /**
   * Logs a warning, unless it was logged before or there were {@value #MOST} already.
   *
   * @param warning what is said once
   * @param line what is logged
   */
  public void once(String warning, String line) {
    // Nearly exact is enough: threads that pass the check together say one more each.
    if (said.size() < MOST && said.add(warning)) {
      log.accept(line);
      if (said.size() == MOST) {
        log.accept("there were " + MOST + " such warnings, more will not be said");
      }
    }
  }

  void ignored(Given<?> given, String why) {
    once(given.toString(), given + " is ignored: " + why);
  }
}
