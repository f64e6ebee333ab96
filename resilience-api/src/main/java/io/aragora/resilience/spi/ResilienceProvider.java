package io.aragora.resilience.spi;

import io.aragora.resilience.Resilience;

/**
 * Makes runtimes. Found by {@link java.util.ServiceLoader}; {@code resilience-core} has the one there is. Needs a public
 * constructor without parameters that does nothing. Thread-safe, since two runtimes may be built at once.
 */
public interface ResilienceProvider {
  /**
   * Makes a runtime.
   *
   * @param settings what the builder collected
   * @return a running runtime, without its extensions, which the builder attaches
   */
  Resilience create(ResilienceSettings settings);
}
