package io.aragora.resilience.core.dispatch;

/** A platform thread that holds a reference to its group. */
class GroupThread extends Thread {
  /** Creates threads. */
  @FunctionalInterface
  interface Factory {
    /** Creates a thread that is not started. */
    Thread make(Object group, String name, Runnable body);
  }

  private final Object group;

  /** Creates a thread that inherits no thread-locals. */
  GroupThread(Object group, String name, Runnable body) {
    super(null, body, name, 0, false);
    this.group = group;
  }

  /** Returns the group, which is compared by identity. */
  final Object group() {
    return group;
  }
}
