package io.aragora.resilience.jmh;

import java.lang.management.ManagementFactory;

/** What is in use of the heap. */
final class Heap {
  private Heap() {}

  /** The bytes in use once everything is collected that can be. */
  static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
