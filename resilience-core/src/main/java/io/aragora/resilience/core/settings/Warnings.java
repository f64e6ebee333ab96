package io.aragora.resilience.core.settings;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Says each warning once, and no more than so many, since system properties may take any number of values. */
final class Warnings {
  private static final int MOST = 1000;

  private final Consumer<String> log;
  private final Set<String> said = ConcurrentHashMap.newKeySet();

  Warnings(Consumer<String> log) {
    this.log = log;
  }

  void ignored(Given<?> given, String why) {
    // Nearly exact is enough: threads that pass the check together say one more each.
    if (said.size() < MOST && said.add(given.toString())) {
      log.accept(given + " is ignored: " + why);
      if (said.size() == MOST) {
        log.accept("there were " + MOST + " such warnings, more will not be said");
      }
    }
  }
}
