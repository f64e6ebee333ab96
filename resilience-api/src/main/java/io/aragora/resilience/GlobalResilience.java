package io.aragora.resilience;

import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The runtime of the process, which {@link Resilience#global()} returns. Thread-safe. */
public final class GlobalResilience {
  private static @Nullable Resilience instance;

  private GlobalResilience() {}

  static synchronized Resilience get() {
    if (instance == null) {
      instance = Resilience.builder().name("global").build();
    }
    return instance;
  }

  /**
   * Sets the runtime of the process, before its first use.
   *
   * @param resilience the runtime; {@link #close()} closes it
   * @throws ResilienceConfigurationException if the process already has one
   */
  public static synchronized void set(Resilience resilience) {
    Objects.requireNonNull(resilience, "resilience");
    if (instance != null) {
      throw new ResilienceConfigurationException(
          "the process already has a global runtime: call GlobalResilience.set before its first use, or GlobalResilience.close"
              + " before that");
    }
    instance = resilience;
  }

  /** Closes the runtime of the process, if there is one. The next {@link Resilience#global()} creates another. */
  public static void close() {
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
