package io.aragora.resilience.core;

import io.aragora.resilience.core.dispatch.BackgroundThreads;
import io.aragora.resilience.internal.GuardedLog;

/** Closes a runtime when the JVM shuts down in an orderly way. */
final class ShutdownHook {
  private static final GuardedLog LOG = GuardedLog.of(ShutdownHook.class);

  private final Thread thread;

  ShutdownHook(CoreResilience resilience) {
    this.thread =
        BackgroundThreads.daemon(resilience.name() + "-shutdown", () -> resilience.close(true));
  }

  void register() {
    Runtime.getRuntime().addShutdownHook(thread);
  }

  void unregister() {
    if (Thread.currentThread() == thread) {
      return;
    }
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException e) {
      LOG.log(System.Logger.Level.TRACE, "the JVM is shutting down; the hook cannot be removed", e);
    }
  }
}
