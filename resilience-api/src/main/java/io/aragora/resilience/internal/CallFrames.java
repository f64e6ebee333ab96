package io.aragora.resilience.internal;

import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * The frames that the calling thread is inside of. A runtime sets {@link #top}; {@link
 * io.aragora.resilience.policy.CallContext#current()} reads it. Confined to its thread.
 */
public final class CallFrames {
  /*
   * Weak: a thread may live longer than the application whose class loader loaded this class, a container's thread for
   * instance, and a value of a class of ours would keep that loader alive. While a thread is inside a call, its stack
   * holds the object. Between two calls a garbage collection may take it; then the next call makes another.
   */
  private static final ThreadLocal<WeakReference<CallFrames>> OF_THREAD = new ThreadLocal<>();

  private @Nullable CallFrame top;
  private @Nullable CallFrame spare;

  private CallFrames() {}

  /**
   * Returns the frames of the calling thread.
   *
   * @return the same object for the same thread as long as the caller holds it
   */
  public static CallFrames ofThread() {
    WeakReference<CallFrames> known = OF_THREAD.get();
    CallFrames frames = known == null ? null : known.get();
    return frames == null ? makeForThread() : frames;
  }

  private static CallFrames makeForThread() {
    CallFrames made = new CallFrames();
    OF_THREAD.set(new WeakReference<>(made));
    return made;
  }

  /** {@return the innermost frame, or null outside of any call} */
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

  /** {@return the frame that a runtime left here for reuse, or null} */
  public @Nullable CallFrame spare() {
    return spare;
  }

  /**
   * Leaves a frame for reuse.
   *
   * @param frame the frame
   */
  public void setSpare(@Nullable CallFrame frame) {
    this.spare = frame;
  }
}
