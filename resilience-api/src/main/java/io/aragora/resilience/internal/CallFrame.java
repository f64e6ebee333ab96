package io.aragora.resilience.internal;

import org.jspecify.annotations.Nullable;

/**
 * A policy that a thread is inside of. Mutable, reused, confined to its thread; other threads receive a {@linkplain
 * #capture() copy}.
 */
public abstract class CallFrame {
  /** Creates a frame that is on no thread yet. */
  protected CallFrame() {}

  /** {@return the enclosing frame, or null for the outermost} */
  public abstract @Nullable CallFrame enclosing();

  /** {@return a copy that does not change when this frame is reused} */
  public abstract Object capture();

  /** {@return a copy for the body inside this frame, which may ask whether its call was ended from outside} */
  public abstract Object captureForBody();

  /**
   * Returns a copy for a body that runs on another thread.
   *
   * @param call the call as that body sees it
   * @return the copy
   */
  public abstract Object captureFor(CancellableCall call);
}
