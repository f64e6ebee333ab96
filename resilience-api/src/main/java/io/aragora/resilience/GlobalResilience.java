package io.aragora.resilience;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Holds the runtime of the process. */
final class GlobalResilience {
  private static @Nullable Resilience instance;

  private GlobalResilience() {}

  static synchronized Resilience get() {
    if (instance == null) {
      instance = Resilience.builder().name("global").build();
    }
    return instance;
  }

  static synchronized void set(Resilience resilience) {
    Objects.requireNonNull(resilience, "resilience");
    if (instance != null) {
      throw new ResilienceConfigurationException(
          "the global runtime is in use already: call Resilience.setGlobal before its first use, or closeGlobal first");
    }
    instance = resilience;
  }

  static void close() {
    Resilience closing;
    synchronized (GlobalResilience.class) {
      closing = instance;
      instance = null;
    }
    if (closing != null) {
      closing.close();
    }
  }
}
