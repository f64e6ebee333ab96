package io.aragora.resilience.spi;

import org.jspecify.annotations.Nullable;

/**
 * The calling thread's place for the frames it is inside of. A runtime sets {@link #top}; {@link
 * io.aragora.resilience.CallContext#current()} reads it. Confined to its thread.
 */
public final class CallFrames {
  private static final ThreadLocal<CallFrames> OF_THREAD = ThreadLocal.withInitial(CallFrames::new);

  private @Nullable CallFrame top;
  private @Nullable CallFrame spare;

  private CallFrames() {}

  /**
   * Gives the place of the calling thread.
   *
   * @return the same object for the same thread
   */
  public static CallFrames ofThread() {
    return OF_THREAD.get();
  }

  /**
   * Gives the innermost frame.
   *
   * @return the frame, or null outside of any call
   */
  public @Nullable CallFrame top() {
    return top;
  }

  /**
   * Replaces the innermost frame.
   *
   * @param frame the frame to be the innermost, or null
   */
  public void setTop(@Nullable CallFrame frame) {
    this.top = frame;
  }

  /**
   * Gives the frame that a runtime left here to use again.
   *
   * @return the frame, or null
   */
  public @Nullable CallFrame spare() {
    return spare;
  }

  /**
   * Leaves a frame to use again.
   *
   * @param frame the frame
   */
  public void setSpare(@Nullable CallFrame frame) {
    this.spare = frame;
  }
}
