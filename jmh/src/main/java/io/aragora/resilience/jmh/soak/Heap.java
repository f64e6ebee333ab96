package io.aragora.resilience.jmh.soak;

import java.lang.management.ManagementFactory;

/** The used heap. */
final class Heap {
  private Heap() {}

  /** Returns the used bytes after a full collection. */
  static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
