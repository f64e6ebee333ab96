package io.aragora.resilience.health.endpoint;

import java.util.List;

/** The threads of this process. */
final class LiveThreads {
  private LiveThreads() {}

  static List<Thread> named(String prefix) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .filter(thread -> thread.getName().startsWith(prefix))
        .toList();
  }
}
