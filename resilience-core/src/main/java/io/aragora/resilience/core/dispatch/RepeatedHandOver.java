package io.aragora.resilience.core.dispatch;

import org.jspecify.annotations.Nullable;

/** Work that is handed to the threads of a runtime again if the hand-over failed. Thread-safe. */
public abstract class RepeatedHandOver {
  /**
   * Link of {@link UnfinishedHandOvers}, guarded by its lock: null if this does not wait there; the
   * last element links to itself.
   */
  @Nullable
  RepeatedHandOver next;

  /** Creates a hand-over that has not failed. */
  protected RepeatedHandOver() {}

  /**
   * Hands over again. Must return at once and run no foreign code; calls the dispatcher if it fails
   * once more.
   */
  protected abstract void handOver();
}
