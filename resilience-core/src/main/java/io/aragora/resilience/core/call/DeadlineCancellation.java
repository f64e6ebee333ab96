package io.aragora.resilience.core.call;

import io.aragora.resilience.core.dispatch.Dispatcher;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Cancels what runs inside a timeout that fired. A breaker inside counts a failure. */
public final class DeadlineCancellation extends InnerCancellation {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the cancellation.
   *
   * @param timeout the name of the timeout
   * @param dispatcher cancels futures of the application
   * @param late receives the value that a body returns after the deadline; must not throw
   */
  public DeadlineCancellation(
      String timeout, Dispatcher dispatcher, Consumer<@Nullable Object> late) {
    super("timeout '" + timeout + "' reached its deadline", dispatcher, late);
  }
}
