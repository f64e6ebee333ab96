package io.aragora.resilience.core.dispatch;

/** A platform thread that knows its group. */
class GroupThread extends Thread {
  /** Makes threads. */
  @FunctionalInterface
  interface Factory {
    /** Makes one that is not started. */
    Thread make(Object group, String name, Runnable body);
  }

  private final Object group;

  /** Makes one that inherits no thread-locals. */
  GroupThread(Object group, String name, Runnable body) {
    super(null, body, name, 0, false);
    this.group = group;
  }

  /** Returns the group, by whose identity it is told from others. */
  final Object group() {
    return group;
  }
}
