package io.aragora.resilience.core.call;

import io.aragora.resilience.core.dispatch.Dispatcher;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Cancels the attempts of a hedge that lost. They are neither successes nor failures for policies inside. */
public final class HedgeCancellation extends InnerCancellation {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the cancellation.
   *
   * @param hedge the name of the hedge
   * @param dispatcher cancels futures of the application
   * @param late receives the value that a body returns after another attempt won; must not throw
   */
  public HedgeCancellation(String hedge, Dispatcher dispatcher, Consumer<@Nullable Object> late) {
    super("another attempt of hedge '" + hedge + "' ended first", dispatcher, late);
  }
}
