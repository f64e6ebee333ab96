package io.aragora.resilience.spi;

import io.aragora.resilience.CallContext;
import org.jspecify.annotations.Nullable;

/**
 * A policy that a thread is inside of, as the runtime keeps it: mutable, reused, confined to its thread. What leaves the
 * thread is a {@linkplain #capture() picture} of it.
 */
public abstract class CallFrame {
  /** Creates a frame that is on no thread yet. */
  protected CallFrame() {}

  /**
   * Gives the frame around this one.
   *
   * @return the enclosing frame, or null for the outermost
   */
  public abstract @Nullable CallFrame enclosing();

  /**
   * Takes a picture that does not change when this frame is reused.
   *
   * @return the picture
   */
  public abstract CallContext capture();
}
