package io.aragora.resilience.internal;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The future of a blocking body whose cancellation interrupts the body. */
public interface CancellableBody {
  /**
   * Cancels, and interrupts the body. If the body returns a value all the same, a consumer receives it.
   *
   * @param late guards itself; called on the body's thread
   */
  void cancel(Consumer<@Nullable Object> late);

  /** {@return whether the executor has begun the body} */
  boolean hasBegun();

  /** {@return whether the application has registered handlers, which the cancellation runs} */
  boolean hasHandlers();
}
