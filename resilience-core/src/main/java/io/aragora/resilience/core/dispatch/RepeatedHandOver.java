package io.aragora.resilience.core.dispatch;

import org.jspecify.annotations.Nullable;

/** Something that is handed to the threads of a runtime again if that failed. Thread-safe. */
public abstract class RepeatedHandOver {
  /** Of {@link UnfinishedHandOvers}, under its lock: null if this does not wait there; the last one links to itself. */
  @Nullable
  RepeatedHandOver next;

  /** Creates one that has not failed. */
  protected RepeatedHandOver() {}

  /** Hands over again. Must return at once and run no foreign code; tells the dispatcher if it fails once more. */
  protected abstract void handOver();
}
