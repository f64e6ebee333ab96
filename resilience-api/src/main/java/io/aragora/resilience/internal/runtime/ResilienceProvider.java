package io.aragora.resilience.internal.runtime;

/**
 * Creates runtimes. Found by {@link java.util.ServiceLoader}; {@code resilience-core} has the only one. Needs a public
 * constructor without parameters that does nothing. Thread-safe.
 */
@FunctionalInterface
public interface ResilienceProvider {
  /**
   * Creates a runtime and attaches its plug-ins.
   *
   * @param settings the settings of the builder
   * @return a running {@code Resilience}, a type of a higher floor, which this package must not name
   */
  Object create(ResilienceSettings settings);
}
