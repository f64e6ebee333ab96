package io.aragora.resilience.core.registry;

import io.aragora.resilience.spi.Readings;

/** A policy that writes its numbers. Thread-safe. */
public interface ReadablePolicy {
  /**
   * Returns its name.
   *
   * @return the name
   */
  String name();

  /**
   * Writes its numbers, all of one moment. Allocates next to nothing.
   *
   * @param into receives them
   */
  void read(Readings into);
}
