package io.aragora.resilience.core.dispatch;

import org.jspecify.annotations.Nullable;

/** A platform thread that holds a reference to its group, and can become again what it was when it was made. */
class GroupThread extends Thread {
  /** Creates threads. */
  @FunctionalInterface
  interface Factory {
    /** Creates a thread that is not started. */
    Thread make(Object group, String name, Runnable body);
  }

  private final Object group;
  private final String ownName;

  /** Set before the start. */
  private @Nullable ClassLoader ownLoader;

  /** Creates a thread that inherits no thread-locals. */
  GroupThread(Object group, String name, Runnable body) {
    super(null, body, name, 0, false);
    this.group = group;
    this.ownName = name;
  }

  /** Returns the group, which is compared by identity. */
  final Object group() {
    return group;
  }

  /** Sets what {@link #restore} restores, before the start. */
  final void own(@Nullable ClassLoader loader) {
    ownLoader = loader;
  }

  /**
   * Undoes what foreign code did to the calling thread, if that is a thread of a group: an interrupt, another context class
   * loader, name or priority. Neither the next task nor the next listener may find them.
   */
  @SuppressWarnings("ThreadPriorityCheck") // a change is undone, and nothing relies on it
  static void restore() {
    if (currentThread() instanceof GroupThread thread) {
      interrupted();
      if (thread.getContextClassLoader() != thread.ownLoader) {
        thread.setContextClassLoader(thread.ownLoader);
      }
      if (!thread.getName().equals(thread.ownName)) {
        thread.setName(thread.ownName);
      }
      if (thread.getPriority() != NORM_PRIORITY) {
        thread.setPriority(NORM_PRIORITY);
      }
    }
  }
}
