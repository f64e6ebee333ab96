package io.aragora.resilience.internal;

import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * The frames that the calling thread is inside of. A runtime enters and leaves them;
 * {@link io.aragora.resilience.policy.CallContext#current()} reads the {@link #top}. Confined to its thread.
 */
public final class CallFrames {
  /*
   * Weak: a thread may live longer than the application whose class loader loaded this class, a container's thread for
   * instance, and a value of a class of ours would keep that loader alive. While a thread is inside a call, its stack
   * holds the object. Between two calls a garbage collection may take it; then the next call makes another.
   */
  private static final ThreadLocal<WeakReference<CallFrames>> OF_THREAD = new ThreadLocal<>();

  /** The innermost frame; outside of any call, the outermost frame of the last one. */
  private @Nullable CallFrame top;

  /** A flag, so that entering and leaving the outermost policy stores no reference into an old object. */
  private boolean inside;

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
    return inside ? top : null;
  }

  /** {@return the outermost frame of the last call, for reuse outside of any call; null if there is none} */
  public @Nullable CallFrame left() {
    return top;
  }

  /**
   * Sets the innermost frame.
   *
   * @param frame the frame
   */
  public void enter(CallFrame frame) {
    if (top != frame) {
      top = frame;
    }
    inside = true;
  }

  /**
   * Leaves the innermost frame.
   *
   * @param enclosing the frame around it, or null
   */
  public void leave(@Nullable CallFrame enclosing) {
    if (enclosing == null) {
      inside = false;
    } else {
      top = enclosing;
    }
  }
}
